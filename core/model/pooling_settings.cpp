#include "core/model/pooling_settings.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/text/folder_settings.h"

namespace core::model {

namespace {

constexpr const char* kPoolingFile = "1_Pooling/config.json";

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
  constexpr std::uint32_t kMean = 1, kFirst = 2, kLast = 3, kRank = 4;
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
