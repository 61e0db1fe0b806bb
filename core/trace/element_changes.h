#pragma once
#include <cstdint>
#include <vector>

namespace core::trace {

/// What is added to single elements of a matrix, row by row.
struct ElementChanges {
  struct Change {
    std::uint32_t row, column;  ///< of the model's own weight
    float added;
  };
  std::vector<Change> changes;

  bool empty() const { return changes.empty(); }
};

}  // namespace core::trace
