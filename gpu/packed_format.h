#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/quant/quantized_tensor.h"
#include "gpu/shaders/common/param_words.h"
#include "gpu/shaders/common/specialization.h"
#include "gpu/vk/caps.h"

namespace gpu {

/// What a table among the constants is.
enum class TableKind : std::uint8_t { Lattice, LargeCodeBook, CodeBook };

/// How a tensor lies in device memory and which permutation of the kernels reads it. The layout itself is described in
/// shaders/common/unit.glsl and shaders/dequant/*.glsl; this is its host half.
struct PackedFormat {
  std::string kernel;       ///< suffix of the kernels' names: "q4_0", "int4", "f32"
  std::uint32_t quads = 0;  ///< 16-byte words of codes per row and unit
  std::uint32_t highs = 0;  ///< 4-byte words of codes per row and unit
  std::uint64_t rows = 0, rowValues = 0;
  std::uint64_t matrices = 1;       ///< of a stack: each begins with a tile
  std::uint32_t units = 0;          ///< per row
  std::uint32_t groups = 1;         ///< scales per row, as the kernel counts them
  std::uint32_t unitsPerGroup = 1;  ///< where a scale spans whole units
  std::uint32_t groupsPerUnit = 1;  ///< 2 or 4 where it spans less
  std::uint32_t paramWords = 0;     ///< per tile, the factors among them
  bool hasWideCodes = false;        ///< a lattice type's points and signs became codes of 4 bits
  bool hasFactors = false;          ///< each row has a factor, in the last kTileRows words
  /// What the layouts integer, learned and codebook need to know beside their name.
  std::variant<std::monostate, IntegerConstants, LearnedConstants, CodeBookConstants> constants;
  /// What is placed among the executor's constants: first the table that codes are looked up in (FP32 levels, points of
  /// lattices), then what nested scales need. Empty for layouts that compute their values.
  std::vector<std::uint32_t> table;
  std::uint32_t tableWords = 0;                                       ///< of the first part
  core::quant::ComputeType compute = core::quant::ComputeType::Fp32;  ///< what products with it run in
  core::quant::Columns columns = core::quant::Columns::OfTheWeight;   ///< which it has
  /// True when the layout has no kernel of its own and the device holds the values decoded to float32.
  bool isDecoded = false;

  TableKind tableKind() const {
    if (tableWords <= kCodeBookValues) return TableKind::CodeBook;
    return std::holds_alternative<std::monostate>(constants) ? TableKind::Lattice : TableKind::LargeCodeBook;
  }
  std::uint32_t tilesPerMatrix() const {
    return static_cast<std::uint32_t>((rows / matrices + kTileRows - 1) / kTileRows);
  }
  std::uint32_t tiles() const { return tilesPerMatrix() * static_cast<std::uint32_t>(matrices); }
  std::uint64_t tileWords() const { return std::uint64_t{units} * (quads * 4 + highs) * kTileRows + paramWords; }
  std::uint64_t bytes() const { return tileWords() * 4 * tiles(); }
};

/// Chooses the device layout of a tensor.
/// @param family that reads it: IQ3_XXS and IQ3_S become codes of 4 bits for lanes, which are slow at looking up points
/// @param columns as stored: a tensor with changed columns stays packed
PackedFormat packedFormatOf(const core::quant::QuantizedTensor& tensor,
                            vk::KernelFamily family = vk::KernelFamily::Workgroups,
                            core::quant::Columns columns = core::quant::Columns::OfTheWeight);

/// The constants of a kernel that reads weights, completed by those of their layout.
vk::Specialization withLayout(vk::Specialization kernel, const PackedFormat& format);

/// Writes one tile of 32 rows in the device's layout. Rows and values beyond the tensor become zeros.
/// @param out tileWords() words
void packTile(const core::quant::QuantizedTensor& tensor, const PackedFormat& format, std::uint32_t tile,
              std::span<std::uint32_t> out);

}  // namespace gpu
