#pragma once
#include <QString>

#include "core/io/checkpoint.h"

namespace app {

/// What config.json says of how the weights were quantized (quantization_config), in words: "GPTQ, 4 bits, groups of
/// 128, with zero-points, columns in the order of their inputs; left as it is: lm_head". Empty where it says nothing.
/// All keys stand in the metadata; this is what a reader looks for first.
QString quantizationWords(const core::io::Metadata& metadata);

/// The packed weights of a checkpoint by what they are: "GPTQ INT4 · 128: 154 matrices, 4.16 bits per weight"; a line
/// each. Empty where none is packed.
QStringList packedFamilies(const core::io::Checkpoint& checkpoint);

}  // namespace app
