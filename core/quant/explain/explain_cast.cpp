#include "core/quant/block_codec.h"
#include "core/quant/explain/explain_families.h"

namespace core::quant {

void explainCast(const ExplainInput& input, BlockExplanation& out) {
  const BlockCodec& codec = *blockCodec(*input.encoded.dtype());
  for (ExplanationStep& step : out.steps)
    if (step.id == StepId::Code) {
      step.meaning = "the nearest float, ties to even";
      step.pattern = family(input.scheme.format.name) == Family::ScaledFloat ? "code nearest to {x}, saturated"
                                                                             : "code nearest to {x}";
    }
  if (!out.levels.empty())
    out.range.low = out.levels.front().levels.front(), out.range.high = out.levels.front().levels.back();
  out.range.meaning = "Each weight is rounded by itself: nothing is shared.";
  out.transfer = [&codec](float x, std::size_t) {
    std::uint8_t bytes[4];
    codec.encode(&x, 1, bytes);
    codec.decode(bytes, 1, &x);
    return x;
  };
}

}  // namespace core::quant
