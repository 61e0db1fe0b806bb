#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace core::model::ops {

/// Columns of a row of weights that share a scale, and whose products are summed in 32 bits.
struct CodeRun {
  std::uint32_t first = 0, count = 0;  ///< first is a multiple of 8
};

/// Sums of the runs of a row are added to so many floats in turn, run r to the (r mod kChains)-th, and these in pairs:
/// ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). An order that leaves devices something to share.
inline constexpr std::size_t kChains = 8;
inline float sumOfChains(const float* chain) {
  return ((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7]));
}

/// A few rows of weights times a block of tokens.
struct CodeTile {
  static constexpr std::size_t kTokens = 16, kMostRows = 8;

  std::span<const CodeRun> runs;
  const std::uint8_t* weights = nullptr;  ///< [rows][weightStride], behind the width zeros up to a whole unit
  std::size_t weightStride = 0, rows = 0;
  const float* scales = nullptr;              ///< [rows][runs]
  const std::int32_t* weightZeros = nullptr;  ///< [rows][runs]: the code that stands for 0
  const std::int32_t* zeroSums = nullptr;  ///< [runs][kTokens]: it times inputSums where it is the same everywhere; or
                                           ///< null
  const std::int32_t* weightSums = nullptr;  ///< [rows][runs]: Σ (code − zero) of the run
  const std::uint32_t* inputs = nullptr;     ///< [words][kTokens]: four signed codes each
  const std::int32_t* inputSums = nullptr;   ///< [runs][kTokens]: Σ code of the run
  const std::int32_t* inputZeros = nullptr;  ///< [kTokens]; null where all are 0
  float* out = nullptr;                      ///< [rows][kTokens]
};

/// A row of packed weights times one token, whose zero-point is 0. Runs are one or more pieces of kPiece columns.
struct CodeRow {
  static constexpr std::size_t kPiece = 32, kBlock = 128;

  const std::uint8_t* weights = nullptr;  ///< codes of 4 bits, the first of two in the low half of a byte, or of 8
  const std::int8_t* inputs = nullptr;    ///< whole blocks of kBlock, 0 behind the width; for codes of 4 bits the even
                                          ///< columns of each block before the odd ones
  std::size_t pieces = 0, piecesOfRun = 1;
  const float* scales = nullptr;           ///< [runs]
  const std::int32_t* zeroSums = nullptr;  ///< [runs]: the code that stands for 0 times Σ code of the inputs
};

/// A few rows of weights times a block of tokens in floats: the columns that are no integers.
struct FloatTile {
  const float* weights = nullptr;  ///< [rows][columns]
  const float* inputs = nullptr;   ///< [columns][CodeTile::kTokens]
  std::size_t rows = 0, columns = 0;
  float* out = nullptr;  ///< [rows][CodeTile::kTokens]
};

/// The inner loops of products of integers, once per instruction set. All give the same bits.
struct CodeKernels {
  const char* name;  ///< "plain", "avx2", "avx512_vnni"
  /// Σ weights[i] · inputs[i], i < n. Nothing needs to be aligned.
  std::int32_t (*dot)(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t n);
  /// out[r][t] = Σ_run scale · float(Σ weight · input − weightZero · inputSum − inputZero · weightSum), by chains
  void (*multiply)(const CodeTile& tile);
  /// Σ_run scale · float(Σ weight · input − zeroSum), by chains
  float (*multiplyNibbles)(const CodeRow& row);
  float (*multiplyBytes)(const CodeRow& row);
  /// out[r][t] = Σ weights[r][c] · inputs[c][t], added up from the first column on
  void (*multiplyFloats)(const FloatTile& tile);
};

/// The best that this processor has.
const CodeKernels& codeKernels();
/// All that it can run, the plain one first (for tests, which compare them).
std::span<const CodeKernels> runnableCodeKernels();

}  // namespace core::model::ops
