#pragma once
#include <cstddef>
#include <cstdint>

namespace bench {

constexpr std::size_t kBatch = 1U << 14;

bool hasF16c();
bool hasAvx512Bf16();

/// A batch of floats by VCVTPS2PH. @param mode 0 nearest even, 1 down, 2 up, 3 toward zero @pre hasF16c()
void toHalf(const float* in, std::uint16_t* out, int mode);
/// A batch by VCVTNEPS2BF16 (nearest even). @pre hasAvx512Bf16()
void toBfloat16(const float* in, std::uint16_t* out);
/// A batch of doubles by the compiler's conversion. @param mode of fesetround
void narrow(const double* in, float* out, int mode);

}  // namespace bench
