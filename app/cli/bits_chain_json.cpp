#include "app/cli/bits_json.h"
#include "app/cli/bits_json_parts.h"

namespace app::cli {

namespace {

using namespace core::numeric;

const char* causeSentence(DivergenceCause cause, const ChainStep& maker) {
  if (maker.decision.noSuchValue) return "has no code for this number";
  switch (cause) {
    case DivergenceCause::TieMade:
      return "put the number half way between two values of the next, where it was not";
    case DivergenceCause::MovedAcross:
      return "moved the number across the border between two values of the next";
    case DivergenceCause::PrecisionLost:
      return "is coarser, and what it lost does not come back";
    case DivergenceCause::Overflow:
      return "does not reach so far";
    case DivergenceCause::Underflow:
      break;
  }
  return "turned the number into zero";
}

Json divergenceJson(const ConversionChain& chain, const BitsRequest& request) {
  if (!chain.divergence) return nullptr;
  const Divergence& divergence = *chain.divergence;
  const NumberFormat& maker = request.chain[divergence.madeBy].format;
  return {{"cause", core::numeric::toString(divergence.cause)},
          {"step", divergence.step},
          {"made_by", divergence.madeBy},
          {"sentence", maker.title + " " + causeSentence(divergence.cause, chain.steps[divergence.madeBy]) + "."}};
}

}  // namespace

Json chainJson(const BitsRequest& request) {
  if (request.chain.empty()) return nullptr;
  std::vector<ChainLink> links;
  for (const ChainStop& stop : request.chain)
    links.push_back({&stop.format, stop.rule, request.overflow, request.scaleOf(stop.format)});
  const ConversionChain chain = convertThrough(request.number.exact, links);
  Json steps = Json::array();
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const ChainStep& step = chain.steps[i];
    const NumberFormat& format = request.chain[i].format;
    steps.push_back({{"format", format.name},
                     {"hex", hexOf(format, step.code)},
                     {"value", digits(step.value)},
                     {"step_error", finiteDigits(step.stepError)},
                     {"total_error", finiteDigits(step.totalError)},
                     {"rounding", decisionJson(format, step.decision, request.chain[i].rule)},
                     {"direct_hex", hexOf(format, step.direct.code)},
                     {"direct_value", digits(decodeExact(format, step.direct.code, request.scaleOf(format)))},
                     {"direct_rounding", decisionJson(format, step.direct, request.chain[i].rule)}});
  }
  return {
      {"steps", steps}, {"double_rounding", chain.doubleRounding()}, {"divergence", divergenceJson(chain, request)}};
}

}  // namespace app::cli
