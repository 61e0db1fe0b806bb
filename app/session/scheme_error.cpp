#include "app/session/scheme_error.h"

#include "core/model/recipe/recipe_plan.h"
#include "core/quant/load_tensor.h"
#include "core/quant/registry.h"

namespace app {

SchemeError measureSchemeError(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                               const core::quant::Scheme& scheme, const core::JobContext& job,
                               core::quant::Calibration* calibration) {
  const core::quant::QuantizedTensorPtr original = core::quant::loadTensor(checkpoint, tensor);
  SchemeError row;
  row.tensor = tensor;
  row.scheme = scheme;
  if (!core::quant::accepts(scheme, original->shape, &row.refused)) return row;
  core::model::TensorDecision decision;
  decision.scheme = scheme;
  const auto quantized = core::model::makeTensor(decision, original, job.part(0.0, 0.5), calibration);
  row.bitsPerWeight = quantized->bitsPerWeight();
  row.bytes = quantized->bytes();
  row.stats = core::metrics::compare(*original, *quantized, job.part(0.5, 1.0));
  return row;
}

bool matchesPattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace app
