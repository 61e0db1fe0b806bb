#include "core/classic/decision_tree.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/base/error.h"

namespace core::classic {

namespace {

/// What a set of rows says about its targets: Σ over classes of (rows of it)² / n, or (Σ y)² / n. The impurity is a
/// constant of the rows less this, so that the best question makes the sum of both sides largest.
class Purity {
 public:
  explicit Purity(const Table& table) : m_counts(table.classes.size(), 0.0) {}
  void add(float target, double sign = 1.0) {
    m_rows += sign;
    if (m_counts.empty())
      m_sum += sign * static_cast<double>(target);
    else
      m_counts[static_cast<std::size_t>(target)] += sign;
  }
  double value() const {
    double squares = m_sum * m_sum;
    for (const double count : m_counts) squares += count * count;
    return squares / m_rows;
  }
  /// The most frequent class, or the mean.
  float answer() const {
    if (m_counts.empty()) return static_cast<float>(m_sum / m_rows);
    return static_cast<float>(std::ranges::max_element(m_counts) - m_counts.begin());
  }

 private:
  double m_rows = 0.0, m_sum = 0.0;
  std::vector<double> m_counts;
};

struct Question {
  std::int32_t column;
  float threshold;
  double purity;
};

using Rows = std::vector<std::uint32_t>;

class Grower {
 public:
  Grower(const Table& table, const TreeLimits& limits) : m_table(table), m_limits(limits) {}

  std::uint32_t grow(const Rows& rows, std::uint32_t depth) {
    const auto index = static_cast<std::uint32_t>(m_nodes.size());
    Purity all(m_table);
    for (const std::uint32_t row : rows) all.add(m_table.targets[row]);
    m_nodes.push_back({.value = all.answer()});
    if (depth == m_limits.depth) return index;
    const auto question = bestQuestion(rows, all);
    if (!question) return index;
    Rows yes, no;
    for (const std::uint32_t row : rows)
      (m_table.row(row)[static_cast<std::size_t>(question->column)] <= question->threshold ? yes : no).push_back(row);
    const std::uint32_t left = grow(yes, depth + 1), right = grow(no, depth + 1);
    m_nodes[index] = {question->column, question->threshold, left, right, 0.0F};
    return index;
  }
  std::vector<TreeNode> take() { return std::move(m_nodes); }

 private:
  std::optional<Question> bestQuestion(const Rows& rows, const Purity& all) const {
    Question best{TreeNode::kLeaf, 0.0F, all.value()};
    for (std::size_t c = 0; c < m_table.columns.size(); ++c) askColumn(c, rows, all, best);
    return best.column == TreeNode::kLeaf ? std::nullopt : std::optional(best);
  }

  /// Moves the rows from "no" to "yes" in the order of their values.
  void askColumn(std::size_t column, Rows rows, const Purity& all, Question& best) const {
    const auto value = [&](std::uint32_t row) { return m_table.row(row)[column]; };
    std::ranges::stable_sort(rows, {}, value);
    Purity yes(m_table), no(all);
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
      yes.add(m_table.targets[rows[i]]);
      no.add(m_table.targets[rows[i]], -1.0);
      const float here = value(rows[i]), next = value(rows[i + 1]);
      if (here == next || i + 1 < m_limits.leafRows || rows.size() - i - 1 < m_limits.leafRows) continue;
      const double purity = yes.value() + no.value();
      if (purity <= best.purity) continue;
      const float middle = here + (next - here) / 2.0F;
      best = {static_cast<std::int32_t>(column), middle < next ? middle : here, purity};
    }
  }

  const Table& m_table;
  TreeLimits m_limits;
  std::vector<TreeNode> m_nodes;
};

}  // namespace

DecisionTree DecisionTree::fit(const Table& table, const TreeLimits& limits) {
  if (table.rows() == 0) throw Error(ErrorCode::InvalidArgument, "A tree cannot be grown from a table without rows.");
  Rows rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  Grower grower(table, limits);
  grower.grow(rows, 0);
  return {grower.take()};
}

float DecisionTree::predict(std::span<const float> row) const {
  const TreeNode* node = &nodes.front();
  while (node->column != TreeNode::kLeaf)
    node = &nodes[row[static_cast<std::size_t>(node->column)] <= node->threshold ? node->yes : node->no];
  return node->value;
}

std::size_t DecisionTree::leaves() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(nodes, [](const TreeNode& node) { return node.column == TreeNode::kLeaf; }));
}

QuantizedTree::QuantizedTree(const DecisionTree& tree, const Table& calibration, std::uint32_t bits,
                             ColumnScale sharing)
    : m_columns(columnGrids(calibration, bits, sharing)), m_hasClasses(!calibration.classes.empty()) {
  std::vector<float> means;
  for (const TreeNode& node : tree.nodes)
    if (node.column == TreeNode::kLeaf) means.push_back(node.value);
  m_means = AffineGrid::spanning(bits, quant::ZeroPoint::On, rangeOf(means));
  for (const TreeNode& node : tree.nodes) {
    const bool isLeaf = node.column == TreeNode::kLeaf;
    const std::int32_t threshold = isLeaf ? 0 : m_columns[static_cast<std::size_t>(node.column)].level(node.threshold);
    const std::int32_t value = m_hasClasses ? static_cast<std::int32_t>(node.value) : m_means.level(node.value);
    m_nodes.push_back({node.column, threshold, node.yes, node.no, value});
  }
}

float QuantizedTree::predict(std::span<const float> row) const {
  const Node* node = &m_nodes.front();
  while (node->column != TreeNode::kLeaf) {
    const auto column = static_cast<std::size_t>(node->column);
    node = &m_nodes[m_columns[column].level(row[column]) <= node->threshold ? node->yes : node->no];
  }
  return m_hasClasses ? static_cast<float>(node->value) : m_means.value(node->value);
}

}  // namespace core::classic
