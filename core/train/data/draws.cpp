#include "core/train/data/draws.h"

#include <numeric>
#include <utility>

namespace core::train {

namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): the standard library's distributions differ from machine to machine.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t round) : m_state(seed) { m_state = next() ^ round; }

  std::uint64_t next() {
    std::uint64_t x = m_state += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  }
  /// Below a bound that is far below 2⁶⁴, so that the remainder favours nobody noticeably.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t m_state;
};

}  // namespace

std::vector<std::size_t> Draws::order(std::uint64_t round) const {
  std::vector<std::size_t> all(m_count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  Random random(m_seed, round);
  for (std::size_t left = m_count; left > 1; --left) std::swap(all[left - 1], all[random.below(left)]);  // Fisher-Yates
  return all;
}

std::vector<std::size_t> Draws::take(std::uint64_t first, std::size_t number) const {
  std::vector<std::size_t> drawn;
  while (drawn.size() < number) {
    const std::uint64_t next = first + drawn.size();
    const auto all = order(next / m_count);
    for (std::uint64_t i = next % m_count; i < m_count && drawn.size() < number; ++i) drawn.push_back(all[i]);
  }
  return drawn;
}

}  // namespace core::train
