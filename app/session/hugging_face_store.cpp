#include "app/session/hugging_face_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <vector>

#include "core/base/error.h"
#include "core/io/list_folder.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"

namespace app {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using core::io::inQuotes;

namespace {

constexpr std::size_t kLongestRepository = 96;
constexpr std::size_t kMostFiles = 10'000;

/// The folder an environment variable names, as Python's expanduser reads it; empty where it is not set.
fs::path folderIn(const char* variable) {
  const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (value == nullptr || *value == '\0') return {};
  if (value[0] == '~' && (value[1] == '/' || value[1] == '\0')) {
    if (const char* const home = std::getenv("HOME"))  // NOLINT(concurrency-mt-unsafe)
      return fs::path(home) / (value[1] == '/' ? value + 2 : "");
  }
  return value;
}

bool isWord(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool isRepository(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const auto isEdge = [](char c) { return c == '-' || c == '.'; };
  return (slash == std::string_view::npos || isWord(text.substr(0, slash))) && isWord(name) &&
         name.size() <= kLongestRepository && text.size() <= 2 * kLongestRepository && !isEdge(name.front()) &&
         !isEdge(name.back()) && !isEdge(text.front()) && text.find("--") == std::string_view::npos &&
         text.find("..") == std::string_view::npos;
}

/// Words of a branch's name: it becomes a part of a path.
bool isRevision(std::string_view text) {
  return text.size() <= 255 && isWord(text.substr(0, text.find('/'))) && text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text,
                             [](char c) {
                               return c == '/' || isWord({&c, 1});
                             }) &&
         !text.ends_with('/') && text.find("//") == std::string_view::npos && text.front() != '.';
}

std::string lowered(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

/// The snapshot of a revision: the commit that its ref names, or itself.
std::optional<fs::path> snapshotOf(const fs::path& repository, const std::string& revision) {
  std::string commit;
  std::ifstream ref(repository / "refs" / revision);
  std::getline(ref, commit);
  std::error_code ignored;
  for (const std::string& name : {commit.substr(0, 64), revision}) {
    if (isWord(name) && name.front() != '.' && fs::is_directory(repository / "snapshots" / name, ignored))
      return repository / "snapshots" / name;
  }
  return std::nullopt;
}

/// GGUF files of a snapshot, of split ones the first part, by paths within it.
std::vector<fs::path> ggufFilesIn(const fs::path& snapshot) {
  std::vector<fs::path> found;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator entry(snapshot, error), end; !error && entry != end && seen < kMostFiles;
       entry.increment(error), ++seen) {
    if (entry.depth() > 4) entry.disable_recursion_pending();
    const fs::path path = entry->path().lexically_relative(snapshot);
    const auto split = core::io::parseSplitName(path);
    std::error_code ignored;
    if (path.extension() == ".gguf" && (!split || split->number == 1) && entry->is_regular_file(ignored))
      found.push_back(path);
  }
  std::ranges::sort(found);
  return found;
}

fs::path variantIn(const fs::path& snapshot, const HubName& name) {
  const std::vector<fs::path> files = ggufFilesIn(snapshot);
  const std::string wanted = lowered(name.variant);
  if (wanted == "safetensors" || (wanted.empty() && files.empty())) return snapshot;
  std::vector<fs::path> matching;
  for (const fs::path& file : files) {
    const auto quantization = quantizationInName(file.string());
    if (file == name.variant) return snapshot / file;
    if (wanted.empty() || (quantization && lowered(*quantization) == wanted)) matching.push_back(file);
  }
  if (matching.size() == 1) return snapshot / matching.front();
  throw Error(matching.empty() ? ErrorCode::NotFound : ErrorCode::InvalidArgument,
              files.empty()
                  ? fmt::format("{} was not downloaded; the cache holds no GGUF file of it.", inQuotes(name.toString()))
                  : fmt::format("{} stands for {} of the GGUF files in the cache; name one of {}, or get another one.",
                                inQuotes(name.toString()), matching.empty() ? "none" : "several",
                                core::io::quotedNames(matching.empty() ? files : matching)));
}

}  // namespace

std::string HubName::toString() const {
  return kHubPrefix + repository + (variant.empty() ? "" : ":" + variant) + (revision == "main" ? "" : "@" + revision);
}

HubName parseHubName(std::string_view name) {
  std::string_view rest = name;
  const std::string_view prefix = kHubPrefix;
  if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  HubName parsed;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    parsed.revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    parsed.variant = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  parsed.repository = rest;
  if (!name.starts_with(prefix) || !isRepository(rest) || parsed.revision.empty() || !isRevision(parsed.revision))
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is no name of a model on the Hugging Face hub; expected hf:OWNER/NAME, with "
                            ":QUANTIZATION or :FILE and @REVISION where they are wanted.",
                            inQuotes(name)));
  return parsed;
}

fs::path hubHomeFolder() {
  if (fs::path home = folderIn("HF_HOME"); !home.empty()) return home;
  if (const fs::path cache = folderIn("XDG_CACHE_HOME"); !cache.empty()) return cache / "huggingface";
  const fs::path home = folderIn("HOME");
  return home.empty() ? fs::path() : home / ".cache" / "huggingface";
}

fs::path hubCacheFolder() {
  for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (fs::path folder = folderIn(variable); !folder.empty()) return folder;
  }
  const fs::path home = hubHomeFolder();
  if (home.empty())
    throw Error(ErrorCode::NotFound,
                "There is no home folder for downloaded models; HF_HUB_CACHE can name another one.");
  return home / "hub";
}

fs::path hubRepositoryFolder(const fs::path& cache, std::string_view repository) {
  std::string folder = "models--" + std::string(repository);
  if (const std::size_t slash = folder.find('/'); slash != std::string::npos) folder.replace(slash, 1, "--");
  return cache / folder;
}

std::optional<std::string> quantizationInName(std::string_view path) {
  static const std::regex kQuantization(
      "(?:^|[-._/ ])((?:UD-)?(?:IQ|TQ|Q)[1-9](?:_[A-Z0-9]+)*|BF16|FP?16|FP?32|MXFP4(?:_MOE)?|NVFP4)(?=$|[-./ ])",
      std::regex::icase | std::regex::optimize);
  if (path.size() > 1024) return std::nullopt;
  std::optional<std::string> found;
  for (std::cregex_iterator match(path.data(), path.data() + path.size(), kQuantization), end; match != end; ++match) {
    found = (*match)[1].str();
    for (char& c : *found) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return found;
}

fs::path locateHubModel(std::string_view text) {
  const HubName name = parseHubName(text);
  const fs::path repository = hubRepositoryFolder(hubCacheFolder(), name.repository);
  const auto snapshot = snapshotOf(repository, name.revision);
  if (!snapshot)
    throw Error(ErrorCode::NotFound, fmt::format("{} is not on this computer; quantscope-cli get {} downloads it.",
                                                 inQuotes(name.toString()), core::io::printable(name.toString())));
  return variantIn(*snapshot, name);
}

}  // namespace app
