#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/dtype.h"

namespace core::tensor {

/// Row-major extents, outermost first, as in NumPy and PyTorch: [out, in] for a linear layer. A scalar has no extents.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::uint64_t> extents) : m_extents(extents) {}
  explicit Shape(std::vector<std::uint64_t> extents) : m_extents(std::move(extents)) {}

  std::size_t rank() const { return m_extents.size(); }
  std::uint64_t operator[](std::size_t axis) const { return m_extents[axis]; }
  const std::vector<std::uint64_t>& extents() const { return m_extents; }
  /// Whether an extent is 0: there are no values then, however large the other extents claim to be.
  bool isEmpty() const;
  /// Product of the extents (1 for a scalar), or nothing when it exceeds 2^64 − 1. Checked step by step.
  std::optional<std::uint64_t> checkedCount() const;
  /// As checkedCount for shapes already known to be valid.
  std::uint64_t count() const;
  /// Values per row: the innermost extent (1 for a scalar).
  std::uint64_t rowValues() const { return m_extents.empty() ? 1 : m_extents.back(); }
  /// Number of rows: product of all but the innermost extent; 0 when there are no values.
  std::uint64_t rows() const;
  /// "[2048, 256]"
  std::string toString() const;
  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::uint64_t> m_extents;
};

/// Bytes a tensor of this dtype and shape occupies; nothing when it overflows or a row is not whole blocks.
std::optional<std::uint64_t> storageBytes(DType dtype, const Shape& shape);

}  // namespace core::tensor
