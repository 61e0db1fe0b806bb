#pragma once
#include <span>

#include "core/model/op.h"
#include "gpu/kernels/elementwise_kernel.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out = f(weight · in + bias), columns with elements of their own.
struct ColumnVector {
  std::uint32_t first = kNone;  ///< constant, or kNone
  std::uint32_t size = 1;       ///< elements: a divisor of the width
};
void recordMapColumns(Recorder& recorder, VkDescriptorSet set, const core::model::Map& map, ColumnVector weight,
                      ColumnVector bias, Place in, std::uint32_t width, Place out);

/// @param sets the main one and that of the state  @param weight, bias first constants; no bias is kNone
void recordShortConv(Recorder& recorder, std::span<const VkDescriptorSet> sets, std::uint32_t weight,
                     std::uint32_t bias, std::uint32_t taps, Place in, std::uint32_t width, Place out);

/// @param in query, key, value, decay, strength
void recordLinearAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets,
                           const core::model::LinearAttention& attention, std::span<const Place, 5> in, Place out);

}  // namespace gpu
