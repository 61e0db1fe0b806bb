#pragma once
#include <map>
#include <span>
#include <string>

#include "core/model/weights.h"
#include "core/quant/scheme.h"
#include "core/train/qat/qat_model.h"

namespace core::train {

/// @throws Error (InvalidArgument, Unsupported) with one sentence naming scheme and tensor where a tensor of this shape
/// cannot be trained through the scheme
void checkTrainable(const quant::Scheme& scheme, QatRange range, const std::string& name, const tensor::Shape& shape);

/// @throws Error (InvalidArgument) for latent weights that are not finite
void checkFinite(std::span<const float> latent, std::uint64_t width, const std::string& name);

/// @throws Error (NotFound) for schemes of tensors that the model does not have
void checkNames(const model::ModelWeights& weights, const std::map<std::string, quant::Scheme>& schemes);

}  // namespace core::train
