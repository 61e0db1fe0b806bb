#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace core::evaluate {

/// One way to store an item.
struct Option {
  std::uint64_t bytes = 0;
  double cost = 0.0;  ///< what it does, as far as costs add up; may be negative. One that is no number is never chosen
};
/// The option of each item.
using OptionChoice = std::vector<std::size_t>;

std::uint64_t bytesOf(const std::vector<std::vector<Option>>& items, const OptionChoice& choice);
double costOf(const std::vector<std::vector<Option>>& items, const OptionChoice& choice);

/// One option of each item such that all bytes together are no more than the limit and the costs are least; nothing
/// where even the smallest options are too large, or an item has no option of finite cost. A multiple-choice knapsack
/// (Kellerer, Pferschy, Pisinger, Knapsack Problems, 2004, chapter 11). Exact by dynamic programming over bytes in
/// units of their greatest common divisor, where that makes at most 2^17 steps. Else in larger units, every option's
/// bytes rounded up (the limit holds all the same), and what that leaves over is spent on single better options; the
/// better of this and of the Lagrange relaxation's choice is taken.
std::optional<OptionChoice> chooseOptions(const std::vector<std::vector<Option>>& items, std::uint64_t limit);

}  // namespace core::evaluate
