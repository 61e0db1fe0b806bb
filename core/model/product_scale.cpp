#include "core/model/product_scale.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/model/architectures/tensor_names.h"
#include "core/quant/quantizer.h"

namespace core::model {

ProductScaleNames productScaleNames(std::string_view weight) {
  constexpr std::string_view kEnding = ".weight";
  if (!weight.ends_with(kEnding)) return {};
  weight.remove_suffix(kEnding.size());
  return {fmt::format("{}.scale", weight), fmt::format("{}.input_scale", weight)};
}

std::optional<float> productScale(const io::Checkpoint& checkpoint, std::string_view weight) {
  const std::string name = productScaleNames(weight).scale;
  const auto index = name.empty() ? std::nullopt : checkpoint.find(name);
  if (!index || checkpoint.format() != io::FileFormat::Gguf) return std::nullopt;
  if (TensorNames(checkpoint).huggingFace(name)) return std::nullopt;  // a weight of its own (Gemma 4's router)
  const tensor::TensorView view = checkpoint.view(*index);
  if (view.dtype == tensor::DType::F32 && view.shape.count() == 1 && view.unreadable.empty()) {
    float scale = 0.0F;
    quant::decode(view, 0, 1, &scale);
    if (std::isfinite(scale)) return scale;
  }
  throw Error(ErrorCode::InvalidFile,
              fmt::format("{} should be one finite number of type f32, but is {} of type {}.", name,
                          view.shape.toString(), tensor::name(view.dtype)),
              name);
}

}  // namespace core::model
