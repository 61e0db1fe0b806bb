#include "core/model/pooling_settings.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/text/folder_settings.h"

namespace core::model {

namespace {

// Of llama.cpp's pooling_type; 0: none.
constexpr std::uint32_t kMean = 1, kFirst = 2, kLast = 3, kRank = 4;

struct FolderMode {
  const char* key;
  std::optional<Pooling> pooling;  ///< nothing: not computed here
};
// Source: models/Pooling.py of sentence-transformers.
constexpr FolderMode kFolderModes[] = {
    {"pooling_mode_cls_token", Pooling::First},          {"pooling_mode_mean_tokens", Pooling::Mean},
    {"pooling_mode_lasttoken", Pooling::Last},           {"pooling_mode_max_tokens", std::nullopt},
    {"pooling_mode_mean_sqrt_len_tokens", std::nullopt}, {"pooling_mode_weightedmean_tokens", std::nullopt}};

}  // namespace

Pooling poolingOfFile(const ConfigKeys& keys) {
  switch (keys.integer("pooling_type", kMean, 0, kRank)) {
    case kFirst:
      return Pooling::First;
    case kLast:
      return Pooling::Last;
    case kRank:
      throw Error(ErrorCode::Unsupported,
                  fmt::format("It ranks pairs of texts ({}), which cannot be computed yet.", keys("pooling_type")),
                  keys("pooling_type"));
    default:
      return Pooling::Mean;
  }
}

std::uint32_t ggufNumber(Pooling pooling) {
  return pooling == Pooling::First ? kFirst : pooling == Pooling::Last ? kLast : kMean;
}

std::vector<std::pair<std::string_view, bool>> folderModes(Pooling pooling) {
  std::vector<std::pair<std::string_view, bool>> modes;
  for (const FolderMode& mode : kFolderModes) modes.emplace_back(mode.key, mode.pooling == pooling);
  return modes;
}

Pooling poolingOfFolder(const io::Checkpoint& checkpoint) {
  const text::FolderSettings settings(checkpoint, kPoolingFile, "pooling");
  std::optional<Pooling> found;
  for (const FolderMode& mode : kFolderModes) {
    if (!settings.flag(mode.key).value_or(false)) continue;
    if (!mode.pooling || found)
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{} asks for {}{}, which cannot be computed yet.", kPoolingFile, mode.key,
                              found ? " beside another way" : ""),
                  mode.key);
    found = mode.pooling;
  }
  return found.value_or(Pooling::Mean);
}

}  // namespace core::model
