#include "core/quant/bit_stream.h"

#include <algorithm>
#include <cstring>

#include "core/base/multiversion.h"

namespace core::quant {

namespace {

/// Eight codes of b bits are b whole bytes, so each group of eight stands alone.
void packGroup(const std::uint8_t* codes, std::size_t count, std::uint32_t bits, std::uint8_t* packed) {
  std::uint64_t stream = 0;
  for (std::size_t j = 0; j < count; ++j) stream |= static_cast<std::uint64_t>(codes[j]) << (j * bits);
  for (std::size_t i = 0; i < (count * bits + 7) / 8; ++i)
    packed[i] = static_cast<std::uint8_t>((stream >> (8 * i)) & 0xffU);
}

void unpackGroup(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, std::uint8_t* codes) {
  std::uint64_t stream = 0;
  for (std::size_t i = 0; i < (count * bits + 7) / 8; ++i) stream |= static_cast<std::uint64_t>(packed[i]) << (8 * i);
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (std::size_t j = 0; j < count; ++j) codes[j] = static_cast<std::uint8_t>((stream >> (j * bits)) & mask);
}

/// Eight codes that lie bit to bit, each in a byte of its own: fours are parted, then pairs, then codes.
template <std::uint32_t bits>
QS_FORCE_INLINE std::uint64_t inBytes(std::uint64_t stream) {
  constexpr std::uint64_t kFour = (std::uint64_t{1} << (4 * bits)) - 1,
                          kTwo = ((std::uint64_t{1} << (2 * bits)) - 1) * 0x0000000100000001U,
                          kOne = ((std::uint64_t{1} << bits) - 1) * 0x0001000100010001U;
  stream = (stream & kFour) | ((stream & (kFour << (4 * bits))) << (32 - 4 * bits));
  stream = (stream & kTwo) | ((stream & (kTwo << (2 * bits))) << (16 - 2 * bits));
  return (stream & kOne) | ((stream & (kOne << bits)) << (8 - bits));
}

/// Whole groups; `packed` has to have eight bytes from each group's first on.
template <std::uint32_t bits>
QS_FORCE_INLINE void unpackGroups(const std::uint8_t* __restrict__ packed, std::size_t groups,
                                  std::uint8_t* __restrict__ codes) {
  for (std::size_t g = 0; g < groups; ++g, packed += bits, codes += 8) {
    std::uint64_t stream = 0;
    std::memcpy(&stream, packed, sizeof(stream));
    stream = inBytes<bits>(stream);
    std::memcpy(codes, &stream, sizeof(stream));
  }
}

QS_MULTIVERSION void unpackGroups(const std::uint8_t* packed, std::size_t groups, std::uint32_t bits,
                                  std::uint8_t* codes) {
  switch (bits) {
    case 2:
      return unpackGroups<2>(packed, groups, codes);
    case 3:
      return unpackGroups<3>(packed, groups, codes);
    case 4:
      return unpackGroups<4>(packed, groups, codes);
    case 5:
      return unpackGroups<5>(packed, groups, codes);
    case 6:
      return unpackGroups<6>(packed, groups, codes);
    default:
      return unpackGroups<7>(packed, groups, codes);
  }
}

QS_MULTIVERSION void packNibblePairs(const std::uint8_t* __restrict__ codes, std::size_t pairs,
                                     std::uint8_t* __restrict__ packed) {
  for (std::size_t i = 0; i < pairs; ++i) packed[i] = static_cast<std::uint8_t>(codes[2 * i] | (codes[2 * i + 1] << 4));
}

}  // namespace

void packBits(const std::uint8_t* codes, std::size_t count, std::uint32_t bits, std::uint8_t* packed) {
  std::size_t done = 0;
  if (bits == 8) {
    if (count != 0) std::memcpy(packed, codes, count);
    return;
  }
  if (bits == 4) {
    done = count / 2 * 2;
    packNibblePairs(codes, done / 2, packed);
    packed += done / 2;
  }
  for (; done < count; done += 8, packed += bits)
    packGroup(codes + done, std::min<std::size_t>(8, count - done), bits, packed);
}

void unpackBits(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, std::uint8_t* codes) {
  std::size_t done = 0;
  if (bits == 8) {
    if (count != 0) std::memcpy(codes, packed, count);
    return;
  }
  if (const std::size_t bytes = count / 8 * bits; bytes >= 8) {
    const std::size_t groups = (bytes - 8) / bits + 1;
    unpackGroups(packed, groups, bits, codes);
    done = groups * 8;
    packed += groups * bits;
  }
  for (; done < count; done += 8, packed += bits)
    unpackGroup(packed, std::min<std::size_t>(8, count - done), bits, codes + done);
}

std::uint64_t codeRowBytes(std::uint32_t bits, std::uint64_t rowValues) {
  return rowValues / 8 * bits + (rowValues % 8 * bits + 7) / 8;
}

CodeRows::CodeRows(std::span<const std::byte> payload, std::uint32_t bits, std::uint64_t rowValues)
    : m_payload(reinterpret_cast<const std::uint8_t*>(payload.data())),
      m_bits(bits),
      m_rowValues(rowValues),
      m_codes(bits == 8 ? 0 : rowValues) {}

const std::uint8_t* CodeRows::at(std::uint64_t r) {
  const std::uint8_t* packed = m_payload + r * codeRowBytes(m_bits, m_rowValues);
  if (m_bits == 8) return packed;
  unpackBits(packed, m_rowValues, m_bits, m_codes.data());
  return m_codes.data();
}

}  // namespace core::quant
