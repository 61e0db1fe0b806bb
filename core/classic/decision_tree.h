#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/classic/affine_grid.h"
#include "core/classic/table.h"

namespace core::classic {

/// A question ("is column c at most the threshold?") or, where `column` is kLeaf, an answer.
struct TreeNode {
  static constexpr std::int32_t kLeaf = -1;
  std::int32_t column = kLeaf;
  float threshold = 0.0F;
  std::uint32_t yes = 0, no = 0;  ///< nodes the answers lead to
  float value = 0.0F;             ///< of a leaf: the number of a class, or a mean
  bool operator==(const TreeNode&) const = default;
};

struct TreeLimits {
  std::uint32_t depth = 6;   ///< questions asked at most
  std::size_t leafRows = 5;  ///< rows of the data a leaf stands for at least
};

/// A binary tree of questions about single columns.
struct DecisionTree {
  std::vector<TreeNode> nodes;  ///< the first is the root

  /// CART (Breiman, Friedman, Olshen, Stone: Classification and Regression Trees, 1984), greedy and without pruning:
  /// every node asks what lowers the impurity of its n rows most. Of a table with classes it is Gini's,
  /// n · (1 − Σ (share of a class)²), of numbers their variance times n. Thresholds lie half-way between neighbouring
  /// values; of equals the first column and the smallest threshold count, in leaves the smallest class.
  /// @throws Error (InvalidArgument) for a table without rows
  static DecisionTree fit(const Table& table, const TreeLimits& limits = {});
  float predict(std::span<const float> row) const;
  std::size_t leaves() const;
};

/// The same in integers: inputs and thresholds are codes of their column's grid (bits 2 … 16), the means of leaves
/// codes of one more. Only integers are compared; the number of a class is no measurement and stays as it is.
class QuantizedTree {
 public:
  /// @param calibration data that give the columns their ranges
  QuantizedTree(const DecisionTree& tree, const Table& calibration, std::uint32_t bits, ColumnScale sharing);

  float predict(std::span<const float> row) const;

 private:
  struct Node {
    std::int32_t column, threshold;  ///< threshold as a level of its column
    std::uint32_t yes, no;
    std::int32_t value;  ///< a class, or a level of m_means
  };
  std::vector<AffineGrid> m_columns;
  std::vector<Node> m_nodes;
  AffineGrid m_means;
  bool m_hasClasses;
};

}  // namespace core::classic
