#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/session/writing_plan.h"

namespace app {

/// The names of the Linear layers that a folder does not pack, as its "quantization_config" has to list them.
std::vector<std::string> modulesLeftAsTheyAre(const WritingPlan& plan, const std::vector<QuantizedFileRow>& rows);

/// What a folder's config.json says of its packed weights, as the program expects it that reads them.
///   bitsandbytes        transformers' BitsAndBytesConfig
///   gptq, gptq_v2       AutoGPTQ's BaseQuantizeConfig; also a file of its own, quantize_config.json
///   awq                 transformers' AwqConfig
///   compressed-tensors  its QuantizationConfig
/// Sources: transformers (utils/quantization_config.py), AutoGPTQ (quantization/config.py), AutoAWQ
/// (models/_config.py), compressed-tensors (quantization/quant_config.py, quant_args.py).
/// @param skipped of modulesLeftAsTheyAre
nlohmann::ordered_json quantizationSettings(core::quant::FolderLayout layout, const core::quant::Scheme& scheme,
                                            const std::vector<std::string>& skipped);

}  // namespace app
