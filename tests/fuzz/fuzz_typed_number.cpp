// A stranger's number or format: a sentence, or a code that explains itself and reads back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/numeric/binades.h"
#include "core/numeric/conversion_chain.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/explain.h"
#include "core/numeric/number_text.h"
#include "core/numeric/rounding_interval.h"
#include "core/numeric/typed_number.h"

namespace {

using namespace core::numeric;

void useNumber(const TypedNumber& number, const NumberFormat& format, RoundingRule rule) {
  const CodeScale scale{format.isScaled() ? 0.1 : 1.0, format.isInteger() ? 3 : 0};
  const TypedEncoding encoding = encodeTyped(format, number, rule, Overflow::AsFormat, scale);
  const std::uint64_t code = encoding.decision.code;
  if ((code & ~format.codeMask()) != 0 || explain(format, code, scale).valueText.empty()) std::abort();
  const auto interval = roundingInterval(format, code, rule, Overflow::AsFormat, scale);
  const bool ordinary = number.exact.isFinite() && !number.exact.isZero() && !number.patternFormat && number.hasValue();
  if (ordinary && interval && !interval->contains(number.exact) && !encoding.decision.noSuchValue) std::abort();
  (void)shortestText(format, code, scale);
  (void)cLiteral(format, code, scale);
  const Evaluation evaluation = evaluate(number.expression, format, rule, Overflow::AsFormat, scale);
  if (evaluation.steps.size() != number.expression.terms.size()) std::abort();
  const ChainLink links[] = {{&numberFormat(FormatId::Fp32), rule, {}, {}}, {&format, rule, {}, scale}};
  if (convertThrough(number.exact, links).steps[0].code > 0xffffffffU) std::abort();
}

}  // namespace

/// The first byte chooses the rounding, the first line a format, the rest is a number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  try {
    const NumberFormat format = parseNumberFormat(text.substr(0, end));
    if (!(parseNumberFormat(format.name) == format) || valuesPerBinade(format).empty()) std::abort();
    const RoundingRule rule(static_cast<Rounding>(data[0] % 6), 0.25);
    useNumber(parseTypedNumber(text.substr(end + 1), format), format, rule);
  } catch (const core::Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
  return 0;
}
