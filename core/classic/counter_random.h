#pragma once
#include <cstdint>

namespace core::classic {

/// Random numbers addressed by counter: draw k of stream i depends on nothing but (seed, i, k), in integers, so that
/// drawn data are the same on every machine and any part of them can be made alone.
/// Source: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t stream) : m_start(mix(seed + mix(stream + kGolden))) {}

  std::uint64_t draw(std::uint64_t k) const { return mix(m_start + (k + 1) * kGolden); }
  /// A whole number low … high, both included, by the upper 32 bits of draw k. @pre high − low < 2^31
  std::int64_t between(std::uint64_t k, std::int64_t low, std::int64_t high) const {
    const auto span = static_cast<std::uint64_t>(high - low + 1);
    return low + static_cast<std::int64_t>(((draw(k) >> 32U) * span) >> 32U);
  }
  /// About a standard normal number: the sum of draws k … k + 11, each even over −1000 … 1000, over 2000 (Irwin–Hall).
  double bell(std::uint64_t k) const;
  static constexpr std::uint64_t kBellDraws = 12;

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  std::uint64_t m_start;
};

}  // namespace core::classic
