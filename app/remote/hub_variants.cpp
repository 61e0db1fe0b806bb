#include "app/remote/hub_variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "app/session/device_list.h"
#include "app/session/hugging_face_store.h"
#include "core/base/error.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

using core::io::inQuotes;
using core::io::parseSplitName;

constexpr std::uint64_t kMostSideBytes = std::uint64_t{256} << 20;

std::string lowered(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string fileNameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool isModelGguf(const std::string& path) {
  const std::string name = lowered(fileNameOf(path));
  return name.ends_with(".gguf") && !name.starts_with("mmproj") && name.find("-mmproj") == std::string::npos &&
         name.find("imatrix") == std::string::npos;
}

/// What the parts of one model have in common: the whole path where it is in one file.
std::string stemOf(const std::string& path) {
  const auto split = parseSplitName(path);
  return split ? path.substr(0, path.rfind('/') + 1) + split->prefix + fmt::format("-of-{}", split->count) : path;
}

/// Whether the files are all parts that their names speak of, once each.
bool isWhole(const std::vector<RemoteFile>& files) {
  const auto first = parseSplitName(files.front().path);
  return !first || files.size() == first->count;
}

void finish(RemoteVariant& variant, const std::string& repository) {
  for (const RemoteFile& file : variant.files) variant.bytes += file.bytes;
  variant.source = repository + ":" + variant.name;
}

std::vector<RemoteVariant> ggufVariants(std::span<const RemoteFile> files) {
  std::map<std::string, RemoteVariant> byStem;
  for (const RemoteFile& file : files) {
    if (!isModelGguf(file.path)) continue;
    RemoteVariant& variant = byStem[stemOf(file.path)];
    variant.files.push_back(file);
    variant.weightBytes += file.bytes;
  }
  std::map<std::string, int> named;
  for (const auto& [stem, variant] : byStem) ++named[quantizationInName(stem).value_or("")];
  std::vector<RemoteVariant> variants;
  for (auto& [stem, variant] : byStem) {
    if (!isWhole(variant.files)) continue;
    std::ranges::sort(variant.files, {}, &RemoteFile::path);
    const std::string quantization = quantizationInName(stem).value_or("");
    const bool isPlain = !quantization.empty() && named[quantization] == 1;
    variant.name = isPlain ? quantization : variant.files.front().path;
    variant.title = variant.name + " · GGUF";
    if (variant.files.size() > 1) variant.title += fmt::format(" in {} parts", variant.files.size());
    variants.push_back(std::move(variant));
  }
  return variants;
}

/// Files that belong to safetensors at the top of a repository: configuration, tokenizer, templates, and how an
/// encoder's rows are pooled.
bool isSideFile(const RemoteFile& file) {
  if (file.bytes > kMostSideBytes) return false;
  const std::string name = lowered(file.path);
  if (name.starts_with("additional_chat_templates/")) return name.ends_with(".jinja");
  if (name == "1_pooling/config.json") return true;
  if (name.find('/') != std::string::npos) return false;
  if (name.ends_with(".index.json")) return name.ends_with(".safetensors.index.json");
  for (const char* ending : {".json", ".jinja", ".txt", ".model", ".tiktoken", ".vocab"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

/// The safetensors of a model: its parts, or the one file, or an adapter; a second copy of the same weights in another
/// form ("consolidated") is none.
std::vector<RemoteFile> safetensorsOf(std::span<const RemoteFile> files) {
  std::map<std::string, std::vector<RemoteFile>> byStem;
  for (const RemoteFile& file : files) {
    const bool isWeights = file.path.find('/') == std::string::npos && file.path.ends_with(".safetensors");
    if (isWeights && !file.path.starts_with("consolidated")) byStem[stemOf(file.path)].push_back(file);
  }
  std::vector<RemoteFile> best;
  for (auto& [stem, parts] : byStem) {
    const bool isModel = stem.starts_with("model");
    if (isWhole(parts) && (best.empty() || (isModel && !best.front().path.starts_with("model")))) best = parts;
  }
  return best;
}

}  // namespace

std::vector<RemoteVariant> variantsOf(std::span<const RemoteFile> files, const std::string& repository) {
  std::vector<RemoteVariant> variants = ggufVariants(files);
  if (auto weights = safetensorsOf(files); !weights.empty()) {
    RemoteVariant folder;
    folder.name = "safetensors";
    folder.title = weights.size() == 1 ? "safetensors" : fmt::format("safetensors in {} files", weights.size());
    for (const RemoteFile& file : weights) folder.weightBytes += file.bytes;
    folder.files = std::move(weights);
    for (const RemoteFile& file : files) {
      if (isSideFile(file)) folder.files.push_back(file);
    }
    variants.push_back(std::move(folder));
  }
  for (RemoteVariant& variant : variants) finish(variant, repository);
  std::ranges::stable_sort(variants, {}, &RemoteVariant::weightBytes);
  return variants;
}

const RemoteVariant& chosenVariant(const RemoteModel& model, const std::string& wanted) {
  std::string listed;
  for (const RemoteVariant& variant : model.variants) {
    const bool isFile = std::ranges::any_of(variant.files, [&](const RemoteFile& file) { return file.path == wanted; });
    if (lowered(variant.name) == lowered(wanted) || (variant.name != "safetensors" && isFile)) return variant;
    listed += fmt::format("{}{} ({})", listed.empty() ? "" : ", ", core::io::printable(variant.name),
                          bytesText(static_cast<double>(variant.bytes)));
  }
  if (model.variants.empty())
    throw core::Error(
        core::ErrorCode::NotFound,
        fmt::format("{} has no GGUF file and no safetensors: nothing that opens here.", inQuotes(model.name)));
  if (wanted.empty() && model.variants.size() == 1) return model.variants.front();
  throw core::Error(wanted.empty() ? core::ErrorCode::InvalidArgument : core::ErrorCode::NotFound,
                    wanted.empty()
                        ? fmt::format("{} comes in {} forms; name one behind a colon: {}.", inQuotes(model.name),
                                      model.variants.size(), listed)
                        : fmt::format("{} has no {}; there are {}.", inQuotes(model.name), inQuotes(wanted), listed));
}

double bitsInName(const std::string& quantization) {
  const std::string name = lowered(quantization);
  if (name.ends_with("32")) return 32;
  if (name.ends_with("16")) return 16;
  if (name.find("fp4") != std::string::npos) return 4.5;
  const std::size_t digit = name.find_first_of("123456789");
  return digit == std::string::npos ? 0 : (name[digit] - '0') + 0.5;
}

}  // namespace app::remote
