#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/quant/grouping.h"
#include "core/quant/scale_type.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// How codes lie in the payload.
enum class Packing : std::uint8_t {
  Rows,             ///< LSB-first bit stream per row, each row padded to a whole byte
  NibblesHighFirst  ///< 4-bit codes of the flattened tensor, even element in the high nibble (bitsandbytes)
};

/// Double quantization of bitsandbytes:
/// absmax[k] = dynamicMap[codes[k]] · absmax[k / kNestedBlock] + offset.
struct NestedScales {
  std::vector<std::uint8_t> codes;
  std::vector<float> absmax;
  float offset = 0.0F;

  /// What absmax k decodes to.
  float scale(std::uint64_t k) const;
};

/// Values that share one absmax of the absmax values under double quantization.
constexpr std::uint32_t kNestedBlock = 256;

/// Layout of a QuantizedTensor: indices into one table of values that is a constant of the format, under a scale.
///
///   value = levels[u] · scale(g)      in float32; g = groupOf(grouping, …)
struct CodeBook {
  std::uint32_t bits = 4;  ///< 2 … 8
  Packing packing = Packing::Rows;
  Grouping grouping;
  std::vector<float> levels;  ///< 2^bits values in code order
  ScaleType scaleType = ScaleType::Fp32;
  std::vector<float> scales;           ///< absmax of bitsandbytes; decoded where it is stored in another way
  float tensorFactor = 1.0F;           ///< ScaleType::E4M3: what the FP8 scales are divided by
  std::optional<NestedScales> nested;  ///< instead of `scales`, which is empty: in memory as in the file

  float scale(std::uint64_t group) const { return nested ? nested->scale(group) : scales[group]; }
  /// Of every group.
  std::vector<float> decodedScales() const;
};

/// Decodes rows [firstRow, firstRow + rowCount) into out.
void decodeRows(const CodeBook& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out);
/// Scales as they would be stored; code books are constants of the format and not counted.
std::uint64_t sideBytes(const CodeBook& codes);

/// Layout of a QuantizedTensor: indices into a table that was learned from the values that share it (k-means).
/// Payload: LSB-first bit stream per row, each row padded to a whole byte.
///
///   value = levels[g · 2^bits + u]
struct LearnedCodeBooks {
  std::uint32_t bits = 4;  ///< 2 … 4
  Grouping grouping;
  ScaleType levelType = ScaleType::Fp16;  ///< Fp32, Fp16 or Bf16
  std::vector<float> levels;              ///< ascending within a group, as they are stored
};

void decodeRows(const LearnedCodeBooks& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out);
/// The code books.
std::uint64_t sideBytes(const LearnedCodeBooks& codes);

}  // namespace core::quant
