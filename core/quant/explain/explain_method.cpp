#include <algorithm>

#include "core/quant/explain/explain_families.h"

namespace core::quant {

namespace {

/// How the range of a group was chosen.
std::string_view meaningOf(const Scheme& scheme) {
  switch (scheme.method.name) {
    case MethodName::Gptq:
      return "The levels span the group's weights as they were when its turn came: what columns before them had "
             "lost was added to them.";
    case MethodName::Awq:
      return "The levels span the group once its columns were multiplied and, where that costs the output less, "
             "clipped.";
    case MethodName::Hqq:
      return "The levels first span the least to the greatest value of the group; then the zero-point was moved.";
    case MethodName::SmoothQuant:
      return "The levels span the group once its columns were multiplied.";
    case MethodName::RoundToNearest:
    case MethodName::ImportanceMatrix:
      break;
  }
  return {};
}

}  // namespace

void explainMethod(const Scheme& scheme, BlockExplanation& out) {
  out.range.meaning = meaningOf(scheme);
  if (scheme.method.name == MethodName::Gptq)
    out.notes.push_back("A code need not be the nearest one: it makes up for what other columns lost.");
  bool isFirst = true;
  for (const ExplanationLevels& set : out.levels) {
    if (set.levels.empty()) continue;
    out.range.low = isFirst ? set.levels.front() : std::min(out.range.low, set.levels.front());
    out.range.high = isFirst ? set.levels.back() : std::max(out.range.high, set.levels.back());
    isFirst = false;
  }
}

}  // namespace core::quant
