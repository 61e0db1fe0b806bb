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

BlockTrace traceBlock(tensor::DType dtype, const RowBlock& at) {
  using tensor::DType;
  const std::size_t first = at.block * tensor::info(dtype).blockValues;
  const float* values = at.row + first;
  const float* importance = at.importance != nullptr ? at.importance + first : nullptr;
  switch (dtype) {
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
    case DType::Q8_0:
      return traceLegacy(dtype, at.row, at.blockCount, at.importance, at.block);
    case DType::Q2_K:
    case DType::Q4_K:
    case DType::Q5_K:
      return traceOffsetType(dtype, values, importance);
    case DType::Q3_K:
    case DType::Q6_K:
      return traceSymmetricType(dtype, values, importance);
    case DType::IQ4_NL:
    case DType::IQ4_XS:
      return traceIq4(dtype, values, importance);
    case DType::IQ3_XXS:
    case DType::IQ3_S:
      return traceIq3(dtype, values, importance);
    case DType::IQ2_XXS:
    case DType::IQ2_XS:
    case DType::IQ2_S:
      return traceIq2(dtype, values, importance);
    case DType::IQ1_S:
    case DType::IQ1_M:
      return traceIq1(dtype, values, importance);
    case DType::MXFP4:
    case DType::NVFP4:
      return traceFloatBlock(dtype, values);
    default:
      return traceTernary(dtype, values);
  }
}

}  // namespace core::quant
