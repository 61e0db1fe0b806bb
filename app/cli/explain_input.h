#pragma once
#include "app/cli/command.h"
#include "core/quant/input_quantizer.h"

namespace app::cli {

/// How the inputs of a layer are quantized under a range that a text has shown: {"scale", "zero_point", "low", "high"}.
/// @pre the quantizer is of static activations
Json inputJson(const core::quant::InputQuantizer& input);
/// The same as text for people.
void printInput(const core::quant::InputQuantizer& input);

}  // namespace app::cli
