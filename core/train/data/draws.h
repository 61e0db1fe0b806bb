#pragma once
#include <cstdint>
#include <vector>

namespace core::train {

/// Draws from `count` things without repetition: all of them in one random order, then all in another, and so on. A
/// function of its arguments alone, the same on every machine.
class Draws {
 public:
  /// @pre count > 0
  Draws(std::size_t count, std::uint64_t seed) : m_count(count), m_seed(seed) {}

  std::size_t count() const { return m_count; }
  /// The draws first … first + number − 1 of those orders one behind the other.
  std::vector<std::size_t> take(std::uint64_t first, std::size_t number) const;
  /// All of them in the order of one round.
  std::vector<std::size_t> order(std::uint64_t round) const;

 private:
  std::size_t m_count;
  std::uint64_t m_seed;
};

}  // namespace core::train
