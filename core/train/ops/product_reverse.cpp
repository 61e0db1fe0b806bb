#include <algorithm>

#include "core/base/parallel.h"
#include "core/train/ops/product.h"
#include "core/train/ops/products.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kPanelValues = 256 * 1024;  // of a weight at once: enough to be worth two parallel loops
constexpr std::size_t kLeastPanelRows = 32, kMostPanelRows = 256;
constexpr std::size_t kColumns = 64;     // of a task: with a panel's rows they stay in a cache next to the processor
constexpr std::size_t kStripRows = 128;  // of a panel, whose gradient one task forms
constexpr std::size_t kLeastReverseRows = 1024;  // tokens that one task goes back for
constexpr std::size_t kDecodedRows = 8;

std::size_t panelRows(const PassWeight& weight) {
  const std::size_t fitting = kPanelValues / std::max<std::size_t>(weight.width, 1);
  return std::min<std::size_t>(weight.rows, std::clamp(fitting, kLeastPanelRows, kMostPanelRows));
}

template <typename Real>
bool hasAny(const Real* gradient, std::size_t rows, std::size_t stride, std::size_t first, std::size_t count) {
  for (std::size_t t = 0; t < rows; ++t) {
    const Real* const at = gradient + t * stride + first;
    if (std::any_of(at, at + count, [](Real value) { return value != 0; })) return true;
  }
  return false;
}

template <typename Real>
class Reverse {
 public:
  Reverse(const PassWeight& weight, const MatrixReverse<Real>& wanted) : m_weight(weight), m_wanted(wanted) {}

  void panel(std::size_t first, std::size_t count) {
    m_first = first;
    m_count = count;
    const bool goesBack =
        m_wanted.inGradient != nullptr && hasAny(m_wanted.gradient, m_wanted.batch.rows(), m_weight.rows, first, count);
    const bool isFormed = m_wanted.visit && dependsOnPanel();
    if (!goesBack && !isFormed) return;
    m_panel.begin(m_weight, first, count);
    if (goesBack || m_panel.hasChange()) decode();
    if (isFormed) m_gradient.assign(count * m_weight.width, Real{0});
    const std::size_t chunks = (m_weight.width + kColumns - 1) / kColumns;
    const std::size_t partRows = m_wanted.batch.rows() / parts();
    const std::size_t shares = goesBack ? std::max<std::size_t>(1, partRows / kLeastReverseRows) : 0;
    const std::size_t strips = isFormed ? (count + kStripRows - 1) / kStripRows : 0;
    parallelFor(chunks * (shares + strips), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t task = begin; task < end; ++task) {
        const std::size_t column = task % chunks * kColumns, columns = std::min(kColumns, m_weight.width - column);
        const std::size_t share = task / chunks;
        if (share < shares)
          goBack(share * partRows / shares, (share + 1) * partRows / shares, column, columns);
        else
          form((share - shares) * kStripRows, column, columns);
      }
    });
    if (isFormed) m_wanted.visit(m_panel, m_gradient);
  }

 private:
  bool isHere(model::TokenId token) const {
    const auto row = static_cast<std::size_t>(token);
    return row >= m_first && row < m_first + m_count;
  }

  bool dependsOnPanel() const {
    for (const TableUse<Real>& table : m_wanted.tables)
      if (std::ranges::any_of(table.tokens, [&](model::TokenId token) { return isHere(token); })) return true;
    return std::ranges::any_of(m_wanted.uses, [&](const ProductUse<Real>& use) {
      return hasAny(use.gradient, use.rows, m_weight.rows, m_first, m_count);
    });
  }

  void decode() {
    parallelFor((m_count + kDecodedRows - 1) / kDecodedRows, 1, [&](std::size_t begin, std::size_t end) {
      const std::size_t row = begin * kDecodedRows;
      m_panel.readRows(row, std::min(end * kDecodedRows, m_count) - row);
    });
  }

  /// Without a line all sequences meet the same values.
  std::size_t parts() const { return m_weight.target ? m_wanted.batch.sequences : 1; }

  /// inGradient += gradient · weight, for rows [from, to) of every part and some columns.
  void goBack(std::size_t from, std::size_t to, std::size_t column, std::size_t columns) {
    thread_local std::vector<Real> scratch;
    const Batch& batch = m_wanted.batch;
    const std::size_t partRows = batch.rows() / parts();
    for (std::size_t part = 0; part < parts(); ++part) {
      std::size_t stride = 0;
      const Real* const rows = m_panel.at(batch.along[part], column, columns, scratch, stride);
      const std::size_t t = part * partRows + from;
      addProducts(m_wanted.gradient + t * m_weight.rows + m_first, {m_weight.rows, 1}, to - from, rows, stride, m_count,
                  columns, m_wanted.inGradient + t * m_weight.width + column, m_weight.width);
    }
  }

  /// Σ gradientᵀ · in over all uses, for a strip of the panel's rows and some columns.
  void form(std::size_t strip, std::size_t column, std::size_t columns) {
    const std::size_t rows = std::min(kStripRows, m_count - strip);
    Real* const out = m_gradient.data() + strip * m_weight.width + column;
    for (const ProductUse<Real>& use : m_wanted.uses)
      addProducts(use.gradient + m_first + strip, {1, m_weight.rows}, rows, use.in + column, m_weight.width, use.rows,
                  columns, out, m_weight.width);
    for (const TableUse<Real>& table : m_wanted.tables) {
      for (std::size_t t = 0; t < table.tokens.size(); ++t) {
        const auto token = static_cast<std::size_t>(table.tokens[t]);
        if (token < m_first + strip || token >= m_first + strip + rows) continue;
        Real* const row = out + (token - m_first - strip) * m_weight.width;
        const Real* const gradient = table.gradient + t * m_weight.width + column;
        for (std::size_t i = 0; i < columns; ++i) row[i] += gradient[i];
      }
    }
  }

  const PassWeight& m_weight;
  const MatrixReverse<Real>& m_wanted;
  std::size_t m_first = 0, m_count = 0;
  WeightPanel<Real> m_panel;
  std::vector<Real> m_gradient;
};

}  // namespace

template <typename Real>
void reverse(const PassWeight& weight, const MatrixReverse<Real>& wanted, const JobContext& job) {
  Reverse<Real> reverse(weight, wanted);
  const std::size_t rows = panelRows(weight);
  for (std::size_t first = 0; first < weight.rows; first += rows) {
    job.throwIfCancelled();
    reverse.panel(first, std::min<std::size_t>(rows, weight.rows - first));
  }
}

template void reverse(const PassWeight&, const MatrixReverse<float>&, const JobContext&);
template void reverse(const PassWeight&, const MatrixReverse<double>&, const JobContext&);

}  // namespace core::train::ops
