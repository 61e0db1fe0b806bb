#include "core/quant/explain/limit_notes.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "core/quant/explain/formula_text.h"

namespace core::quant {

namespace {

/// Rounding moves an ordinary number by less than this share of it, even to FP8.
constexpr double kOrdinary = 0.1;

bool isFloat(const ExplanationParameter& parameter) { return parameter.storedAs.find("FP") != std::string::npos; }

/// Why the stored number is not about the computed one; empty where it is.
std::string whyOther(const ExplanationParameter& parameter) {
  if (!parameter.computed || !isFloat(parameter) || !std::isfinite(*parameter.computed)) return {};
  const double computed = std::abs(*parameter.computed), stored = std::abs(parameter.stored);
  if (computed == 0.0 || std::abs(stored - computed) <= kOrdinary * computed) return {};
  const std::string was = numberText(*parameter.computed), now = numberText(parameter.stored);
  if (stored == 0.0)
    return fmt::format("{} is too small for {} and becomes 0: so do the weights under it", was, parameter.storedAs);
  if (stored < computed)
    return fmt::format("{} is more than {} holds: {} is stored, and what lies beyond the levels is cut off", was,
                       parameter.storedAs, now);
  return fmt::format("{} is less than {} holds: {} is stored, and small weights become 0", was, parameter.storedAs,
                     now);
}

}  // namespace

void noteLimits(BlockExplanation& out) {
  // One sentence: what holds for the first of them holds for its neighbours.
  for (const ExplanationParameter& parameter : out.parameters)
    if (const std::string why = whyOther(parameter); !why.empty()) {
      out.notes.push_back(fmt::format("{} = {}.", parameter.symbol, why));
      // The range that was chosen is not the one that the levels span.
      if (out.levels.size() == 1 && !out.levels.front().levels.empty())
        out.range.low = out.levels.front().levels.front(), out.range.high = out.levels.front().levels.back();
      break;
    }
  const ExplanationStep* const decoded = out.step(StepId::Decoded);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < out.values.size(); ++i)
    lost += std::isfinite(out.values[i]) && !std::isfinite(decoded->values[i]) ? 1 : 0;
  if (lost != 0)
    out.notes.push_back(fmt::format("{} {} finite, but beyond the largest number of the format, and {} infinite.", lost,
                                    lost == 1 ? "weight is" : "weights are", lost == 1 ? "becomes" : "become"));
}

}  // namespace core::quant
