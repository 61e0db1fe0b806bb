#pragma once
#include "core/quant/input_quantizer.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Rows as codes (core/model/coded_row.h) or as floats that FP8 has. @param set any block's
void recordQuantizeRows(Recorder& recorder, VkDescriptorSet set, const core::quant::InputQuantizer& quantizer, Place in,
                        std::uint32_t width, Place out);

}  // namespace gpu
