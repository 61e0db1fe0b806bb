#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/model/column_statistics.h"
#include "core/model/graph.h"

namespace core::model {

/// A value of one batch, as a hook is shown it.
struct Observation {
  ValueId value;
  const Op& op;                 ///< that made it
  std::uint32_t firstPosition;  ///< of its first row in the sequence; the others follow it
  std::size_t rows;
  std::span<const float> data;  ///< [rows, Value::words()], until the hook returns
};

using Hook = std::function<void(const Observation&)>;

/// Lasts as long as this is kept. It may outlive its executor.
using Subscription = std::shared_ptr<const void>;
/// A subscription to sums: one entry per value, in the order in which they were named. They grow by each forward that
/// succeeds, and stand still in between.
using ColumnSums = std::shared_ptr<const std::vector<ColumnStatistics>>;

/// What is wanted of a value.
struct Watch {
  bool data = false, columns = false;
  explicit operator bool() const { return data || columns; }
  bool operator==(const Watch&) const = default;
};

/// Who watches which values of an executor, and the sums of a forward until it has succeeded.
class Observers {
 public:
  /// @param values of the graph
  Subscription add(std::vector<ValueId> values, Hook hook);
  ColumnSums addSums(const Graph& graph, std::vector<ValueId> values);

  /// A forward begins: those subscribed by now are shown it, as long as they stay so.
  void begin(const Graph& graph);
  /// It has succeeded: its sums count.
  void keep();

  // What executors ask and tell during a forward.

  bool isWatching() const { return !m_watches.empty(); }
  /// [values] or, when nobody watches, empty
  const std::vector<Watch>& watches() const { return m_watches; }
  Watch watch(ValueId value) const { return m_watches.empty() ? Watch() : m_watches[value]; }
  void show(const Observation& observation) const;
  /// The sums of this forward. @pre watch(value).columns
  ColumnStatistics& columns(ValueId value) { return m_sums.at(value); }

 private:
  struct Hooked {
    std::vector<ValueId> values;  ///< sorted
    Hook hook;
  };
  struct Summed {
    std::vector<ValueId> values;
    std::vector<ColumnStatistics> sums;
  };

  std::vector<std::weak_ptr<const Hooked>> m_hooks, m_shown;  ///< all, and those of this forward
  std::vector<std::weak_ptr<Summed>> m_summers, m_summed;     ///< likewise
  std::vector<Watch> m_watches;
  std::map<ValueId, ColumnStatistics> m_sums;
};

}  // namespace core::model
