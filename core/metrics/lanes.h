#pragma once
#include <cstddef>
#include <cstdint>

namespace core::metrics {

/// Eight numbers side by side (GCC and clang vector types): one instruction with AVX-512, two with AVX2, four with
/// SSE2. The sums of a lane are taken in the same order whatever the instruction set, so results do not depend on the
/// CPU.
constexpr std::size_t kLanes = 8;
using DoubleLanes = double __attribute__((vector_size(kLanes * sizeof(double))));
using FloatLanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using CountLanes = std::int64_t __attribute__((vector_size(kLanes * sizeof(std::int64_t))));

}  // namespace core::metrics
