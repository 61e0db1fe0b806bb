#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/numeric/half.h"

namespace core::quant {

/// Little-endian loads and stores at any alignment: blocks lie in mapped files wherever the file puts them.
inline std::uint16_t loadU16(const std::uint8_t* bytes) {
  return static_cast<std::uint16_t>(bytes[0] | (static_cast<unsigned>(bytes[1]) << 8));
}

inline std::uint32_t loadU32(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(loadU16(bytes)) | (static_cast<std::uint32_t>(loadU16(bytes + 2)) << 16);
}

inline float loadF32(const std::uint8_t* bytes) { return std::bit_cast<float>(loadU32(bytes)); }

inline float loadHalf(const std::uint8_t* bytes) { return numeric::halfToFloat(loadU16(bytes)); }

inline void storeU16(std::uint8_t* bytes, std::uint16_t value) {
  bytes[0] = static_cast<std::uint8_t>(value & 0xffU);
  bytes[1] = static_cast<std::uint8_t>(value >> 8);
}

inline void storeU32(std::uint8_t* bytes, std::uint32_t value) {
  storeU16(bytes, static_cast<std::uint16_t>(value & 0xffffU));
  storeU16(bytes + 2, static_cast<std::uint16_t>(value >> 16));
}

}  // namespace core::quant
