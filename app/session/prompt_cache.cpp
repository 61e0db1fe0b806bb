#include "app/session/prompt_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/build_text.h"
#include "app/session/cache_folder.h"
#include "app/session/contestant.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/make_room.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app {

namespace fs = std::filesystem;
using core::model::KvSnapshot;
using core::model::KvTrait;

namespace {

constexpr std::string_view kPromptSuffix = ".prompt";

std::string hashed(std::string_view text) { return fmt::format("{:016x}", core::contentHash(text)); }

/// Angles that positions are turned by: with some models they depend on the length of the context.
std::string scalingText(const core::model::Graph& graph) {
  std::string text;
  for (const core::model::RopeTable& table : graph.ropeTables) {
    for (const float frequency : table.frequencies) text += fmt::format("{} ", frequency);
    text += fmt::format("x {} {} {}\n", table.magnitude, table.growth, table.growthContext);
  }
  return text;
}

std::string deviceText(const core::model::Executor& executor) {
  std::string text = executor.deviceName();
#ifdef QS_HAS_GPU
  if (const auto device = gpu::deviceOf(executor)) text += "\nVulkan " + gpu::info(*device).driver;
#endif
  return text;
}

}  // namespace

std::optional<std::vector<KvTrait>> promptTraits(const OpenModel& model, const Variant& variant,
                                                 core::model::Session& session) {
  // Which device was asked for says nothing: the one that answers does.
  const auto scheme = identityOf(model, Variant{variant.recipe, DeviceChoice::parse("cpu"), core::model::KvType::F16});
  if (!scheme) return std::nullopt;
  return std::vector<KvTrait>{{"model", hashed(model.identity())},
                              {"scheme", hashed(*scheme)},
                              {"length of the context", hashed(scalingText(session.executor().graph()))},
                              {"device", hashed(deviceText(session.executor()))},
                              {"build of Quantscope", hashed(buildText())}};
}

std::uint32_t readPrompt(const fs::path& file, core::model::Session& session, const std::vector<KvTrait>& traits,
                         std::span<const core::text::TokenId> prompt, const core::JobContext& job) {
  const KvSnapshot snapshot(file);
  const core::model::LentCache cache = session.takeCache();
  if (!cache) return 0;  // an answer has it
  if (const auto why = snapshot.whyNot(traits, *cache)) throw core::Error(core::ErrorCode::InvalidFile, *why);
  // The last token is computed in any case: its logits are where an answer begins.
  return prompt.empty() ? 0 : snapshot.restore(*cache, prompt.first(prompt.size() - 1), job);
}

bool writePrompt(const fs::path& file, core::model::Session& session, const std::vector<KvTrait>& traits,
                 const core::io::InputFiles& inputs, const core::JobContext& job) {
  const core::model::LentCache cache = session.takeCache();
  if (!cache || cache->length() == 0) return false;
  try {
    const KvSnapshot kept(file);
    const auto tokens = cache->tokens();
    if (!kept.whyNot(traits, *cache) && kept.tokens().size() >= tokens.size() &&
        std::ranges::equal(kept.tokens().first(tokens.size()), tokens))
      return false;
  } catch (const core::Error&) {
    // Not there, or not worth keeping.
  }
  core::io::OutputFile output(file, inputs);
  KvSnapshot::write(*cache, traits, output, job);
  output.commit();
  return true;
}

fs::path PromptCaches::fileOf(const std::vector<KvTrait>& traits) const {
  std::string text;
  for (const KvTrait& trait : traits) text += trait.value;
  return cacheFile(folder, text, kPromptSuffix);
}

std::uint32_t PromptCaches::read(core::model::Session& session, const std::optional<std::vector<KvTrait>>& traits,
                                 std::span<const core::text::TokenId> prompt, const core::JobContext& job) const {
  if (folder.empty() || !traits) return 0;
  try {
    const fs::path file = fileOf(*traits);
    const std::uint32_t tokens = readPrompt(file, session, *traits, prompt, job);
    std::error_code error;
    if (tokens != 0) fs::last_write_time(file, fs::file_time_type::clock::now(), error);  // the oldest make room
    return tokens;
  } catch (const core::Error& error) {
    if (error.code() == core::ErrorCode::Device || error.code() == core::ErrorCode::DeviceLost) throw;
    return 0;
  }
}

void PromptCaches::write(core::model::Session& session, const std::optional<std::vector<KvTrait>>& traits,
                         const core::JobContext& job) const {
  if (folder.empty() || !traits) return;
  try {
    std::uint64_t bytes = 0;
    if (const auto cache = session.takeCache()) bytes = KvSnapshot::plannedBytes(*cache);
    if (bytes == 0 || bytes > mostBytes) return;
    fs::create_directories(folder);
    if (writePrompt(fileOf(*traits), session, *traits, core::io::InputFiles(), job))
      core::io::makeRoom(folder, kPromptSuffix, mostBytes);
  } catch (const core::Cancelled&) {
    throw;
  } catch (const std::exception&) {
    // Then it is computed again.
  }
}

std::uint64_t PromptCaches::usedBytes() const {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() != kPromptSuffix) continue;
    std::error_code gone;
    const std::uint64_t size = entry->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

void PromptCaches::clear() const {
  try {
    if (!folder.empty()) core::io::makeRoom(folder, kPromptSuffix, 0);
  } catch (const std::exception&) {
    // What is left is counted, and can be cleared again.
  }
}

}  // namespace app
