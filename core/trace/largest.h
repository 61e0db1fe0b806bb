#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace core::trace {

/// Keeps the items with the largest values, however many are offered, in memory for twice as many. What has no value
/// above 0 is not kept.
/// @tparam Order says `value(item)` (float) and `place(item)` (anything that compares), by which equal ones are sorted;
/// where not all of them can be kept, it is those that were offered first.
template <typename Item, typename Order>
class Largest {
 public:
  explicit Largest(std::size_t keep) : m_keep(std::max<std::size_t>(keep, 1)) {}

  /// What has no larger value need not be offered.
  float least() const { return m_least; }
  void offer(const Item& item) {
    if (!(Order::value(item) > m_least)) return;
    m_kept.push_back(item);
    if (m_kept.size() >= 2 * m_keep) cut();
  }
  /// No more than `keep`, the largest first.
  std::vector<Item> take() {
    if (m_kept.size() > m_keep) cut();
    std::ranges::sort(m_kept, isBefore);
    return std::move(m_kept);
  }

 private:
  static bool isBefore(const Item& a, const Item& b) {
    if (Order::value(a) != Order::value(b)) return Order::value(a) > Order::value(b);
    return Order::place(a) < Order::place(b);
  }
  void cut() {
    const auto end = m_kept.begin() + static_cast<std::ptrdiff_t>(m_keep);
    std::ranges::nth_element(m_kept, end, isBefore);
    m_kept.erase(end, m_kept.end());
    m_least = Order::value(*std::ranges::max_element(m_kept, isBefore));
  }

  std::size_t m_keep;
  float m_least = 0.0F;  ///< values must be above
  std::vector<Item> m_kept;
};

}  // namespace core::trace
