#include "app/text/estimates.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"

namespace app::text {

QString estimate(const core::evaluate::Estimate& estimate) {
  if (!std::isfinite(estimate.value)) return QStringLiteral("–");
  if (!std::isfinite(estimate.error)) return number(estimate.value, 4);
  if (estimate.value == 0 && estimate.error == 0) return QStringLiteral("0");
  const double ratio = std::abs(estimate.value) / std::max(estimate.error, 1e-300);
  const int digits = std::clamp(static_cast<int>(std::ceil(std::log10(std::max(ratio, 1.0)))) + 2, 2, 6);
  return QStringLiteral("%1 ± %2").arg(number(estimate.value, digits), number(estimate.error, 2));
}

QString verdict(core::evaluate::Verdict verdict) {
  switch (verdict) {
    case core::evaluate::Verdict::Indistinguishable:
      return QCoreApplication::translate("Estimates", "indistinguishable");
    case core::evaluate::Verdict::Different:
      return QCoreApplication::translate("Estimates", "different");
    case core::evaluate::Verdict::Unknown:
      break;
  }
  return QCoreApplication::translate("Estimates", "too little text");
}

}  // namespace app::text
