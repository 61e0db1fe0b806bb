#include "core/model/ops/multiply_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/coded_row.h"
#include "core/model/ops/block_kernels.h"

namespace core::model::ops {

namespace {

constexpr std::size_t kTileTokens = BlockTile::kTokens, kTileRows = BlockTile::kMostRows;
constexpr std::size_t kSingleTokens = 3;                  // up to here each token is multiplied for itself
constexpr std::size_t kStrideApart = 64;                  // rows a power of two apart throw each other out of the cache
constexpr std::size_t kTaskBlockMultiplications = 65536;  // below this a thread costs more than it brings
constexpr std::size_t kHalfPiece = 16;

/// Rows of codes as they come.
struct CodedInputRows {
  const float* rows;
  CodedRow layout;
  std::size_t tokens;

  const float* row(std::size_t t) const { return rows + t * layout.words(); }
  float scale(std::size_t t) const { return row(t)[0]; }
  std::int32_t zero(std::size_t t) const { return std::bit_cast<std::int32_t>(row(t)[1]); }
  const std::int8_t* codes(std::size_t t) const {
    return reinterpret_cast<const std::int8_t*>(row(t) + layout.codes());
  }
  /// Of `count` columns from `first` on, multiples of 8.
  std::int32_t sum(std::size_t t, std::size_t first, std::size_t count) const {
    const auto* sums = reinterpret_cast<const std::uint8_t*>(row(t) + layout.sums());
    std::int32_t total = 0;
    for (std::size_t i = first / 8; i < (first + count) / 8; ++i) {
      std::int16_t eight;
      std::memcpy(&eight, sums + 2 * i, sizeof(eight));
      total += eight;
    }
    return total;
  }
};

/// Sixteen tokens side by side.
struct BlockTokens {
  std::vector<std::uint32_t> codes;  ///< [words][kTileTokens]
  std::vector<std::uint32_t> sums;   ///< [pairs][kTileTokens]
  std::vector<std::int32_t> zeros;

  BlockTokens(const CodedInputRows& inputs, const BlockShape& shape, std::size_t blocks, std::size_t first)
      : codes(blocks * shape.values / 4 * kTileTokens, 0),
        sums(blocks * shape.pairs() * kTileTokens, 0),
        zeros(kTileTokens, 0) {
    for (std::size_t t = 0; t < std::min(kTileTokens, inputs.tokens - first); ++t) {
      const float* row = inputs.row(first + t) + inputs.layout.codes();
      for (std::size_t word = 0; word < codes.size() / kTileTokens; ++word)
        codes[word * kTileTokens + t] = std::bit_cast<std::uint32_t>(row[word]);
      zeros[t] = inputs.zero(first + t);
      for (std::size_t g = 0; g < blocks * shape.groups(); ++g) {
        const std::int32_t sum =
            inputs.sum(first + t, g * shape.group, shape.group) - zeros[t] * static_cast<std::int32_t>(shape.group);
        const std::size_t pair = g / shape.groups() * shape.pairs() + g % shape.groups() / 2;
        sums[pair * kTileTokens + t] |= (static_cast<std::uint32_t>(sum) & 0xFFFFU) << (g % shape.groups() % 2 * 16);
      }
    }
  }
};

class BlockProduct {
 public:
  BlockProduct(const quant::QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias, const float* in,
               std::size_t tokens, float* out)
      : m_weight(weight),
        m_kernel(blockKernels().of(*blockFormatOf(*weight.dtype()))),
        m_blocks(weight.rowValues() / m_kernel.shape.values),
        m_bytes(reinterpret_cast<const std::uint8_t*>(weight.payload.data()) + rows.first * rowBytes()),
        m_rows(rows.count),
        m_bias(bias),
        m_inputs{in, CodedRow(static_cast<std::uint32_t>(weight.rowValues())), tokens},
        m_out(out) {
    for (std::size_t t = 0; t < tokens; ++t) m_hasZeros = m_hasZeros || m_inputs.zero(t) != 0;
  }

  void run() {
    if (m_inputs.tokens <= kSingleTokens && !m_hasZeros) return runSingle();
    for (std::size_t t = 0; t < m_inputs.tokens; t += kTileTokens)
      m_tokens.emplace_back(m_inputs, m_kernel.shape, m_blocks, t);
    const std::size_t work = std::max<std::size_t>(m_weight.rowValues() * m_inputs.tokens, 1);
    // Whole tiles of rows: single ones take longer.
    const std::size_t tiles = (m_rows + kTileRows - 1) / kTileRows;
    parallelFor(tiles, kTaskBlockMultiplications / kTileRows / work + 1, [&](std::size_t first, std::size_t last) {
      UnpackedRows rows(m_kernel, m_blocks);
      for (std::size_t row = first * kTileRows; row < std::min(last * kTileRows, m_rows); row += kTileRows) {
        const std::size_t count = std::min(kTileRows, m_rows - row);
        rows.load(m_bytes + row * rowBytes(), rowBytes(), count, m_hasZeros);
        multiplyTile(rows, row, count);
      }
    });
  }

 private:
  /// A few rows of the weight.
  class UnpackedRows {
   public:
    UnpackedRows(const BlockKernel& kernel, std::size_t blocks)
        : m_kernel(kernel),
          m_blocks(blocks),
          m_stride(blocks * kernel.shape.values + kStrideApart),
          m_codes(kTileRows * m_stride),
          m_scales(kTileRows * blocks * kernel.shape.groups()),
          m_zeros(kTileRows * blocks * kernel.shape.pairs() * 2),
          m_minima(m_zeros.size()),
          m_factors(kTileRows * blocks),
          m_minimumFactors(m_factors.size()),
          m_codeSums(m_factors.size()) {}

    void load(const std::uint8_t* bytes, std::size_t rowBytes, std::size_t count, bool needsSums) {
      m_count = count;
      m_hasSums = needsSums;
      const std::size_t groups = m_blocks * m_kernel.shape.groups(), sides = m_blocks * m_kernel.shape.pairs() * 2;
      for (std::size_t r = 0; r < count; ++r) {
        m_kernel.unpack(
            bytes + r * rowBytes, m_blocks,
            {m_codes.data() + r * m_stride, m_scales.data() + r * groups, m_zeros.data() + r * sides,
             m_minima.data() + r * sides, m_factors.data() + r * m_blocks, m_minimumFactors.data() + r * m_blocks});
        for (std::size_t b = 0; b < m_blocks && needsSums; ++b) m_codeSums[r * m_blocks + b] = codeSum(r, b);
      }
    }

    BlockTile tile(const BlockTokens& tokens, float* out) const {
      return {.shape = m_kernel.shape,
              .rows = m_count,
              .blocks = m_blocks,
              .codes = m_codes.data(),
              .stride = m_stride,
              .scales = m_scales.data(),
              .zeros = m_zeros.data(),
              .minima = m_kernel.shape.hasMinima ? m_minima.data() : nullptr,
              .factors = m_factors.data(),
              .minimumFactors = m_minimumFactors.data(),
              .codeSums = m_codeSums.data(),
              .inputs = tokens.codes.data(),
              .inputSums = tokens.sums.data(),
              .inputZeros = m_hasSums ? tokens.zeros.data() : nullptr,
              .out = out};
    }

   private:
    std::int32_t codeSum(std::size_t r, std::size_t b) const {
      const BlockShape& shape = m_kernel.shape;
      std::int32_t total = 0;
      for (std::size_t g = 0; g < shape.groups(); ++g) {
        const std::uint8_t* codes = m_codes.data() + r * m_stride + b * shape.values + g * shape.group;
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < shape.group; ++i) sum += codes[i];
        total += sum * m_scales[(r * m_blocks + b) * shape.groups() + g];
      }
      return total;
    }

    const BlockKernel& m_kernel;
    std::size_t m_blocks, m_stride, m_count = 0;
    bool m_hasSums = false;
    std::vector<std::uint8_t> m_codes;
    std::vector<std::int32_t> m_scales;
    std::vector<std::int16_t> m_zeros, m_minima;
    std::vector<float> m_factors, m_minimumFactors;
    std::vector<std::int32_t> m_codeSums;
  };

  std::size_t rowBytes() const { return m_blocks * m_kernel.shape.bytes; }

  /// Σ code as BlockRow wants them, of all blocks of a token.
  std::vector<std::int16_t> sumsOf(std::size_t t) const {
    std::vector<std::int16_t> sums;
    if (m_kernel.shape.values == 2 * kHalfPiece) {
      for (std::size_t b = 0; b < m_blocks; ++b)
        sums.push_back(static_cast<std::int16_t>(m_inputs.sum(t, b * 2 * kHalfPiece, 2 * kHalfPiece)));
      return sums;
    }
    const std::size_t pieces = m_kernel.shape.values / (2 * kHalfPiece);
    for (std::size_t b = 0; b < m_blocks; ++b) {
      for (std::size_t half = 0; half < 2; ++half)
        for (std::size_t p = 0; p < pieces; ++p)
          sums.push_back(static_cast<std::int16_t>(
              m_inputs.sum(t, b * m_kernel.shape.values + (2 * p + half) * kHalfPiece, kHalfPiece)));
    }
    return sums;
  }

  void runSingle() const {
    std::vector<std::vector<std::int16_t>> sums;
    for (std::size_t t = 0; t < m_inputs.tokens; ++t) sums.push_back(sumsOf(t));
    const std::size_t grain = kTaskBlockMultiplications / std::max<std::size_t>(m_weight.rowValues(), 1) + 1;
    parallelFor(m_rows, grain, [&](std::size_t first, std::size_t last) {
      for (std::size_t t = 0; t < m_inputs.tokens; ++t) {
        BlockRow row{nullptr, m_inputs.codes(t), sums[t].data(), m_blocks};
        for (std::size_t r = first; r < last; ++r) {
          row.weights = m_bytes + r * rowBytes();
          result(t, r) = scaled(m_kernel.multiply(row), t);
        }
        finish(t, first, last - first);
      }
    });
  }

  void multiplyTile(const UnpackedRows& rows, std::size_t row, std::size_t count) const {
    for (std::size_t first = 0; first < m_inputs.tokens; first += kTileTokens) {
      float sums[kTileRows * kTileTokens];
      blockKernels().multiply(rows.tile(m_tokens[first / kTileTokens], sums));
      for (std::size_t t = 0; t < std::min(kTileTokens, m_inputs.tokens - first); ++t) {
        for (std::size_t r = 0; r < count; ++r)
          result(first + t, row + r) = scaled(sums[r * kTileTokens + t], first + t);
        finish(first + t, row, count);
      }
    }
  }

  void finish(std::size_t t, std::size_t row, std::size_t count) const {
    for (std::size_t r = 0; r < count && !m_bias.empty(); ++r) result(t, row + r) += m_bias[row + r];
    quant::roundTo(m_weight.compute(), {&result(t, row), count});
  }

  float& result(std::size_t token, std::size_t row) const { return m_out[token * m_rows + row]; }
  float scaled(float sum, std::size_t token) const { return sum * m_weight.factor * m_inputs.scale(token); }

  const quant::QuantizedTensor& m_weight;
  const BlockKernel& m_kernel;
  std::size_t m_blocks;
  const std::uint8_t* m_bytes;  ///< of the first row
  std::size_t m_rows;
  std::span<const float> m_bias;
  CodedInputRows m_inputs;
  bool m_hasZeros = false;
  std::vector<BlockTokens> m_tokens;
  float* m_out;
};

}  // namespace

void multiplyBlocksRows(const quant::QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias,
                        const float* in, std::size_t tokens, float* out) {
  BlockProduct(weight, rows, bias, in, tokens, out).run();
}

}  // namespace core::model::ops
