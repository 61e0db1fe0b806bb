#include "core/io/towers.h"

#include <algorithm>
#include <array>

namespace core::io {

bool hasTowers(const Metadata& metadata) {
  constexpr std::array<std::string_view, 3> kObjects = {"config.text_config.", "config.vision_config.",
                                                        "config.audio_config."};
  return std::ranges::any_of(metadata.entries(), [&](const MetadataEntry& entry) {
    return std::ranges::any_of(kObjects, [&](std::string_view object) { return entry.key.starts_with(object); });
  });
}

bool isOfTower(std::string_view tensorName) {
  constexpr std::array<std::string_view, 16> kModules = {
      "vision_tower.", "vision_model.", "vision_encoder.",        "vision_adapter.",       "vision_embed_tokens.",
      "visual.",       "vit.",          "multi_modal_projector.", "multimodal_projector.", "mm_projector.",
      "audio_tower.",  "audio_model.",  "embed_vision.",          "embed_audio.",          "connector.",
      "image_newline"};
  constexpr std::string_view kModel = "model.";
  if (tensorName.starts_with(kModel)) tensorName.remove_prefix(kModel.size());
  return std::ranges::any_of(kModules, [&](std::string_view module) { return tensorName.starts_with(module); });
}

}  // namespace core::io
