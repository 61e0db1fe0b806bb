#include <algorithm>

#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/llm_int8_row.h"

namespace core::quant {

void explainLlmInt8(const ExplainInput& input, BlockExplanation& out) {
  const LlmInt8Row row = llmInt8Row(input.row);
  const double absmax = static_cast<double>(row.absmax);
  out.range.low = -absmax, out.range.high = absmax;
  out.range.meaning = "From −max |x| to max |x| of the row.";
  ExplanationParameter& scale = parameterOf(out, "S");
  scale.meaning = "The scale: the distance between two levels. The constant stands for 1/127.";
  setFormula(
      scale, "{xmax}·0.007874016", [&](std::string_view) { return absmax; },
      static_cast<double>(row.absmax * kLlmInt8OneOver127));
  ExplanationParameter largest;
  largest.symbol = "xmax";
  largest.meaning = "The largest magnitude of the row.";
  largest.stored = absmax;
  largest.storedAs = "not stored, it is in S";
  largest.valueCount = static_cast<std::uint32_t>(out.values.size());
  out.parameters.push_back(std::move(largest));

  std::vector<double> products, codes;
  for (const float x : out.values) {
    const float product = x * row.factor;
    products.push_back(static_cast<double>(product));
    codes.push_back(static_cast<double>(llmInt8Code(product)));
  }
  std::erase_if(out.steps, [](const ExplanationStep& step) { return step.id == StepId::Level; });
  insertStepBefore(out, StepId::Code,
                   {StepId::Divide, "t", "in units of the scale", "{x}·127/{xmax}", std::move(products)});
  insertStepBefore(out, StepId::Code,
                   {StepId::Round, "xq", "to a whole number, halves to the even one", "round({t})", std::move(codes)});
  for (ExplanationStep& step : out.steps)
    if (step.id == StepId::Code) step.pattern = "{xq} + 127";
  if (row.factor == 0.0F) {
    out.notes.push_back(
        "The row holds nothing but zeros, and so is the scale: every code is the one that stands for 0.");
    return;
  }
  out.transfer = [row](float x, std::size_t) { return row.absmax * kLlmInt8OneOver127 * llmInt8Code(x * row.factor); };
}

}  // namespace core::quant
