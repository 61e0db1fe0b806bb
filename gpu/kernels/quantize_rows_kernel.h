#pragma once
#include "core/quant/input_quantizer.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Rows as codes (core/model/coded_row.h) or as floats that FP8 has. @param set any block's  @param slots rows of a
/// token, one behind the other
void recordQuantizeRows(Recorder& recorder, VkDescriptorSet set, const core::quant::InputQuantizer& quantizer, Place in,
                        std::uint32_t width, Place out, std::uint32_t slots = 1);

}  // namespace gpu
