#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// Codes of `bits` (2…8) bits as a stream, lowest bit first: value i occupies bits [i·bits, (i+1)·bits).
/// The unused top bits of the last byte are 0. Packed size: ceil(count · bits / 8) bytes.
void packBits(const std::uint8_t* codes, std::size_t count, std::uint32_t bits, std::uint8_t* packed);
void unpackBits(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, std::uint8_t* codes);

}  // namespace core::quant
