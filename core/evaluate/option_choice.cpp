#include "core/evaluate/option_choice.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace core::evaluate {

namespace {

using Items = std::vector<std::vector<Option>>;
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 17;
constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr int kBisections = 100;

std::size_t smallest(const std::vector<Option>& item) {
  return static_cast<std::size_t>(std::ranges::min_element(item,
                                                           [](const Option& a, const Option& b) {
                                                             return a.bytes != b.bytes ? a.bytes < b.bytes
                                                                                       : a.cost < b.cost;
                                                           }) -
                                  item.begin());
}

OptionChoice smallestOf(const Items& items) {
  OptionChoice choice;
  for (const auto& item : items) choice.push_back(smallest(item));
  return choice;
}

/// Spends what is left on the options that bring most for a byte, as long as one brings anything and fits.
void spend(const Items& items, std::uint64_t limit, OptionChoice& choice) {
  for (;;) {
    const std::uint64_t used = bytesOf(items, choice);
    std::size_t bestItem = items.size(), bestOption = 0;
    double best = 0.0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Option& now = items[i][choice[i]];
      for (std::size_t o = 0; o < items[i].size(); ++o) {
        const Option& other = items[i][o];
        if (!(other.cost < now.cost) || used - now.bytes + other.bytes > limit) continue;
        const double more = other.bytes > now.bytes ? static_cast<double>(other.bytes - now.bytes) : 1e-3;
        if (const double gain = (now.cost - other.cost) / more; gain > best) best = gain, bestItem = i, bestOption = o;
      }
    }
    if (bestItem == items.size()) return;
    choice[bestItem] = bestOption;
  }
}

/// Of every item the option of least cost + price · bytes.
OptionChoice atPrice(const Items& items, double price) {
  OptionChoice choice;
  for (const auto& item : items) {
    const auto total = [price](const Option& option) {
      return option.cost + price * static_cast<double>(option.bytes);
    };
    choice.push_back(static_cast<std::size_t>(
        std::ranges::min_element(item, [&](const Option& a, const Option& b) { return total(a) < total(b); }) -
        item.begin()));
  }
  return choice;
}

OptionChoice byLagrange(const Items& items, std::uint64_t limit) {
  OptionChoice choice = atPrice(items, 0.0);
  if (bytesOf(items, choice) > limit) {
    double low = 0.0, high = 1e-12;
    while (bytesOf(items, atPrice(items, high)) > limit && high < 1e12) high *= 4.0;
    choice = smallestOf(items);
    for (int i = 0; i < kBisections; ++i) {
      const double price = (low + high) / 2.0;
      const OptionChoice tried = atPrice(items, price);
      const bool fits = bytesOf(items, tried) <= limit;
      if (fits) choice = tried;
      (fits ? high : low) = price;
    }
  }
  spend(items, limit, choice);
  return choice;
}

/// Exact over bytes in whole steps, counted from each item's smallest option on. @param room in steps
std::optional<OptionChoice> bySteps(const Items& items, std::uint64_t step, std::uint64_t room) {
  const std::size_t cells = static_cast<std::size_t>(room) + 1;
  std::vector<double> least(cells, 0.0), next(cells);
  std::vector<std::vector<std::uint16_t>> chosen(items.size(), std::vector<std::uint16_t>(cells, 0));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint64_t base = items[i][smallest(items[i])].bytes;
    std::ranges::fill(next, kNone);
    for (std::size_t o = 0; o < items[i].size(); ++o) {
      const std::uint64_t weight = (items[i][o].bytes - base + step - 1) / step;
      for (std::size_t cell = weight; cell < cells; ++cell) {
        const double cost = least[cell - weight] + items[i][o].cost;
        if (cost < next[cell]) next[cell] = cost, chosen[i][cell] = static_cast<std::uint16_t>(o);
      }
    }
    least.swap(next);
  }
  OptionChoice choice(items.size());
  std::size_t cell = cells - 1;  // least[] does not grow with the room
  for (std::size_t i = items.size(); i-- > 0;) {
    choice[i] = chosen[i][cell];
    cell -= (items[i][choice[i]].bytes - items[i][smallest(items[i])].bytes + step - 1) / step;
  }
  return choice;
}

/// @pre every item has an option, all costs are finite
std::optional<OptionChoice> chooseFinite(const Items& items, std::uint64_t limit) {
  const std::uint64_t least = bytesOf(items, smallestOf(items));
  if (least > limit) return std::nullopt;
  std::uint64_t divisor = 0, most = 0;
  for (const auto& item : items) {
    assert(!item.empty() && item.size() <= std::numeric_limits<std::uint16_t>::max());
    const std::uint64_t base = item[smallest(item)].bytes;
    std::uint64_t largest = 0;
    for (const Option& option : item) {
      divisor = std::gcd(divisor, option.bytes - base);
      largest = std::max(largest, option.bytes - base);
    }
    most += largest;
  }
  const std::uint64_t room = std::min(limit - least, most);
  if (divisor == 0) divisor = 1;
  const std::uint64_t step = std::max(divisor, room / kMostSteps + 1);
  const std::uint64_t exactStep = room / divisor <= kMostSteps ? divisor : step;
  auto choice = bySteps(items, exactStep, room / exactStep);
  if (exactStep == divisor) return choice;
  spend(items, limit, *choice);
  const OptionChoice relaxed = byLagrange(items, limit);
  return costOf(items, relaxed) < costOf(items, *choice) ? relaxed : choice;
}

}  // namespace

std::uint64_t bytesOf(const Items& items, const OptionChoice& choice) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) bytes += items[i][choice[i]].bytes;
  return bytes;
}

double costOf(const Items& items, const OptionChoice& choice) {
  double cost = 0.0;
  for (std::size_t i = 0; i < items.size(); ++i) cost += items[i][choice[i]].cost;
  return cost;
}

std::optional<OptionChoice> chooseOptions(const Items& items, std::uint64_t limit) {
  Items finite(items.size());
  std::vector<OptionChoice> places(items.size());  // of the finite ones among all
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t o = 0; o < items[i].size(); ++o)
      if (std::isfinite(items[i][o].cost)) finite[i].push_back(items[i][o]), places[i].push_back(o);
    if (finite[i].empty()) return std::nullopt;
  }
  auto choice = chooseFinite(finite, limit);
  if (choice)
    for (std::size_t i = 0; i < items.size(); ++i) (*choice)[i] = places[i][(*choice)[i]];
  return choice;
}

}  // namespace core::evaluate
