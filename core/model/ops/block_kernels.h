#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/model/ops/code_kernels.h"
#include "core/tensor/dtype.h"

namespace core::model::ops {

/// Blocks of GGUF that are integers under an FP16 scale d and perhaps a minimum m, where groups inside a block may have
/// integer scales and minima of their own (core/quant: k_quants.h, ggml_legacy.h, iq4.h, microscaling.h). Products with
/// them are made as they lie.
enum class BlockFormat : std::uint8_t { Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4 };
inline constexpr std::size_t kBlockFormats = 10;
/// Nothing where blocks of this type are no such.
std::optional<BlockFormat> blockFormatOf(tensor::DType dtype);

/// How a format's values share scales.
struct BlockShape {
  std::size_t values, bytes;
  std::size_t group;  ///< values that share an integer scale: 16 or 32; those of the block where it has one alone
  bool hasMinima;
  std::uint8_t zero;  ///< the code that stands for 0, where codes begin at 0

  std::size_t groups() const { return values / group; }
  /// Groups are taken two at a time; an only one has nothing beside it.
  std::size_t pairs() const { return (groups() + 1) / 2; }
};

/// A row of blocks times one token, whose zero-point is 0.
struct BlockRow {
  const std::uint8_t* weights = nullptr;  ///< [blocks] as they lie; nothing is read behind them
  const std::int8_t* inputs = nullptr;    ///< codes of the row's columns
  /// Σ code: of a block of 32 values, one after the other; of one of 256 values those of the first halves of its eight
  /// pieces of 32, then of their second halves.
  const std::int16_t* inputSums = nullptr;
  std::size_t blocks = 0;
};

/// A few rows of weights, unpacked, times a block of CodeTile::kTokens tokens.
struct BlockTile {
  static constexpr std::size_t kTokens = CodeTile::kTokens, kMostRows = CodeTile::kMostRows;

  BlockShape shape{};
  std::size_t rows = 0, blocks = 0;
  const std::uint8_t* codes = nullptr;  ///< [rows][stride], from 0 on
  std::size_t stride = 0;
  const std::int32_t* scales = nullptr;                       ///< [rows][groups]
  const std::int16_t* zeros = nullptr;                        ///< [rows][pairs][2]: −zero times the group's scale
  const std::int16_t* minima = nullptr;                       ///< [rows][pairs][2]; null where there are none
  const float *factors = nullptr, *minimumFactors = nullptr;  ///< [rows][blocks]
  const std::int32_t* codeSums = nullptr;  ///< [rows][blocks]: Σ scale · Σ code of the groups, where inputZeros is set
  const std::uint32_t* inputs = nullptr;     ///< [words][kTokens]: four signed codes each
  const std::uint32_t* inputSums = nullptr;  ///< [pairs][kTokens]: Σ (code − zero-point) of two groups, 16 bits each
  const std::int32_t* inputZeros = nullptr;  ///< [kTokens]; null where all are 0
  float* out = nullptr;                      ///< [rows][kTokens]
};

/// Where a row of blocks is unpacked to: what BlockTile has of one row.
struct UnpackedBlocks {
  std::uint8_t* codes;
  std::int32_t* scales;
  std::int16_t *zeros, *minima;
  float *factors, *minimumFactors;
};

struct BlockKernel {
  BlockShape shape;
  /// Σ_block float(I) · d − float(M) · m, by chains (code_kernels.h): block b to the (b mod kChains)-th, with
  ///   I = Σ_group scale · Σ input · (code − zero)      M = Σ_group minimum · Σ input
  float (*multiply)(const BlockRow& row);
  void (*unpack)(const std::uint8_t* row, std::size_t blocks, const UnpackedBlocks& out);
};

/// The inner loops of products of integers with such blocks, once per instruction set. All give the same bits.
struct BlockKernels {
  const char* name;  ///< "plain", "avx2", "avx512_vnni"
  /// out[r][t]: the sums of BlockKernel::multiply
  void (*multiply)(const BlockTile& tile);
  BlockKernel formats[kBlockFormats];

  const BlockKernel& of(BlockFormat format) const { return formats[static_cast<std::size_t>(format)]; }
};

/// The best that this processor has.
const BlockKernels& blockKernels();
/// All that it can run, the plain one first (for tests, which compare them).
std::span<const BlockKernels> runnableBlockKernels();

}  // namespace core::model::ops
