#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/output_file.h"

namespace core::io {

/// What an importance matrix says about the inputs of one weight; a stack of experts has one row per expert.
struct ImportanceEntry {
  std::string name;         ///< of the weight: "blk.0.attn_q.weight"
  std::vector<float> sums;  ///< [matrices, columns] Σ x², finite, ≥ 0
  /// [matrices] what makes them means, 0 … 2^53: in GGUF the tokens that came by; in .dat the calls (one figure: such a
  /// file does not say how many matrices there are).
  std::vector<float> divisors;
};

/// The importance matrices that llama.cpp's llama-imatrix writes and its quantizer reads. Source: tools/imatrix and
/// tools/quantize of llama.cpp.
///   GGUF  general.type "imatrix", imatrix.datasets (texts), imatrix.chunk_count and imatrix.chunk_size (u32); for
///         every weight NAME.in_sum2 F32 [matrices, columns], the plain sums of squares, and NAME.counts F32
///         [matrices, 1], the tokens they are over. Other tensors are somebody else's.
///   .dat  i32 entries; per entry i32 length, NAME, i32 calls, i32 values, F32 values: means times calls; then, where
///         the program was recent enough, i32 chunks, i32 length, the text's name
struct ImportanceMatrix {
  std::vector<std::string> datasets;     ///< the texts it was made from, as their files were called
  std::uint32_t chunkCount = 0;          ///< contexts that were read; 0: not said
  std::uint32_t chunkSize = 0;           ///< tokens in one; 0: not said
  std::vector<ImportanceEntry> entries;  ///< by name, each once

  const ImportanceEntry* find(std::string_view name) const;
};

/// The means of x² [matrices · columns], as llama.cpp's quantizer takes them from the file: a matrix that no token came
/// by has 1 everywhere.
std::vector<float> meanSquares(const ImportanceEntry& entry);

/// Reads either form, told apart by the magic.
/// @param bytes the whole file  @param source how sentences call it, e.g. the quoted file name
/// @throws Error (InvalidFile, Unsupported) saying what was expected, what was found and where
ImportanceMatrix parseImportanceMatrix(std::span<const std::byte> bytes, std::string_view source);
/// @throws Error as the other, and (NotFound, Io)
ImportanceMatrix readImportanceMatrix(const std::filesystem::path& path);

/// @param matrix with divisors in tokens  @throws Error (InvalidArgument, Io)
void writeImportanceGguf(const ImportanceMatrix& matrix, OutputFile file);
/// The older form; of the datasets the last, and as calls the chunks that a weight's tokens fill.
/// @throws Error (InvalidArgument) for what 31 bits cannot count, (Io)
void writeImportanceDat(const ImportanceMatrix& matrix, OutputFile file);

}  // namespace core::io
