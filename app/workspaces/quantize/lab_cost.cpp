#include "app/workspaces/quantize/lab_cost.h"

#include <algorithm>
#include <string_view>

namespace app {
namespace {

constexpr std::uint64_t kPlain = 1, kSearchedRange = 4, kCodeBook = 10, kLattice = 1U << 16U;

/// Several weights become one point of a lattice, which is looked for among its neighbours.
bool isLattice(core::quant::FormatName name) {
  constexpr std::string_view kFamilies[] = {"iq1_", "iq2_", "iq3_"};
  const std::string_view text = core::quant::toString(name);
  return std::ranges::any_of(kFamilies, [&](std::string_view family) { return text.starts_with(family); });
}

}  // namespace

std::uint64_t workPerWeight(const core::quant::Scheme& scheme) {
  if (isLattice(scheme.format.name)) return kLattice;
  if (core::quant::family(scheme.format.name) == core::quant::Family::KMeans) return kCodeBook;
  const bool isSearched = scheme.method.range == core::quant::RangeMethod::Mse ||
                          scheme.method.range == core::quant::RangeMethod::Percentile;
  return isSearched ? kSearchedRange : kPlain;
}

}  // namespace app
