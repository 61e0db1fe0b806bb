#include "core/evaluate/block_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/parallel.h"

namespace core::evaluate {

namespace {

struct Entry {
  float value;
  std::uint32_t block;
};

/// The quantiles of sorted entries of which each counts as often as its block was drawn.
std::vector<double> quantiles(std::span<const Entry> sorted, std::span<const std::uint32_t> drawn,
                              std::span<const double> shares, std::uint64_t total) {
  std::vector<double> result(shares.size(), Estimate().value);
  if (total == 0) return result;
  // The values at places floor and floor + 1, found in one pass in the order of places.
  struct Place {
    std::uint64_t at;
    double weight;
    std::size_t share;
  };
  std::vector<Place> places;
  for (std::size_t s = 0; s < shares.size(); ++s) {
    const double at = shares[s] * static_cast<double>(total - 1);
    const auto low = static_cast<std::uint64_t>(at);
    const double part = at - static_cast<double>(low);
    places.push_back({low, 1 - part, s});
    if (part > 0) places.push_back({low + 1, part, s});
    result[s] = 0;
  }
  std::ranges::stable_sort(places, {}, &Place::at);
  std::size_t next = 0;
  std::uint64_t passed = 0;
  for (const Entry& entry : sorted) {
    passed += drawn[entry.block];
    for (; next < places.size() && places[next].at < passed; ++next)
      result[places[next].share] += places[next].weight * static_cast<double>(entry.value);
    if (next == places.size()) break;
  }
  return result;
}

/// How often each block is drawn by a replicate.
std::vector<std::uint32_t> draw(std::size_t blocks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint32_t> times(blocks, 0);
  for (std::size_t i = 0; i < blocks; ++i) {
    const double unit = static_cast<double>(random() >> 11) * 0x1p-53;  // the same on every standard library
    ++times[static_cast<std::size_t>(unit * static_cast<double>(blocks))];
  }
  return times;
}

/// @param replicates [replicate][share]
double deviation(const std::vector<std::vector<double>>& replicates, std::size_t share) {
  double sum = 0, squares = 0;
  std::size_t count = 0;
  for (const auto& replicate : replicates)
    if (std::isfinite(replicate[share])) sum += replicate[share], ++count;
  if (count < 2) return Estimate().error;
  const double mean = sum / static_cast<double>(count);
  for (const auto& replicate : replicates)
    if (std::isfinite(replicate[share])) squares += (replicate[share] - mean) * (replicate[share] - mean);
  return std::sqrt(squares / static_cast<double>(count - 1));
}

}  // namespace

std::vector<Estimate> blockQuantiles(std::span<const std::span<const float>> blocks, std::span<const double> shares,
                                     std::size_t replicates, std::uint64_t seed) {
  std::vector<Entry> sorted;
  for (std::uint32_t b = 0; b < blocks.size(); ++b)
    for (const float value : blocks[b]) sorted.push_back({value, b});
  std::ranges::sort(sorted, {}, &Entry::value);
  const std::vector<std::uint32_t> once(blocks.size(), 1);
  const auto values = quantiles(sorted, once, shares, sorted.size());
  if (blocks.size() < 2) replicates = 0;
  std::vector<std::vector<double>> drawn(replicates);
  parallelFor(replicates, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const auto times = draw(blocks.size(), seed * 0x9E3779B97F4A7C15U + r);
      std::uint64_t total = 0;
      for (std::size_t b = 0; b < blocks.size(); ++b) total += times[b] * blocks[b].size();
      drawn[r] = quantiles(sorted, times, shares, total);
    }
  });
  std::vector<Estimate> result;
  for (std::size_t s = 0; s < shares.size(); ++s) result.push_back({values[s], deviation(drawn, s)});
  return result;
}

}  // namespace core::evaluate
