#include "core/tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/checked_math.h"

namespace core::tensor {

bool Shape::isEmpty() const { return std::find(m_extents.begin(), m_extents.end(), 0U) != m_extents.end(); }

std::optional<std::uint64_t> Shape::checkedCount() const {
  if (isEmpty()) return 0;
  std::uint64_t product = 1;
  for (const std::uint64_t extent : m_extents) {
    const auto next = checkedMul(product, extent);
    if (!next) return std::nullopt;
    product = *next;
  }
  return product;
}

std::uint64_t Shape::count() const {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : m_extents) product *= extent;
  return product;
}

std::uint64_t Shape::rows() const {
  if (isEmpty()) return 0;
  std::uint64_t product = 1;
  for (std::size_t axis = 0; axis + 1 < m_extents.size(); ++axis) product *= m_extents[axis];
  return product;
}

std::string Shape::toString() const { return fmt::format("[{}]", fmt::join(m_extents, ", ")); }

std::optional<std::uint64_t> storageBytes(DType dtype, const Shape& shape) {
  const DTypeInfo& layout = info(dtype);
  const auto values = shape.checkedCount();
  if (layout.blockBytes == 0 || !values || shape.rowValues() % layout.blockValues != 0) return std::nullopt;
  return checkedMul<std::uint64_t>(*values / layout.blockValues, layout.blockBytes);
}

}  // namespace core::tensor
