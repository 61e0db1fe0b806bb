#include "core/numeric/binades.h"

#include <map>
#include <set>

namespace core::numeric {

namespace {

std::vector<BinadeCount> ofFloat(const NumberFormat& format) {
  std::vector<BinadeCount> counts;
  const auto add = [&](int exponent, std::uint64_t positive) { counts.push_back({exponent, 2 * positive, positive}); };
  const int mantissaBits = static_cast<int>(format.mantissaBits), smallest = 1 - format.bias;
  const std::uint64_t largest = format.maxFiniteCode(), perField = std::uint64_t{1} << mantissaBits;
  if (format.hasSubnormals)
    for (int bit = 0; bit < mantissaBits; ++bit) add(smallest - mantissaBits + bit, std::uint64_t{1} << bit);
  const auto fields = static_cast<int>(largest >> mantissaBits);
  for (int field = 1; field <= fields; ++field)
    add(field - format.bias, field < fields ? perField : (largest & (perField - 1)) + 1);
  return counts;
}

/// Of formats with few codes.
std::vector<BinadeCount> byEnumeration(const NumberFormat& format, const CodeScale& scale) {
  const auto less = [](const ExactNumber& a, const ExactNumber& b) { return a.compare(b) < 0; };
  std::set<ExactNumber, decltype(less)> values(less);
  for (std::uint64_t code = 0; code <= format.codeMask(); ++code) {
    const ExactNumber value = decodeExact(format, code, scale);
    if (value.isFinite() && !value.isZero()) values.insert(value);
  }
  std::map<int, BinadeCount> counts;
  for (const ExactNumber& value : values) {
    BinadeCount& binade = counts[value.floorLog2()];
    ++binade.count;
    binade.positive += value.isNegative() ? 0 : 1;
  }
  std::vector<BinadeCount> result;
  for (auto& [exponent, binade] : counts) {
    binade.exponent = exponent;
    result.push_back(binade);
  }
  return result;
}

}  // namespace

std::vector<BinadeCount> valuesPerBinade(const NumberFormat& format, const CodeScale& scale) {
  if (format.isScaled()) requireUsable(scale);
  return format.kind == FormatKind::Float ? ofFloat(format) : byEnumeration(format, scale);
}

}  // namespace core::numeric
