#include "core/model/ops/multiply_codes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/coded_row.h"
#include "core/model/ops/code_kernels.h"
#include "core/model/ops/multiply_blocks.h"
#include "core/numeric/half.h"
#include "core/quant/bit_stream.h"

namespace core::model::ops {

namespace {

using quant::QuantizedTensor;
using quant::Uniform;

constexpr std::size_t kTokens = CodeTile::kTokens;
constexpr std::size_t kFewTokens = 3;                    // up to here each token is multiplied for itself
constexpr std::size_t kApart = 64;                       // rows a power of two apart throw each other out of the cache
constexpr std::size_t kTaskCodeMultiplications = 65536;  // below this a thread costs more than it brings

std::vector<CodeRun> runsOf(const Uniform& codes, std::size_t width) {
  std::vector<CodeRun> runs;
  const std::size_t group = codes.grouping.size == 0 ? width : codes.grouping.size;
  for (std::size_t first = 0; first < width; first += group) {
    const std::size_t end = std::min(first + group, width);
    for (std::size_t at = first; at < end; at += kMostSummed)
      runs.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(std::min(kMostSummed, end - at))});
  }
  return runs;
}

/// Codes of the inputs as the kernels want them.
struct Inputs {
  const float* rows;
  CodedRow layout;
  std::size_t tokens;
  std::span<const CodeRun> runs;

  const float* row(std::size_t t) const { return rows + t * layout.words(); }
  std::int32_t word(std::size_t t, std::size_t at) const { return std::bit_cast<std::int32_t>(row(t)[at]); }
  const std::int8_t* codes(std::size_t t) const {
    return reinterpret_cast<const std::int8_t*>(row(t) + layout.codes());
  }
  std::int32_t sum(std::size_t t, std::size_t run) const {
    const auto* sums = reinterpret_cast<const std::uint8_t*>(row(t) + layout.sums());
    std::int32_t total = 0;
    for (std::size_t i = runs[run].first / 8; i < (runs[run].first + runs[run].count + 7) / 8; ++i) {
      std::int16_t eight;
      std::memcpy(&eight, sums + 2 * i, sizeof(eight));
      total += eight;
    }
    return total;
  }
};

/// Where the scales of a row and its columns are: a division of each would take longer than the products.
struct RowGroups {
  std::size_t ofRow = 0, size = 0;

  RowGroups(const quant::Grouping& grouping, std::size_t width)
      : ofRow(grouping.granularity == quant::Granularity::Tensor ? 0 : quant::groupsPerRow(grouping, width)),
        size(grouping.size == 0 ? width : grouping.size) {}
  std::size_t of(std::size_t row, std::size_t column) const { return row * ofRow + column / size; }
};

/// The code of 0 where it is the same in all groups.
std::optional<std::int32_t> constantZero(const Uniform& codes) {
  return codes.zeroPoints.empty() ? std::optional(-codes.qmin) : std::nullopt;
}

/// Sixteen tokens side by side.
struct TokenBlock {
  std::vector<std::uint32_t> codes;  ///< [words][kTokens]
  std::vector<std::int32_t> sums, zeros;
  std::vector<std::int32_t> zeroSums;  ///< empty where groups differ

  TokenBlock(const Inputs& inputs, std::size_t first, std::optional<std::int32_t> zero)
      : codes(inputs.layout.units * std::size_t{CodedRow::kCodeWords} * kTokens, 0),
        sums(inputs.runs.size() * kTokens, 0),
        zeros(kTokens, 0) {
    for (std::size_t t = 0; t < std::min(kTokens, inputs.tokens - first); ++t) {
      const float* row = inputs.row(first + t) + inputs.layout.codes();
      for (std::size_t word = 0; word < codes.size() / kTokens; ++word)
        codes[word * kTokens + t] = std::bit_cast<std::uint32_t>(row[word]);
      for (std::size_t run = 0; run < inputs.runs.size(); ++run) sums[run * kTokens + t] = inputs.sum(first + t, run);
      zeros[t] = inputs.word(first + t, 1);
    }
    for (std::size_t i = 0; i < sums.size() && zero; ++i) zeroSums.push_back(*zero * sums[i]);
  }
};

/// A few tokens as rows of packed codes of 4 or 8 bits meet them: each for itself, the weights as they lie.
class SingleTokens {
 public:
  static bool fit(const QuantizedTensor& weight) {
    const Uniform& codes = *weight.as<Uniform>();
    const std::size_t run = codes.grouping.size == 0 ? weight.rowValues() : codes.grouping.size;
    return (codes.bits == 4 || codes.bits == 8) && weight.rowValues() % CodeRow::kPiece == 0 &&
           run % CodeRow::kPiece == 0 && run <= kMostSummed;
  }

  /// @pre fit(weight)
  SingleTokens(const QuantizedTensor& weight, const Inputs& inputs)
      : m_weight(weight),
        m_uniform(*weight.as<Uniform>()),
        m_groups(m_uniform.grouping, weight.rowValues()),
        m_runs(inputs.runs.size()) {
    const std::size_t width = weight.rowValues();
    m_stride = (width + CodeRow::kBlock - 1) / CodeRow::kBlock * CodeRow::kBlock;
    m_inputs.resize(inputs.tokens * m_stride, 0);
    for (std::size_t t = 0; t < inputs.tokens; ++t) {
      arrange(inputs.codes(t), width, m_inputs.data() + t * m_stride);
      for (std::size_t run = 0; run < m_runs; ++run) m_sums.push_back(inputs.sum(t, run));
    }
    const auto zero = constantZero(m_uniform);
    for (std::size_t i = 0; i < m_sums.size() && zero; ++i) m_zeroSums.push_back(*zero * m_sums[i]);
  }

  /// Row `row` of the weight times token t. @param scratch for the runs' zeros
  float multiply(std::size_t row, std::size_t t, std::vector<std::int32_t>& scratch) const {
    const std::size_t width = m_weight.rowValues();
    const std::size_t group = m_groups.of(row, 0);
    CodeRow codes;
    codes.weights = reinterpret_cast<const std::uint8_t*>(m_weight.payload.data()) + row * width * m_uniform.bits / 8;
    codes.inputs = m_inputs.data() + t * m_stride;
    codes.pieces = width / CodeRow::kPiece;
    codes.piecesOfRun = m_groups.size / CodeRow::kPiece;
    codes.scales = m_uniform.scales.data() + group;
    codes.zeroSums = m_zeroSums.data() + t * m_runs;
    if (m_zeroSums.empty()) {
      scratch.resize(m_runs);
      for (std::size_t run = 0; run < m_runs; ++run)
        scratch[run] =
            (static_cast<std::int32_t>(m_uniform.zeroPoints[group + run]) - m_uniform.qmin) * m_sums[t * m_runs + run];
      codes.zeroSums = scratch.data();
    }
    return m_uniform.bits == 4 ? codeKernels().multiplyNibbles(codes) : codeKernels().multiplyBytes(codes);
  }

 private:
  void arrange(const std::int8_t* codes, std::size_t width, std::int8_t* out) const {
    if (m_uniform.bits == 8) {
      std::memcpy(out, codes, width);
      return;
    }
    constexpr std::size_t kBlock = CodeRow::kBlock;
    for (std::size_t i = 0; i < width; ++i) out[i / kBlock * kBlock + i % 2 * (kBlock / 2) + i % kBlock / 2] = codes[i];
  }

  const QuantizedTensor& m_weight;
  const Uniform& m_uniform;
  RowGroups m_groups;
  std::size_t m_runs, m_stride = 0;
  std::vector<std::int8_t> m_inputs;             ///< [tokens][m_stride]
  std::vector<std::int32_t> m_sums, m_zeroSums;  ///< [tokens][runs]; the latter empty where groups differ
};

/// The columns that are multiplied as floats, and their inputs in FP16.
struct Outliers {
  std::vector<std::uint32_t> columns;
  std::vector<float> inputs;  ///< [blocks of kTokens][columns][kTokens], 0 behind the last token

  Outliers(const Inputs& coded, const float* floats, std::size_t width) {
    if (floats == nullptr) return;
    for (std::uint32_t c = 0; c < width; ++c) {
      const std::int32_t mask = coded.word(0, coded.layout.masks() + c / CodedRow::kUnit);
      if ((static_cast<std::uint32_t>(mask) >> (c % CodedRow::kUnit) & 1U) != 0) columns.push_back(c);
    }
    inputs.assign((coded.tokens + kTokens - 1) / kTokens * kTokens * columns.size(), 0.0F);
    for (std::size_t t = 0; t < coded.tokens; ++t)
      for (std::size_t i = 0; i < columns.size(); ++i)
        inputs[(t / kTokens * columns.size() + i) * kTokens + t % kTokens] =
            numeric::halfToFloat(numeric::floatToHalf(floats[t * width + columns[i]]));
  }
};

/// A few rows of the weight, unpacked.
class Rows {
 public:
  Rows(const QuantizedTensor& weight, std::span<const CodeRun> runs)
      : m_weight(weight),
        m_uniform(*weight.as<Uniform>()),
        m_groups(m_uniform.grouping, weight.rowValues()),
        m_runs(runs),
        m_packed(weight.payload, m_uniform.bits, weight.rowValues()),
        m_stride(CodedRow(static_cast<std::uint32_t>(weight.rowValues())).units * std::size_t{CodedRow::kUnit} +
                 kApart),
        m_codes(CodeTile::kMostRows * m_stride, 0),
        m_scales(CodeTile::kMostRows * runs.size()),
        m_zeros(m_scales.size()),
        m_sums(m_scales.size()) {}

  /// @param needsSums whether an input's zero-point is not 0
  void load(std::size_t first, std::size_t count, bool needsSums) {
    static const std::vector<std::int8_t> ones(kMostSummed, 1);
    m_first = first;
    m_count = count;
    m_needsSums = needsSums;
    for (std::size_t r = 0; r < count; ++r) {
      std::memcpy(m_codes.data() + r * m_stride, m_packed.at(first + r), m_weight.rowValues());
      // The runs of a group lie side by side; there are several only of the longest.
      std::size_t group = m_groups.of(first + r, 0), end = m_groups.size;
      for (std::size_t run = 0; run < m_runs.size(); ++run) {
        if (m_runs[run].first >= end) {
          ++group;
          end += m_groups.size;
        }
        const std::size_t at = r * m_runs.size() + run;
        m_scales[at] = m_uniform.scales[group];
        m_zeros[at] = zeroOf(group);
        if (!needsSums) continue;
        const auto count32 = static_cast<std::int32_t>(m_runs[run].count);
        m_sums[at] =
            codeKernels().dot(m_codes.data() + r * m_stride + m_runs[run].first, ones.data(), m_runs[run].count) -
            count32 * m_zeros[at];
      }
    }
  }

  CodeTile tile(const TokenBlock& block, float* out) const {
    return {.runs = m_runs,
            .weights = m_codes.data(),
            .weightStride = m_stride,
            .rows = m_count,
            .scales = m_scales.data(),
            .weightZeros = m_zeros.data(),
            .zeroSums = block.zeroSums.empty() ? nullptr : block.zeroSums.data(),
            .weightSums = m_sums.data(),
            .inputs = block.codes.data(),
            .inputSums = block.sums.data(),
            .inputZeros = m_needsSums ? block.zeros.data() : nullptr,
            .out = out};
  }

  /// A row times one token.
  float multiply(std::size_t r, const Inputs& inputs, std::size_t t) const {
    float chain[kChains] = {};
    for (std::size_t run = 0; run < m_runs.size(); ++run) {
      const CodeRun columns = m_runs[run];
      const std::size_t at = r * m_runs.size() + run;
      const std::int32_t sum = codeKernels().dot(m_codes.data() + r * m_stride + columns.first,
                                                 inputs.codes(t) + columns.first, columns.count);
      const std::int32_t exact = sum - m_zeros[at] * inputs.sum(t, run) - inputs.word(t, 1) * m_sums[at];
      chain[run % kChains] += static_cast<float>(exact) * m_scales[at];
    }
    return sumOfChains(chain);
  }

  /// The outlier columns of all rows, decoded: [rows, columns].
  std::vector<float> decode(std::span<const std::uint32_t> columns) const {
    std::vector<float> weights;
    weights.reserve(m_count * columns.size());
    for (std::size_t r = 0; r < m_count; ++r) {
      for (const std::uint32_t c : columns) {
        const std::size_t group = m_groups.of(m_first + r, c);
        const std::int32_t level = m_codes[r * m_stride + c] - zeroOf(group);
        weights.push_back(m_uniform.scales[group] * static_cast<float>(level) * m_weight.factor);
      }
    }
    return weights;
  }

 private:
  std::int32_t zeroOf(std::size_t group) const {
    const float zero = m_uniform.zeroPoints.empty() ? 0.0F : m_uniform.zeroPoints[group];
    return static_cast<std::int32_t>(zero) - m_uniform.qmin;
  }

  const QuantizedTensor& m_weight;
  const Uniform& m_uniform;
  RowGroups m_groups;
  std::span<const CodeRun> m_runs;
  quant::CodeRows m_packed;
  std::size_t m_stride, m_first = 0, m_count = 0;
  bool m_needsSums = false;
  std::vector<std::uint8_t> m_codes;
  std::vector<float> m_scales;
  std::vector<std::int32_t> m_zeros, m_sums;
};

class Product {
 public:
  Product(const QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias, const float* in,
          const float* floats, std::size_t tokens, float* out)
      : m_weight(weight),
        m_first(rows.first),
        m_rows(rows.count),
        m_bias(bias),
        m_runs(runsOf(*weight.as<Uniform>(), weight.rowValues())),
        m_inputs{in, CodedRow(static_cast<std::uint32_t>(weight.rowValues())), tokens, m_runs},
        m_outliers(m_inputs, floats, weight.rowValues()),
        m_out(out) {
    for (std::size_t t = 0; t < tokens; ++t) m_needsSums = m_needsSums || m_inputs.word(t, 1) != 0;
    if (tokens <= kFewTokens && !m_needsSums && m_outliers.columns.empty() && SingleTokens::fit(weight))
      m_single.emplace(weight, m_inputs);
    const auto zero = constantZero(*weight.as<Uniform>());
    for (std::size_t t = 0; t < tokens && tokens > kFewTokens; t += kTokens) m_blocks.emplace_back(m_inputs, t, zero);
  }

  void run() const {
    if (m_single) return runSingle();
    constexpr std::size_t kRows = CodeTile::kMostRows;
    const std::size_t work = std::max<std::size_t>(m_weight.rowValues() * m_inputs.tokens, 1);
    // Whole blocks of rows: single ones take longer.
    const std::size_t blocks = (m_rows + kRows - 1) / kRows;
    parallelFor(blocks, kTaskCodeMultiplications / kRows / work + 1, [&](std::size_t first, std::size_t last) {
      Rows rows(m_weight, m_runs);
      for (std::size_t row = first * kRows; row < std::min(last * kRows, m_rows); row += kRows) {
        const std::size_t count = std::min(kRows, m_rows - row);
        rows.load(m_first + row, count, m_needsSums);
        multiply(rows, row, count);
      }
    });
  }

 private:
  void runSingle() const {
    const std::size_t grain = kTaskCodeMultiplications / std::max<std::size_t>(m_weight.rowValues(), 1) + 1;
    parallelFor(m_rows, grain, [&](std::size_t first, std::size_t last) {
      std::vector<std::int32_t> scratch;
      for (std::size_t t = 0; t < m_inputs.tokens; ++t) {
        for (std::size_t row = first; row < last; ++row)
          result(t, row) = scaled(m_single->multiply(m_first + row, t, scratch), t);
        finish(t, first, last - first);
      }
    });
  }

  void multiply(const Rows& rows, std::size_t row, std::size_t count) const {
    for (std::size_t block = 0; block < m_blocks.size(); ++block) {
      float sums[CodeTile::kMostRows * kTokens];
      codeKernels().multiply(rows.tile(m_blocks[block], sums));
      for (std::size_t t = 0; t < std::min(kTokens, m_inputs.tokens - block * kTokens); ++t)
        for (std::size_t r = 0; r < count; ++r)
          result(block * kTokens + t, row + r) = scaled(sums[r * kTokens + t], block * kTokens + t);
    }
    for (std::size_t t = 0; t < m_inputs.tokens && m_blocks.empty(); ++t)
      for (std::size_t r = 0; r < count; ++r) result(t, row + r) = scaled(rows.multiply(r, m_inputs, t), t);
    addOutliers(rows, row, count);
    for (std::size_t t = 0; t < m_inputs.tokens; ++t) finish(t, row, count);
  }

  void finish(std::size_t t, std::size_t row, std::size_t count) const {
    for (std::size_t r = 0; r < count && !m_bias.empty(); ++r) result(t, row + r) += m_bias[row + r];
    quant::roundTo(m_weight.compute(), {&result(t, row), count});
  }

  float& result(std::size_t token, std::size_t row) const { return m_out[token * m_rows + row]; }
  float scaled(float sum, std::size_t token) const { return sum * m_weight.factor * m_inputs.row(token)[0]; }

  void addOutliers(const Rows& rows, std::size_t row, std::size_t count) const {
    const std::size_t columns = m_outliers.columns.size();
    if (columns == 0) return;
    const std::vector<float> weights = rows.decode(m_outliers.columns);
    for (std::size_t first = 0; first < m_inputs.tokens; first += kTokens) {
      float sums[CodeTile::kMostRows * kTokens];
      codeKernels().multiplyFloats({weights.data(), m_outliers.inputs.data() + first * columns, count, columns, sums});
      for (std::size_t t = 0; t < std::min(kTokens, m_inputs.tokens - first); ++t)
        for (std::size_t r = 0; r < count; ++r) result(first + t, row + r) += sums[r * kTokens + t];
    }
  }

  const QuantizedTensor& m_weight;
  std::size_t m_first, m_rows;  ///< of the weight
  std::span<const float> m_bias;
  std::vector<CodeRun> m_runs;
  Inputs m_inputs;
  Outliers m_outliers;
  bool m_needsSums = false;
  std::optional<SingleTokens> m_single;
  std::vector<TokenBlock> m_blocks;
  float* m_out;
};

}  // namespace

void multiplyCodes(const QuantizedTensor& weight, std::span<const float> bias, const float* in, const float* floats,
                   std::size_t tokens, float* out) {
  multiplyCodesRows(weight, {0, weight.rows()}, bias, in, floats, tokens, out);
}

void multiplyCodesRows(const QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias,
                       const float* in, const float* floats, std::size_t tokens, float* out) {
  if (weight.dtype()) return multiplyBlocksRows(weight, rows, bias, in, tokens, out);
  Product(weight, rows, bias, in, floats, tokens, out).run();
}

}  // namespace core::model::ops
