#include "core/model/recipe/file_type.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace core::model {

namespace {

using tensor::DType;

// Numbers: llama_ftype of llama.cpp's llama.h; usual types: llama_ftype_get_default_type of its llama-quant.cpp
// (0.5.0).
constexpr std::array kTable = {
    FileTypeInfo{FileType::F32, "F32", 0, DType::F32, "Every matrix as 32-bit floats."},
    FileTypeInfo{FileType::F16, "F16", 1, DType::F16, "Every matrix as 16-bit floats."},
    FileTypeInfo{FileType::BF16, "BF16", 32, DType::BF16, "Every matrix as bfloat16."},
    FileTypeInfo{FileType::Q8_0, "Q8_0", 7, DType::Q8_0, "8 bits for every matrix, embedding and output included."},
    FileTypeInfo{FileType::Q6_K, "Q6_K", 18, DType::Q6_K, "6 bits for every matrix."},
    FileTypeInfo{FileType::Q5_K_M, "Q5_K_M", 17, DType::Q5_K,
                 "5 bits, 6 for values and down projections of half of the blocks and for the output."},
    FileTypeInfo{FileType::Q5_K_S, "Q5_K_S", 16, DType::Q5_K, "5 bits, 6 for the output."},
    FileTypeInfo{FileType::Q5_1, "Q5_1", 9, DType::Q5_1, "5 bits with a minimum per block, 6 for the output."},
    FileTypeInfo{FileType::Q5_0, "Q5_0", 8, DType::Q5_0, "5 bits, 6 for the output."},
    FileTypeInfo{FileType::Q4_K_M, "Q4_K_M", 15, DType::Q4_K,
                 "4 bits, 6 for values and down projections of half of the blocks and for the output."},
    FileTypeInfo{FileType::Q4_K_S, "Q4_K_S", 14, DType::Q4_K,
                 "4 bits, 5 for values and down projections of the first blocks, 6 for the output."},
    FileTypeInfo{FileType::Q4_1, "Q4_1", 3, DType::Q4_1, "4 bits with a minimum per block, 6 for the output."},
    FileTypeInfo{FileType::Q4_0, "Q4_0", 2, DType::Q4_0, "4 bits, 6 for the output."},
    FileTypeInfo{FileType::IQ4_NL, "IQ4_NL", 25, DType::IQ4_NL, "4 bits with uneven levels, 6 for the output."},
    FileTypeInfo{FileType::IQ4_XS, "IQ4_XS", 30, DType::IQ4_XS,
                 "4 bits with uneven levels in super-blocks, 6 for the output."},
    FileTypeInfo{FileType::MXFP4_MOE, "MXFP4_MOE", 38, DType::MXFP4,
                 "4-bit floats with power-of-two scales for the experts, 8 bits for everything else."},
    FileTypeInfo{FileType::Q3_K_L, "Q3_K_L", 13, DType::Q3_K,
                 "3 bits, 5 for values, attention output and down projections, 6 for the output."},
    FileTypeInfo{FileType::Q3_K_M, "Q3_K_M", 12, DType::Q3_K,
                 "3 bits, 4 to 5 for values, attention output and down projections, 6 for the output."},
    FileTypeInfo{FileType::Q3_K_S, "Q3_K_S", 11, DType::Q3_K, "3 bits, 6 for the output."},
    FileTypeInfo{FileType::IQ3_M, "IQ3_M", 27, DType::IQ3_S,
                 "3 bits from a lattice, 4 for values, attention output and the first down projections."},
    FileTypeInfo{FileType::IQ3_S, "IQ3_S", 26, DType::IQ3_S, "3 bits from a lattice, 4 for grouped values."},
    FileTypeInfo{FileType::IQ3_XS, "IQ3_XS", 22, DType::IQ3_S,
                 "3 bits from two lattices, the coarser for queries, keys and most of the feed-forward."},
    FileTypeInfo{FileType::IQ3_XXS, "IQ3_XXS", 23, DType::IQ3_XXS,
                 "3 bits from a lattice, 2 for queries and keys, 3 to 4 for values and down projections."},
    FileTypeInfo{FileType::Q2_K, "Q2_K", 10, DType::Q2_K,
                 "2 bits, 3 to 4 for values, attention output and down projections, 6 for the output."},
    FileTypeInfo{FileType::Q2_K_S, "Q2_K_S", 21, DType::Q2_K,
                 "2 bits, 4 for grouped values and the first down projections, 6 for the output."},
    FileTypeInfo{FileType::IQ2_M, "IQ2_M", 29, DType::IQ2_S,
                 "2.5 bits from a lattice, 3 to 4 for values, attention output and the first down projections."},
    FileTypeInfo{FileType::IQ2_S, "IQ2_S", 28, DType::IQ2_XS,
                 "2.3 bits from a lattice, 3 to 4 for values, attention output and the first down projections."},
    FileTypeInfo{FileType::IQ2_XS, "IQ2_XS", 20, DType::IQ2_XS,
                 "2.3 bits from a lattice, 2 to 4 for values, 5 for the output."},
    FileTypeInfo{FileType::IQ2_XXS, "IQ2_XXS", 19, DType::IQ2_XXS,
                 "2 bits from a lattice, 2 to 4 for values, 5 for the output."},
    FileTypeInfo{FileType::TQ2_0, "TQ2_0", 37, DType::TQ2_0, "Ternary, 2 bits each; for models trained so."},
    FileTypeInfo{FileType::TQ1_0, "TQ1_0", 36, DType::TQ1_0, "Ternary, five to a byte; for models trained so."},
    FileTypeInfo{FileType::Q2_0, "Q2_0", 41, DType::Q2_0, "2-bit codes for models trained so, 4 for the embedding."},
    FileTypeInfo{FileType::IQ1_M, "IQ1_M", 31, DType::IQ1_M,
                 "1.75 bits from a lattice, 2 to 4 for values, attention output and the first down projections."},
    FileTypeInfo{FileType::IQ1_S, "IQ1_S", 24, DType::IQ1_S,
                 "1.6 bits from a lattice, 2 to 4 for values, attention output and the first down projections."},
    FileTypeInfo{FileType::Q1_0, "Q1_0", 40, DType::Q1_0, "Signs with a scale; for models trained so."},
};

constexpr bool isInEnumerationOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].type) != i) return false;
  return kTable.size() == static_cast<std::size_t>(FileType::Q1_0) + 1;
}
static_assert(isInEnumerationOrder(), "info() indexes the table by the enumeration");

}  // namespace

std::span<const FileTypeInfo> allFileTypes() { return kTable; }

const FileTypeInfo& info(FileType type) { return kTable[static_cast<std::size_t>(type)]; }

const FileTypeInfo* findFileType(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  if (upper == "Q3_K" || upper == "Q4_K" || upper == "Q5_K") upper += "_M";
  const auto* const found =
      std::find_if(kTable.begin(), kTable.end(), [&](const FileTypeInfo& row) { return row.name == upper; });
  return found == kTable.end() ? nullptr : found;
}

}  // namespace core::model
