#include "app/remote/get_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/remote/hub.h"
#include "app/remote/hub_store.h"
#include "app/remote/hub_variants.h"
#include "app/remote/model_fit.h"
#include "app/remote/ollama_registry.h"
#include "app/session/model_location.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

RemoteModel listHub(const HubName& name, const core::JobContext& job, const Patience& patience) {
  Hub hub(HubAccess::fromEnvironment(), patience);
  job.progress(0, "asking " + hostOf(hub.endpoint()));
  const Hub::Repository repository = hub.repository(name, job);
  job.progress(0.5, "listing the files");
  RemoteModel model{
      .name = kHubPrefix + name.repository,
      .server = hostOf(hub.endpoint()),
      .commit = repository.commit,
      .parameters = repository.parameters,
      .variants = variantsOf(hub.files(name.repository, repository.commit, job), kHubPrefix + name.repository),
      .manifest = {}};
  if (name.revision != "main") model.name += "@" + name.revision;
  const HubStore store(hubCacheFolder(), name.repository);
  for (RemoteVariant& variant : model.variants) {
    if (name.revision != "main") variant.source += "@" + name.revision;
    variant.fit = fitOf(variant, repository.parameters, store.cache(), store.missingBytes(variant.files));
  }
  return model;
}

}  // namespace

bool isRemoteName(std::string_view text) { return text.starts_with(kHubPrefix) || text.starts_with(kOllamaPrefix); }

std::string remoteNameFrom(std::string_view typed) {
  const std::size_t first = typed.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  typed = typed.substr(first, typed.find_last_not_of(" \t\r\n") - first + 1);
  const auto take = [&](std::string_view word) {
    if (!typed.starts_with(word)) return false;
    typed.remove_prefix(word.size());
    return true;
  };
  for (const char* command : {"ollama pull ", "ollama run "})
    if (take(command)) return kOllamaPrefix + std::string(typed);
  const bool isHub = take("https://huggingface.co/") || take("https://hf.co/");
  if (!isHub && take("https://ollama.com/")) {
    take("library/");
    return kOllamaPrefix + std::string(typed);
  }
  const bool isBare = typed.find(':') == std::string_view::npos && std::ranges::count(typed, '/') == 1 &&
                      !typed.starts_with('/') && !typed.starts_with('.');
  if (!isHub && !isBare) return std::string(typed);
  // Behind OWNER/NAME an address says which of its pages it is.
  const std::size_t owner = typed.find('/');
  const std::size_t name = owner == std::string_view::npos ? owner : typed.find_first_of("/?#", owner + 1);
  return kHubPrefix + std::string(typed.substr(0, name));
}

std::string variantInName(const std::string& name) {
  return name.starts_with(kHubPrefix) ? parseHubName(name).variant : std::string();
}

RemoteModel listModel(const std::string& name, const core::JobContext& job, const Patience& forDownloads) {
  Patience patience = forDownloads;
  patience.tries = std::min(patience.tries, 3);  // somebody waits for it
  if (name.starts_with(kHubPrefix)) return listHub(parseHubName(name), job, patience);
  if (name.starts_with(kOllamaPrefix)) return listOllama(parseOllamaName(name), job, patience);
  throw core::Error(core::ErrorCode::InvalidArgument,
                    fmt::format("{} is no name of a model elsewhere; expected hf:OWNER/NAME or ollama:NAME:TAG.",
                                core::io::inQuotes(name)));
}

GotModel getModel(const RemoteModel& listed, const std::string& wanted, const core::JobContext& job,
                  const Patience& patience) {
  if (listed.name.starts_with(kOllamaPrefix)) return getOllama(parseOllamaName(listed.name), listed, job, patience);
  const RemoteVariant& variant = chosenVariant(listed, wanted);
  const HubName name = parseHubName(listed.name);
  Hub hub(HubAccess::fromEnvironment(), patience);
  return HubStore(hubCacheFolder(), name.repository).get(hub, name, listed.commit, variant, job);
}

}  // namespace app::remote
