#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// Codes of `bits` (2…8) bits as a stream, lowest bit first: value i occupies bits [i·bits, (i+1)·bits).
/// The unused top bits of the last byte are 0. Packed size: ceil(count · bits / 8) bytes.
void packBits(const std::uint8_t* codes, std::size_t count, std::uint32_t bits, std::uint8_t* packed);
void unpackBits(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, std::uint8_t* codes);

/// Bytes of one row of b-bit codes: a bit stream padded to a whole byte.
std::uint64_t codeRowBytes(std::uint32_t bits, std::uint64_t rowValues);

/// Reads packed rows as one byte a code. Codes of 8 bits are read where they lie.
class CodeRows {
 public:
  CodeRows(std::span<const std::byte> payload, std::uint32_t bits, std::uint64_t rowValues);
  /// The codes of row r, valid until the next call.
  const std::uint8_t* at(std::uint64_t r);

 private:
  const std::uint8_t* m_payload;
  std::uint32_t m_bits;
  std::uint64_t m_rowValues;
  std::vector<std::uint8_t> m_codes;
};

}  // namespace core::quant
