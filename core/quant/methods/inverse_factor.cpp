#include "core/quant/methods/inverse_factor.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>

#include "core/base/parallel.h"

namespace core::quant {

namespace {

constexpr std::size_t kBlock = kStrip * kStrip;
using Block = std::array<double, kBlock>;
/// Small enough for Eigen to divide them the same way whatever caches it finds.
using Square = Eigen::Matrix<double, static_cast<int>(kStrip), static_cast<int>(kStrip), Eigen::RowMajor>;

/// The lower triangle L of a matrix of whole strips, as strips of its rows: strip i holds L[32 i + r][k] at [k][r].
class Cholesky {
 public:
  explicit Cholesky(const SymmetricMatrix& matrix)
      : m_strips(stripCount(matrix.order.size())), m_values(m_strips * m_strips * kBlock), m_inverses(m_strips) {
    const std::size_t n = matrix.order.size(), padding = rows() - n;
    parallelFor(m_strips, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first * kStrip; i < last * kStrip; ++i) {
        if (i < padding) {
          *at(i, i) = 1.0;
          continue;
        }
        const std::size_t row = n - 1 - (i - padding);
        *at(i, i) = matrix.diagonal[matrix.order[row]];
        const float* const values = matrix.values.data() + matrix.order[row] * n;
        for (std::size_t k = padding; k < i; ++k)
          *at(i, k) = static_cast<double>(values[matrix.order[n - 1 - (k - padding)]]);
      }
    });
  }

  /// Column of blocks by column of blocks. @return false when there is no such triangle
  bool factor(const JobContext& job) {
    for (std::size_t j = 0; j < m_strips; ++j) {
      job.throwIfCancelled();
      forStrips(j, [&](std::size_t i) { subtractKnown(i, j); });
      if (!factorDiagonal(j)) return false;
      forStrips(j + 1, [&](std::size_t i) { divideByDiagonal(i, j); });
    }
    return true;
  }

  /// Column strip j of L⁻¹: [row][32], all rows. Rows above the diagonal are zeros.
  std::vector<double> inverseStrip(std::size_t j) const {
    std::vector<double> inverse(rows() * kStrip);
    for (std::size_t r = 0; r < kStrip; ++r)
      for (std::size_t c = 0; c <= r; ++c) inverse[(j * kStrip + r) * kStrip + c] = m_inverses[j][c * kStrip + r];
    for (std::size_t i = j + 1; i < m_strips; ++i) {
      Block sum, block;
      stripProduct(blockOf(i, j), inverse.data() + j * kBlock, (i - j) * kStrip, sum.data());
      stripProduct(m_inverses[i].data(), sum.data(), kStrip, block.data());
      std::transform(block.begin(), block.end(), inverse.begin() + static_cast<std::ptrdiff_t>(i * kBlock),
                     [](double x) { return -x; });
    }
    return inverse;
  }

  std::size_t strips() const { return m_strips; }
  std::size_t rows() const { return m_strips * kStrip; }

 private:
  template <class Visit>
  void forStrips(std::size_t from, const Visit& visit) {
    parallelFor(m_strips - from, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) visit(from + i);
    });
  }
  double* at(std::size_t row, std::size_t column) {
    return m_values.data() + (row / kStrip * rows() + column) * kStrip + row % kStrip;
  }
  /// The block of rows 32 i … and columns 32 j …, transposed; the columns after it follow it.
  double* blockOf(std::size_t i, std::size_t j) { return m_values.data() + (i * m_strips + j) * kBlock; }
  const double* blockOf(std::size_t i, std::size_t j) const { return m_values.data() + (i * m_strips + j) * kBlock; }

  void subtractKnown(std::size_t i, std::size_t j) {
    Block known;
    stripProduct(blockOf(j, 0), blockOf(i, 0), j * kStrip, known.data());
    double* const block = blockOf(i, j);
    for (std::size_t k = 0; k < kBlock; ++k) block[k] -= known[k];
  }
  bool factorDiagonal(std::size_t j) {
    Eigen::Map<Square> block(blockOf(j, j));  // transposed: its upper triangle is the lower one that is known
    const Eigen::LLT<Square> factored(block.transpose());
    if (factored.info() != Eigen::Success) return false;
    const Square lower = factored.matrixL();
    block = lower.transpose();
    Eigen::Map<Square>(m_inverses[j].data()) =
        Square(lower.triangularView<Eigen::Lower>().solve(Square::Identity())).transpose();
    return true;
  }
  void divideByDiagonal(std::size_t i, std::size_t j) {
    Block divided;
    stripProduct(m_inverses[j].data(), blockOf(i, j), kStrip, divided.data());
    std::copy(divided.begin(), divided.end(), blockOf(i, j));
  }

  std::size_t m_strips;
  std::vector<double> m_values;   ///< [strip][column][32]
  std::vector<Block> m_inverses;  ///< of the blocks on the diagonal of L, transposed
};

}  // namespace

std::optional<InverseFactor> InverseFactor::of(const SymmetricMatrix& matrix, const JobContext& job) {
  Cholesky cholesky(matrix);
  if (!cholesky.factor(job)) return std::nullopt;
  InverseFactor result;
  const std::size_t rows = cholesky.rows(), strips = cholesky.strips();
  result.m_rows = rows;
  result.m_strips.resize(rows * rows);
  parallelFor(strips, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; ++j) {
      job.throwIfCancelled();
      const std::vector<double> inverse = cholesky.inverseStrip(j);
      float* const strip = result.m_strips.data() + (strips - 1 - j) * rows * kStrip;
      for (std::size_t k = 0; k < inverse.size(); ++k) strip[inverse.size() - 1 - k] = static_cast<float>(inverse[k]);
    }
  });
  return result;
}

}  // namespace core::quant
