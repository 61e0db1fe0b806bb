#pragma once
#include <algorithm>
#include <vector>

#include "core/train/ops/experts.h"

namespace core::train::ops {

/// Some rows of a weight as a weight of their own: one expert's of a stack, or its part of a vector.
class PartOfWeight final : public WeightSource {
 public:
  /// @param firstRow, first  what the part begins at: a row, and a value of each row  @param width of a row of the
  /// whole
  PartOfWeight(const WeightSource& whole, std::uint64_t firstRow, std::uint64_t first, std::uint64_t width)
      : m_whole(whole), m_firstRow(firstRow), m_first(first), m_width(width) {}
  void rows(std::uint64_t firstRow, std::span<float> values) const override {
    if (m_first == 0 && m_width == 0) return m_whole.rows(m_firstRow + firstRow, values);
    std::vector<float> row(m_width);
    m_whole.rows(0, row);
    std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(m_first), values.size(), values.begin());
  }

 private:
  const WeightSource& m_whole;
  std::uint64_t m_firstRow, m_first, m_width;  ///< a width of 0: whole rows
};

/// The tokens that go through one expert, and which of their slots it is: rows that are computed together.
template <typename Real>
class ExpertRows {
 public:
  ExpertRows(std::size_t expert, const Batch& batch) : m_expert(expert), m_whole(batch) {}

  void use(std::size_t token, std::size_t slot) {
    m_uses.push_back({token, slot});
    m_along.push_back(m_whole.along[token / m_whole.length]);
  }
  std::size_t expert() const { return m_expert; }
  std::size_t count() const { return m_uses.size(); }
  /// A row is a sequence of its own: each has its α.
  Batch batch() const { return {count(), 1, m_along}; }

  /// @param whole [experts · rows, width]  @return valid as long as this and the whole are
  PassWeight weightOf(const PassWeight& whole, std::size_t rows) const {
    return partOf(whole, rows, whole.width, [&](const WeightSource& source) {
      return std::make_shared<PartOfWeight>(source, m_expert * rows, 0, 0);
    });
  }
  /// @param whole one row of experts · rows values
  PassWeight vectorOf(const PassWeight& whole, std::size_t rows) const {
    return partOf(whole, 1, rows, [&](const WeightSource& source) {
      return std::make_shared<PartOfWeight>(source, 0, m_expert * rows, whole.width);
    });
  }

  /// Until the next call: the rows [count, width] of values whose tokens are rowWidth and whose slots are slotStride
  /// apart.
  const Real* gather(const Real* values, std::size_t rowWidth, std::size_t slotStride, std::size_t width) {
    m_rows.resize(count() * width);
    for (std::size_t i = 0; i < count(); ++i)
      std::copy_n(values + m_uses[i].token * rowWidth + m_uses[i].slot * slotStride, width, m_rows.data() + i * width);
    return m_rows.data();
  }
  /// The other way.
  void scatter(const Real* rows, std::size_t width, Real* values, std::size_t rowWidth, std::size_t slotStride) const {
    for (std::size_t i = 0; i < count(); ++i)
      std::copy_n(rows + i * width, width, values + m_uses[i].token * rowWidth + m_uses[i].slot * slotStride);
  }
  void add(const Real* rows, std::size_t width, Real* values, std::size_t rowWidth, std::size_t slotStride) const {
    for (std::size_t i = 0; i < count(); ++i) {
      Real* const to = values + m_uses[i].token * rowWidth + m_uses[i].slot * slotStride;
      for (std::size_t k = 0; k < width; ++k) to[k] += rows[i * width + k];
    }
  }

 private:
  struct Use {
    std::size_t token, slot;
  };
  template <typename Make>
  PassWeight partOf(const PassWeight& whole, std::size_t rows, std::size_t width, const Make& make) const {
    PassWeight part;
    part.name = whole.name;
    part.rows = rows;
    part.width = width;
    part.base = make(*whole.base);
    if (whole.target) part.target = make(*whole.target);
    return part;
  }

  std::size_t m_expert;
  const Batch& m_whole;
  std::vector<Use> m_uses;
  std::vector<double> m_along;
  std::vector<Real> m_rows;
};

/// Calls visit(rows) for every expert that a token goes through, in their order.
template <typename Real, typename Visit>
void forEachExpert(const ExpertShape& shape, const Batch& batch, const Real* routes, const Visit& visit) {
  std::vector<ExpertRows<Real>> all;
  for (std::size_t expert = 0; expert < shape.experts; ++expert) all.emplace_back(expert, batch);
  for (std::size_t t = 0; t < batch.rows(); ++t)
    for (std::size_t k = 0; k < shape.used; ++k)
      all[static_cast<std::size_t>(routes[t * 2 * shape.used + k])].use(t, k);
  for (ExpertRows<Real>& rows : all)
    if (rows.count() != 0) visit(rows);
}

}  // namespace core::train::ops
