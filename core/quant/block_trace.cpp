#include "core/quant/block_trace.h"

namespace core::quant {

BlockTrace startTrace(const SearchInput& input, std::size_t count) {
  BlockTrace trace;
  trace.input.assign(input.values, input.values + count);
  trace.unit = input.unit;
  return trace;
}

void traceGroups(BlockTrace& trace, const GroupStep* steps, std::size_t groups, std::size_t groupValues, float low,
                 float high) {
  const std::vector<GroupStep> own(steps, steps + groups);
  trace.steps = own;
  trace.scaled = [own, groupValues](float x, std::size_t i) {
    const GroupStep& group = own[i / groupValues];
    return group.step != 0.0F ? inSteps(group, x) : inSearchSteps(group, x);
  };
  trace.rounded = [](float scaled) { return roundEven(scaled); };
  trace.code = [own, groupValues, low, high](float scaled, std::size_t i) {
    const GroupStep& group = own[i / groupValues];
    return group.step != 0.0F || group.codeScale != 0.0F ? codeOfSteps(scaled, low, high) : 0;
  };
}

}  // namespace core::quant
