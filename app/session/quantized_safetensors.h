#pragma once
#include <filesystem>
#include <vector>

#include "app/session/quantize_model.h"

namespace app {

/// The .safetensors half of quantizeModel(); the same conditions and errors. @pre the format can hold every row
std::vector<QuantizedFileRow> writeSafetensors(const core::io::Checkpoint& source, std::vector<QuantizedFileRow> rows,
                                               const std::filesystem::path& target, const core::JobContext& job,
                                               const TensorMaking& making);

}  // namespace app
