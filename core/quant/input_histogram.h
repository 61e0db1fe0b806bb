#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// How often inputs of a layer had which value: even bins from −limit to limit, limit a power of two that doubles when
/// a larger value comes (two bins become one). What ranges of static activations are chosen by.
struct InputHistogram {
  static constexpr std::size_t kBins = 4096;

  float limit = 0.0F;                 ///< a power of two, or 0 while nothing was seen
  float min = 0.0F, max = 0.0F;       ///< of the finite values
  std::vector<std::uint64_t> counts;  ///< [kBins], or empty: the k-th counts −limit + k · w … −limit + (k + 1) · w
  std::uint64_t nonFinite = 0;        ///< left out

  bool isEmpty() const { return counts.empty(); }
  float binWidth() const { return limit / static_cast<float>(kBins / 2); }
  std::uint64_t total() const;
  void add(std::span<const float> values);

 private:
  void growTo(float magnitude);
};

}  // namespace core::quant
