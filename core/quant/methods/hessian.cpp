#include "core/quant/methods/hessian.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quant/methods/strip_product.h"

namespace core::quant {

namespace {

constexpr std::size_t kPanelRows = 128;
constexpr std::size_t kBlock = kStrip * kStrip;

/// Calls visit(i, j, index) for all pairs of strips i ≤ j, in parallel: `index` numbers them.
template <class Visit>
void forEachPair(std::size_t strips, const Visit& visit) {
  parallelFor(strips, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; ++j)
      for (std::size_t i = 0; i <= j; ++i) visit(i, j, j * (j + 1) / 2 + i);
  });
}

}  // namespace

HessianSum::HessianSum(std::size_t width) : m_width(width) {
  if (width == 0) throw Error(ErrorCode::InvalidArgument, "A Hessian needs inputs of at least one value.");
  const std::size_t strips = stripCount(width);
  m_panel.resize(strips * kPanelRows * kStrip);
  m_sums.resize(strips * (strips + 1) / 2 * kBlock);
}

void HessianSum::addRows(std::span<const float> rows) {
  if (rows.size() % m_width != 0)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Inputs of {} values cannot be {} values.", m_width, rows.size()));
  for (; !rows.empty(); rows = rows.subspan(m_width)) {
    for (std::size_t at = 0; at < m_width; at += kStrip)
      std::copy_n(rows.data() + at, std::min(kStrip, m_width - at),
                  m_panel.data() + at * kPanelRows + m_pending * kStrip);
    ++m_rows;
    if (++m_pending == kPanelRows) addPanel();
  }
}

void HessianSum::addPanel() {
  forEachPair(stripCount(m_width), [&](std::size_t i, std::size_t j, std::size_t index) {
    std::array<double, kBlock> product;
    stripProduct(m_panel.data() + i * kPanelRows * kStrip, m_panel.data() + j * kPanelRows * kStrip, m_pending,
                 product.data());
    double* const sums = m_sums.data() + index * kBlock;
    for (std::size_t k = 0; k < kBlock; ++k) sums[k] += product[k];
  });
  m_pending = 0;
}

std::vector<float> HessianSum::mean() const {
  std::vector<float> result(m_width * m_width);
  const double count = static_cast<double>(std::max<std::uint64_t>(1, m_rows));
  forEachPair(stripCount(m_width), [&](std::size_t i, std::size_t j, std::size_t index) {
    std::array<double, kBlock> pending;
    stripProduct(m_panel.data() + i * kPanelRows * kStrip, m_panel.data() + j * kPanelRows * kStrip, m_pending,
                 pending.data());
    const double* const sums = m_sums.data() + index * kBlock;
    const std::size_t rows = std::min(kStrip, m_width - i * kStrip), columns = std::min(kStrip, m_width - j * kStrip);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t k = r * kStrip + c, row = i * kStrip + r, column = j * kStrip + c;
        const auto value = static_cast<float>((sums[k] + pending[k]) / count);
        result[row * m_width + column] = value;
        result[column * m_width + row] = value;
      }
    }
  });
  return result;
}

}  // namespace core::quant
