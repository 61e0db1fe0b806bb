#include "app/selection/bits_setup.h"

#include <algorithm>
#include <cmath>

#include "core/numeric/scale_of_range.h"
#include "core/numeric/typed_scale.h"

namespace app {

double CodeRange::absmax() const { return std::max(std::fabs(low), std::fabs(high)); }

bool CodeRange::isUsable() const {
  constexpr double kMostZeroPoint = 1e9, kMostSteps = 255;
  const double width = high - low;
  return std::isfinite(width) && low < high && width / kMostSteps > 0 && absmax() / width * kMostSteps < kMostZeroPoint;
}

core::numeric::CodeScale CodeRange::scaleOf(const core::numeric::NumberFormat& format) const {
  return core::numeric::scaleOfRange(format, {low, high, zeroPoint});
}

CodeRange CodeRange::symmetric(double absmax, bool chosen) { return {-absmax, absmax, false, chosen}; }

BitsSetup BitsSetup::first() {
  BitsSetup setup;
  setup.input.text = setup.input.display = QStringLiteral("0.1");
  for (const char* name : {"fp64", "fp32", "tf32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp6_e3m2", "fp6_e2m3",
                           "fp4_e2m1", "nf4", "int8", "int4", "int2"})
    setup.formats << QLatin1String(name);
  for (const char* name : {"fp32", "bf16", "fp8_e4m3"}) setup.chain.push_back({QLatin1String(name)});
  return setup;
}

bool BitsSetup::operator==(const BitsSetup& other) const {
  return input == other.input && rule.mode == other.rule.mode && rule.draw == other.rule.draw &&
         formats == other.formats && chain == other.chain && scales == other.scales;
}

core::numeric::CodeScale BitsSetup::scaleOf(const core::numeric::NumberFormat& format) const {
  const auto typed = scales.constFind(QString::fromStdString(format.name));
  if (typed == scales.constEnd()) return input.range.scaleOf(format);
  return core::numeric::parseScale(format, typed->scale.toStdString(), typed->zeroPoint.toStdString());
}

}  // namespace app
