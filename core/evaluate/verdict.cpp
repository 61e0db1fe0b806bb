#include "core/evaluate/verdict.h"

#include <cmath>

namespace core::evaluate {

std::string_view nameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::Unknown:
      return "unknown";
    case Verdict::Indistinguishable:
      return "indistinguishable";
    case Verdict::Different:
      break;
  }
  return "different";
}

Verdict judge(const Estimate& difference, double floor) {
  constexpr double kErrors = 2.0;
  if (std::isnan(difference.value)) return Verdict::Unknown;
  if (std::abs(difference.value) <= floor) return Verdict::Indistinguishable;
  if (std::isnan(difference.error)) return Verdict::Unknown;
  return std::abs(difference.value) <= kErrors * difference.error ? Verdict::Indistinguishable : Verdict::Different;
}

}  // namespace core::evaluate
