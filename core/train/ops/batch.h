#pragma once
#include <cstddef>
#include <span>

namespace core::train::ops {

/// The rows of a value: those of each sequence together, one sequence after the other.
struct Batch {
  std::size_t sequences = 1;
  std::size_t length = 0;         ///< rows of each
  std::span<const double> along;  ///< [sequences] the α of each

  std::size_t rows() const { return sequences * length; }
};

}  // namespace core::train::ops
