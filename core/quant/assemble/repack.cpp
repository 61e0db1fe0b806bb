#include "core/quant/assemble/repack.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/parallel.h"
#include "core/quant/bit_stream.h"

namespace core::quant {

namespace {

constexpr std::size_t kRowsAtOnce = 64;   // whose words share cache lines of the source
constexpr std::size_t kWordsAtOnce = 16;  // a cache line of each of these rows
constexpr std::size_t kBytesAtOnce = 1U << 18;
constexpr std::array<std::uint8_t, 8> kAwqOutput = {0, 2, 4, 6, 1, 3, 5, 7};

std::uint32_t wordAt(std::span<const std::byte> words, std::uint64_t index) {
  std::uint32_t word = 0;
  std::memcpy(&word, words.data() + index * sizeof(word), sizeof(word));
  return word;
}

/// Writes a word at byte `at` of a row, or what of it lies inside.
void putWord(std::byte* row, std::uint64_t rowBytes, std::uint64_t at, std::uint32_t word) {
  if (at < rowBytes) std::memcpy(row + at, &word, std::min<std::uint64_t>(sizeof(word), rowBytes - at));
}

std::size_t rowsAtOnce(std::uint64_t rowBytes) {
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, kBytesAtOnce / std::max<std::uint64_t>(1, rowBytes)));
}

/// Swaps the halves of `bits` bits, `mask` being the lower ones, between words that lie `distance` apart.
template <std::size_t distance>
void swapHalves(std::array<std::uint32_t, 8>& words, std::uint32_t bits, std::uint32_t mask) {
  for (std::size_t i = 0; i < 8; ++i) {
    if ((i & distance) != 0) continue;
    const std::uint32_t difference = (words[i] >> bits ^ words[i + distance]) & mask;
    words[i] ^= difference << bits;
    words[i + distance] ^= difference;
  }
}

/// Nibble j of word i becomes nibble i of word j.
void transposeNibbles(std::array<std::uint32_t, 8>& words) {
  swapHalves<4>(words, 16, 0x0000FFFFU);
  swapHalves<2>(words, 8, 0x00FF00FFU);
  swapHalves<1>(words, 4, 0x0F0F0F0FU);
}

}  // namespace

OwnCodes::OwnCodes(std::uint32_t codeBits, std::uint64_t rowCount, std::uint64_t columnCount)
    : bits(codeBits),
      rows(rowCount),
      columns(columnCount),
      rowBytes(codeRowBytes(codeBits, columnCount)),
      bytes(std::make_shared_for_overwrite<std::byte[]>(rowCount * rowBytes)) {}

void OwnCodes::moveInto(QuantizedTensor& out) && {
  out.payload = {bytes.get(), rows * rowBytes};
  out.owner = std::move(bytes);
}

OwnCodes fromColumnStreams(std::span<const std::byte> words, std::uint64_t wordsPerRow, std::uint32_t bits,
                           std::uint64_t rows, std::uint64_t columns) {
  OwnCodes out(bits, rows, columns);
  parallelFor(rows, kRowsAtOnce, [&](std::size_t first, std::size_t last) {
    for (std::uint64_t w = 0; w < wordsPerRow; w += kWordsAtOnce) {
      const std::uint64_t end = std::min<std::uint64_t>(wordsPerRow, w + kWordsAtOnce);
      for (std::uint64_t r = first; r < last; ++r)
        for (std::uint64_t k = w; k < end; ++k) putWord(out.row(r), out.rowBytes, 4 * k, wordAt(words, k * rows + r));
    }
  });
  return out;
}

OwnCodes fromAwqNibbles(std::span<const std::byte> words, std::uint64_t rows, std::uint64_t columns) {
  OwnCodes out(4, rows, columns);
  const std::uint64_t wordsPerColumn = rows / 8;
  parallelFor(wordsPerColumn, kWordsAtOnce, [&](std::size_t first, std::size_t last) {
    std::array<std::uint32_t, 8> block;
    for (std::uint64_t c = 0; c < columns; c += 8) {
      for (std::uint64_t w = first; w < last; ++w) {
        for (std::uint64_t i = 0; i < 8; ++i)
          block[i] = c + i < columns ? wordAt(words, (c + i) * wordsPerColumn + w) : 0U;
        transposeNibbles(block);
        for (std::uint64_t i = 0; i < 8; ++i) putWord(out.row(8 * w + kAwqOutput[i]), out.rowBytes, c / 2, block[i]);
      }
    }
  });
  return out;
}

OwnCodes fromWordRows(const WordRows& stored, std::uint32_t bits, std::uint64_t rows, std::uint64_t columns) {
  OwnCodes out(bits, rows, columns);
  const std::uint64_t perWord = 32 / stored.bits;
  const std::uint32_t mask = (1U << stored.bits) - 1;
  parallelFor(rows, rowsAtOnce(columns), [&](std::size_t first, std::size_t last) {
    std::vector<std::uint8_t> codes(columns);
    for (std::uint64_t r = first; r < last; ++r) {
      const auto row = stored.words.subspan(r * stored.wordsPerRow * 4, stored.wordsPerRow * 4);
      if (stored.isStream && stored.bits != 1) {  // single bits are whole codes to a word, too
        unpackBits(reinterpret_cast<const std::uint8_t*>(row.data()), columns, stored.bits, codes.data());
      } else {
        for (std::uint64_t c = 0; c < columns; ++c)
          codes[c] = static_cast<std::uint8_t>(wordAt(row, c / perWord) >> (c % perWord * stored.bits) & mask);
      }
      packBits(codes.data(), columns, bits, reinterpret_cast<std::uint8_t*>(out.row(r)));
    }
  });
  return out;
}

OwnCodes fromSignedBytes(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t columns) {
  OwnCodes out(8, rows, columns);
  parallelFor(bytes.size(), kBytesAtOnce, [&](std::size_t first, std::size_t last) {
    const std::byte* from = bytes.data();
    std::byte* to = out.bytes.get();
    for (std::size_t i = first; i < last; ++i) to[i] = from[i] ^ std::byte{0x80};
  });
  return out;
}

void takeColumns(const OwnCodes& codes, std::span<const std::uint32_t> order) {
  parallelFor(codes.rows, rowsAtOnce(codes.columns), [&](std::size_t first, std::size_t last) {
    std::vector<std::uint8_t> before(codes.columns), after(codes.columns);
    for (std::uint64_t r = first; r < last; ++r) {
      auto* const row = reinterpret_cast<std::uint8_t*>(codes.row(r));
      unpackBits(row, codes.columns, codes.bits, before.data());
      for (std::size_t k = 0; k < order.size(); ++k) after[k] = before[order[k]];
      packBits(after.data(), codes.columns, codes.bits, row);
    }
  });
}

}  // namespace core::quant
