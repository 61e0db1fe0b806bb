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

QS_MULTIVERSION void packNibblePairs(const std::uint8_t* __restrict__ codes, std::size_t pairs,
                                     std::uint8_t* __restrict__ packed) {
  for (std::size_t i = 0; i < pairs; ++i) packed[i] = static_cast<std::uint8_t>(codes[2 * i] | (codes[2 * i + 1] << 4));
}

QS_MULTIVERSION void unpackNibblePairs(const std::uint8_t* __restrict__ packed, std::size_t pairs,
                                       std::uint8_t* __restrict__ codes) {
  for (std::size_t i = 0; i < pairs; ++i) {
    codes[2 * i] = packed[i] & 0x0f;
    codes[2 * i + 1] = packed[i] >> 4;
  }
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
  if (bits == 4) {
    done = count / 2 * 2;
    unpackNibblePairs(packed, done / 2, codes);
    packed += done / 2;
  }
  for (; done < count; done += 8, packed += bits)
    unpackGroup(packed, std::min<std::size_t>(8, count - done), bits, codes + done);
}

}  // namespace core::quant
