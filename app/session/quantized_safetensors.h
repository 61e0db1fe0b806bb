#pragma once
#include <filesystem>
#include <vector>

#include "app/session/quantize_model.h"

namespace app {

/// The .safetensors half of quantizeModel(); the same conditions and errors.
std::vector<QuantizedFileRow> writeSafetensors(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                               const std::filesystem::path& target, const core::JobContext& job);

}  // namespace app
