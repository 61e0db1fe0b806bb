#include "core/quant/explain/stored_block.h"

#include <algorithm>
#include <cassert>

#include "core/quant/bit_stream.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/explain/stored_elements.h"
#include "core/quant/explain/stored_groups.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

/// Columns that were multiplied: what is read back, and the factor that it is divided by.
void addScaled(const QuantizedTensor& tensor, const BlockPlace& place, std::string pattern, BlockExplanation& out) {
  QuantizedTensor stored = tensor;
  stored.changes = nullptr;
  std::vector<double> factors;
  for (std::uint64_t i = 0; i < place.count; ++i)
    factors.push_back(static_cast<double>(tensor.changes->inputScales[(place.first + i) % tensor.rowValues()]));
  std::vector<ExplanationLevels> levels;
  for (const ExplanationLevels& set : out.levels)
    for (std::uint32_t i = set.firstValue; i < set.firstValue + set.valueCount; ++i) {
      levels.push_back({i, 1, set.levels});
      for (double& level : levels.back().levels)
        level = static_cast<double>(static_cast<float>(level) / static_cast<float>(factors[i]));
    }
  out.levels = std::move(levels);
  addStep(out, StepId::Scaled, "y", "what is read back of a column that was multiplied", std::move(pattern),
          toDoubles(weightsAt(stored, place, nullptr)));
  addStep(out, StepId::Factor, "s", "what the column was multiplied by", "", std::move(factors));
}

void addDecoded(const QuantizedTensor& tensor, const BlockPlace& place, std::string pattern, BlockExplanation& out) {
  if (tensor.factor != 1.0F) out.notes.push_back("Every value is multiplied by a factor of the tensor besides.");
  if (tensor.changes != nullptr && !tensor.changes->inputScales.empty()) {
    addScaled(tensor, place, std::move(pattern), out);
    pattern = "{y}/{s}";
  }
  if (tensor.changes != nullptr && !tensor.changes->order.empty()) {
    const auto first = tensor.changes->order.begin() + static_cast<std::ptrdiff_t>(place.first % tensor.rowValues());
    out.columns.assign(first, first + static_cast<std::ptrdiff_t>(place.count));
    out.notes.push_back(
        "The columns are stored in the order in which they were rounded, those with large inputs first.");
  }
  addStep(out, StepId::Decoded, "x̂", "what is read back", std::move(pattern),
          toDoubles(weightsAt(tensor, place, tensor.changes.get())));
}

}  // namespace

void describeStored(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out) {
  const std::string pattern = tensor.dtype() ? describeElements(tensor, place, out) : describeGroup(tensor, place, out);
  addDecoded(tensor, place, pattern, out);
}

std::vector<float> weightsAt(const QuantizedTensor& tensor, const BlockPlace& place, const ColumnChanges* changes) {
  std::vector<float> weights(place.count);
  if (changes == nullptr || changes->order.empty()) {
    decode(tensor, place.first, place.count, weights.data());
    return weights;
  }
  const std::uint64_t columns = tensor.rowValues();
  std::vector<float> row(columns);
  decode(tensor, place.first / columns * columns, columns, row.data());
  for (std::uint64_t i = 0; i < place.count; ++i) weights[i] = row[changes->order[place.first % columns + i]];
  return weights;
}

std::vector<std::uint8_t> codesOf(const QuantizedTensor& tensor, const BlockPlace& place) {
  std::vector<std::uint8_t> codes(place.count);
  const auto* packed = reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
  const auto* book = tensor.as<CodeBook>();
  if (book != nullptr && book->packing == Packing::NibblesHighFirst) {
    for (std::uint64_t i = 0; i < place.count; ++i) {
      const std::uint64_t at = place.first + i;
      codes[i] = at % 2 == 0 ? packed[at / 2] >> 4 : packed[at / 2] & 0x0f;
    }
    return codes;
  }
  const auto* uniform = tensor.as<Uniform>();
  const std::uint32_t bits = uniform != nullptr ? uniform->bits
                             : book != nullptr  ? book->bits
                                                : std::get<LearnedCodeBooks>(tensor.layout).bits;
  const std::uint64_t rowValues = tensor.rowValues();
  CodeRows rows(tensor.payload, bits, rowValues);
  for (std::uint64_t i = 0; i < place.count;) {  // a block of bitsandbytes may span rows
    const std::uint64_t at = place.first + i, column = at % rowValues;
    const std::uint64_t count = std::min(place.count - i, rowValues - column);
    std::copy_n(rows.at(at / rowValues) + column, count, codes.begin() + static_cast<std::ptrdiff_t>(i));
    i += count;
  }
  return codes;
}

void addStep(BlockExplanation& out, StepId id, std::string symbol, std::string meaning, std::string pattern,
             std::vector<double> values) {
  out.steps.push_back({id, std::move(symbol), std::move(meaning), std::move(pattern), std::move(values)});
}

void insertStepBefore(BlockExplanation& out, StepId before, ExplanationStep step) {
  const auto at =
      std::find_if(out.steps.begin(), out.steps.end(), [before](const ExplanationStep& s) { return s.id == before; });
  out.steps.insert(at, std::move(step));
}

std::vector<double> toDoubles(std::span<const float> values) { return {values.begin(), values.end()}; }

ExplanationParameter* findParameter(BlockExplanation& out, std::string_view symbol, std::size_t value) {
  const ExplanationParameter* found = out.parameter(symbol, value);
  return found == nullptr ? nullptr : &out.parameters[static_cast<std::size_t>(found - out.parameters.data())];
}

ExplanationParameter& parameterOf(BlockExplanation& out, std::string_view symbol, std::size_t value) {
  ExplanationParameter* found = findParameter(out, symbol, value);
  assert(found != nullptr);
  return *found;
}

void setFormula(ExplanationParameter& parameter, std::string_view pattern,
                const std::function<double(std::string_view)>& valueOf, double computed) {
  const std::string filled = filledText(pattern, valueOf), result = numberText(computed);
  parameter.computed = computed;
  parameter.formula = parameter.symbol + " = " + symbolText(pattern);
  parameter.numbers = parameter.symbol + " = " + filled + (filled == result ? "" : " = " + result);
}

void setRoundedFormula(ExplanationParameter& parameter, const Rounded& rounded, std::string_view pattern,
                       const std::function<double(std::string_view)>& valueOf, double computed) {
  const std::string open = parameter.symbol + " = " + std::string(rounded.open), close(rounded.close);
  parameter.computed = computed;
  parameter.formula = open + symbolText(pattern) + close;
  parameter.numbers = open + filledText(pattern, valueOf) + close + " = " + std::string(rounded.open) +
                      numberText(computed) + close + " = " + numberText(parameter.stored);
}

}  // namespace core::quant
