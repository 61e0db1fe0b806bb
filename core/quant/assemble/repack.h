#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Codes of one's own, in the order of this program's layouts: a bit stream per row, each padded to a whole byte.
struct OwnCodes {
  OwnCodes(std::uint32_t bits, std::uint64_t rows, std::uint64_t columns);

  std::uint32_t bits;
  std::uint64_t rows, columns, rowBytes;
  std::shared_ptr<std::byte[]> bytes;  ///< rows · rowBytes, not yet written

  std::byte* row(std::uint64_t r) const { return bytes.get() + r * rowBytes; }
  void moveInto(QuantizedTensor& out) &&;
};

// The ways in which programs store codes, each made into rows. All run in parallel and write every byte.

/// Words [wordsPerRow, rows] of streams that run down the columns (GPTQ).
OwnCodes fromColumnStreams(std::span<const std::byte> words, std::uint64_t wordsPerRow, std::uint32_t bits,
                           std::uint64_t rows, std::uint64_t columns);
/// Words [columns, rows / 8] with nibble i for output (0, 2, 4, 6, 1, 3, 5, 7)[i] of eight (AWQ).
OwnCodes fromAwqNibbles(std::span<const std::byte> words, std::uint64_t rows, std::uint64_t columns);
/// Words of codes along the rows: a stream, or 32 / bits whole codes to a word, lowest first.
struct WordRows {
  std::span<const std::byte> words;
  std::uint64_t wordsPerRow;
  std::uint32_t bits;
  bool isStream;
};
/// @param bits of the result, at least as many as are stored
OwnCodes fromWordRows(const WordRows& stored, std::uint32_t bits, std::uint64_t rows, std::uint64_t columns);
/// Signed bytes as unsigned ones: 128 more.
OwnCodes fromSignedBytes(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t columns);

/// The codes in another order: code k of every row is the former one of column order[k].
void takeColumns(const OwnCodes& codes, std::span<const std::uint32_t> order);

}  // namespace core::quant
