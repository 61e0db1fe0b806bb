#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/quant/block_codec.h"
#include "core/quant/block_trace.h"
#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/explain/gguf_text.h"

namespace core::quant {

namespace {

using tensor::DType;

BlockTrace traceOf(DType dtype, const ExplainInput& input) {
  const std::uint32_t blockValues = tensor::info(dtype).blockValues;
  const float* values = input.values().data();
  const float* importance = input.importanceOfBlock();
  switch (dtype) {
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
    case DType::Q8_0:
      return traceLegacy(dtype, input.row.data(), input.row.size() / blockValues,
                         input.importance.empty() ? nullptr : input.importance.data(), input.column / blockValues);
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

float largestOf(const std::vector<float>& values) {
  return values.empty() ? 0.0F : *std::max_element(values.begin(), values.end());
}
/// The first one of largest magnitude.
float extremeOf(const std::vector<float>& values) {
  float extreme = 0.0F;
  for (const float value : values)
    if (std::abs(value) > std::abs(extreme)) extreme = value;
  return extreme;
}

/// The names in the formulas of parameters (gguf_text.h), of one group where it is about one.
class TraceNumbers {
 public:
  TraceNumbers(const BlockTrace& trace, std::size_t group) : m_trace(trace), m_group(group) {}

  double operator()(std::string_view name) const {
    const auto& input = m_trace.input;
    if (name == "s" || name == "largest |x|") return static_cast<double>(m_trace.groupScales[m_group]);
    if (name == "μ") return static_cast<double>(m_trace.groupMinima[m_group]);
    if (name == "largest s") return static_cast<double>(largestOf(m_trace.groupScales));
    if (name == "largest μ") return static_cast<double>(largestOf(m_trace.groupMinima));
    if (name == "extreme s") return static_cast<double>(extremeOf(m_trace.groupScales));
    if (name == "d′") return static_cast<double>(m_trace.scale);
    if (name == "dmin′") return static_cast<double>(m_trace.minimum);
    if (name == "κ") return static_cast<double>(m_trace.scaleNumbers[m_group] / m_trace.groupScales[m_group]);
    if (name == "xmin") return static_cast<double>(*std::min_element(input.begin(), input.end()));
    if (name == "xmax") return static_cast<double>(largestOf(input));
    if (name == "amax") return static_cast<double>(std::abs(m_trace.extreme));
    return static_cast<double>(m_trace.extreme);
  }

 private:
  const BlockTrace& m_trace;
  std::size_t m_group;
};

/// One sentence on what the search tries for each scale; empty where nothing is searched.
std::string searchSentence(DType dtype, const GgufText& text, const BlockTrace& trace, bool byImportance) {
  if (text.weight.empty()) return {};
  if (dtype == DType::Q3_K && !byImportance)
    return fmt::format(
        "The search starts where the value of largest magnitude gets the lowest code and moves single codes, at most "
        "{} "
        "times around, while that lowers the squared error weighted by {}; the scale is the best for the codes.",
        trace.candidates, text.weight);
  if (dtype == DType::IQ1_S || dtype == DType::IQ1_M)
    return fmt::format(
        "The search tries all {} ways to cut the sorted values into three levels; the one of least squared error, "
        "weighted "
        "by {}, is moved to points of the lattice.",
        trace.candidates, text.weight);
  const std::string_view error = dtype == DType::Q2_K && !byImportance ? "absolute" : "squared";
  return fmt::format(
      "The search tries {} scales around the plain one; kept is the one of least {} error, weighted by {}.",
      trace.candidates, error, text.weight);
}

void explainBlockScale(const GgufText& text, const BlockTrace& trace, BlockExplanation& out) {
  const TraceNumbers numbers(trace, 0);
  if (ExplanationParameter* d = findParameter(out, text.dtype == DType::MXFP4 ? "S" : "d")) {
    if (text.scale.empty())
      d->computed = static_cast<double>(trace.scale);
    else
      setFormula(*d, text.scale, numbers, static_cast<double>(trace.scale));
    if (text.dtype == DType::Q1_0) setFormula(*d, "mean |x|", numbers, static_cast<double>(trace.scale));
    if (text.dtype == DType::IQ1_M)
      d->meaning += " Fitted by least squares once the scales below it are whole numbers, times 1.1125.";
  }
  ExplanationParameter* minimum = findParameter(out, "dmin");
  if (minimum == nullptr && trace.groupMinima.empty()) minimum = findParameter(out, "m");
  if (minimum == nullptr) return;
  if (text.minimum.empty())
    minimum->computed = static_cast<double>(trace.minimum);
  else
    setFormula(*minimum, text.minimum, numbers, static_cast<double>(trace.minimum));
}

/// Whole numbers of the groups; a group is the values that one of them covers.
void explainGroups(const GgufText& text, const BlockTrace& trace, BlockExplanation& out) {
  const bool isFloat = text.dtype == DType::NVFP4;
  for (ExplanationParameter& parameter : out.parameters) {
    const bool isScale = parameter.symbol == (isFloat ? "s" : "sc");
    const bool isMinimum = parameter.symbol == "m" && !trace.groupMinima.empty();
    if (!isScale && !isMinimum) continue;
    const std::size_t group = parameter.firstValue / parameter.valueCount;
    const auto& found = isScale ? trace.groupScales : trace.groupMinima;
    const auto& numbers = isScale ? trace.scaleNumbers : trace.minimumNumbers;
    if (!isFloat) parameter.searched = static_cast<double>(found[group]);
    parameter.meaning = isFloat   ? "The scale of these weights: a sixth of their largest magnitude, as an FP8 number."
                        : isScale ? "The scale of these weights as a whole number, in units of d."
                                  : "The minimum of these weights as a whole number, in units of dmin.";
    const bool isNothing = (isScale ? trace.scale : trace.minimum) == 0.0F;
    if (isNothing && !isFloat) continue;  // no number was rounded
    // "+ 32": as it is stored.
    const double offset = isScale && text.groupClose.ends_with("+ 32") ? 32.0 : 0.0;
    const double number = static_cast<double>(numbers[group]);
    parameter.computed = number + offset;
    if (found[group] == 0.0F) continue;
    const Rounded rounded{isFloat ? "FP8(" : "round(", isScale ? text.groupClose : ")"};
    setRoundedFormula(parameter, rounded, isScale ? text.groupScale : text.groupMinimum, TraceNumbers(trace, group),
                      number);
    parameter.computed = number + offset;
  }
}

/// With importance the old types choose codes by what the search ended with, not by what is stored.
void addSearchedFactors(const BlockTrace& trace, BlockExplanation& out) {
  const auto add = [&](std::string symbol, std::string meaning, float value) {
    ExplanationParameter parameter;
    parameter.symbol = std::move(symbol);
    parameter.meaning = std::move(meaning);
    parameter.computed = parameter.stored = static_cast<double>(value);
    parameter.storedAs = "not stored";
    parameter.valueCount = out.fields.values;
    out.parameters.push_back(std::move(parameter));
  };
  add("κ", "What the search multiplied the weights by: the codes follow from it.", trace.steps[0].codeScale);
  add("o", "What the search subtracted first.", trace.steps[0].codeOffset);
}

std::string replaced(std::string_view pattern, std::string_view from, std::string_view to) {
  std::string result(pattern);
  for (std::size_t at = result.find(from); at != std::string::npos; at = result.find(from, at + to.size()))
    result.replace(at, from.size(), to);
  return result;
}

/// The column of what the encoder takes the weights as, where that is something else.
bool addInput(const BlockTrace& trace, BlockExplanation& out) {
  bool differs = trace.unit != 1.0F;
  for (std::size_t i = 0; i < out.values.size(); ++i) differs = differs || trace.input[i] != out.values[i];
  if (!differs) return false;
  insertStepBefore(out, StepId::Code, {StepId::Input, "y", "what the encoder takes it as", "", toDoubles(trace.input)});
  if (trace.unit != 1.0F)
    out.notes.push_back(fmt::format("The weights are so large that they are searched in units of {}.",
                                    numberText(static_cast<double>(trace.unit))));
  return true;
}

/// Whether a value's group has the stored scale 0, so that its code is not chosen by it.
bool keepsSearchedCode(const GgufText& text, const BlockTrace& trace, std::size_t value) {
  if (trace.steps.empty() || text.divide.find("{κ}") != std::string_view::npos) return false;
  return trace.steps[value * trace.steps.size() / trace.input.size()].step == 0.0F;
}

/// The columns between the weight and its code.
void explainCodes(const GgufText& text, const BlockTrace& trace, BlockExplanation& out) {
  const bool hasInput = addInput(trace, out);
  const auto pattern = [&](std::string_view of) { return hasInput ? replaced(of, "{x}", "{y}") : std::string(of); };
  std::vector<double> divided, rounded, clamped;
  for (std::size_t i = 0; i < out.values.size() && trace.scaled; ++i) {
    const float scaled = keepsSearchedCode(text, trace, i) ? std::nanf("") : trace.scaled(trace.input[i], i);
    divided.push_back(static_cast<double>(scaled));
    rounded.push_back(std::isnan(scaled) ? divided.back() : static_cast<double>(trace.rounded(scaled)));
  }
  if (std::any_of(divided.begin(), divided.end(), [](double t) { return std::isnan(t); }))
    out.notes.push_back(
        "Where the stored scale is 0 nothing is divided: codes are those the search ended with, and all of "
        "them mean the same.");
  const bool roundsToLevel = text.round.starts_with("level");
  if (trace.scaled)
    insertStepBefore(out, StepId::Code, {StepId::Divide, "t", "in units of the scale", pattern(text.divide), divided});
  if (roundsToLevel) {
    const auto level = std::find_if(out.steps.begin(), out.steps.end(),
                                    [](const ExplanationStep& step) { return step.id == StepId::Level; });
    ExplanationStep step = std::move(*level);
    out.steps.erase(level);
    step.id = StepId::Round, step.pattern = pattern(text.round);
    insertStepBefore(out, StepId::Code, std::move(step));
  } else if (trace.scaled) {
    insertStepBefore(out, StepId::Code, {StepId::Round, "r", "to a whole number", std::string(text.round), rounded});
  }
  const auto code = std::find_if(out.steps.begin(), out.steps.end(),
                                 [](const ExplanationStep& step) { return step.id == StepId::Code; });
  if (!text.clamp.empty()) {
    const double most = std::exp2(static_cast<double>(blockCodec(text.dtype)->codeBits) - 1.0);
    for (std::size_t i = 0; i < divided.size(); ++i)
      clamped.push_back(std::isnan(divided[i]) ? divided[i] : code->values[i] - most);
  }
  code->pattern = pattern(text.code);
  if (!clamped.empty())
    insertStepBefore(out, StepId::Code,
                     {StepId::Clamp, "c", "to the codes there are", std::string(text.clamp), clamped});
}

/// Indices of a lattice and digits: several weights are coded at once.
void explainIndices(BlockExplanation& out) {
  const auto fieldOf = [&](FieldRole role) {
    const auto& fields = out.fields.fields;
    const auto found =
        std::find_if(fields.begin(), fields.end(), [role](const BlockField& f) { return f.role == role; });
    return found == fields.end() ? nullptr : &*found;
  };
  const BlockField* index = fieldOf(FieldRole::Index);
  if (index == nullptr) return;
  const bool isLattice = index->symbol != "t";
  for (ExplanationStep& step : out.steps) {
    if (step.id == StepId::Code)
      step.meaning = isLattice ? fmt::format("the lattice point of {} weights", index->valueCount)
                               : fmt::format("the byte of {} ternary digits", index->valueCount);
    if (step.id == StepId::Level)
      step.meaning = isLattice ? "the weight's coordinate of the point, with its sign" : "the weight's digit";
  }
  if (!isLattice) return;
  out.notes.push_back(fmt::format(
      "{} weights at a time are one of {} points of a fixed lattice: i is its number, v the weight's coordinate.",
      index->valueCount, std::uint64_t{1} << index->bits()));
  const BlockField* signs = fieldOf(FieldRole::Sign);
  if (signs == nullptr) return;
  if (signs->bits() == signs->valueCount)
    return out.notes.push_back("The points are magnitudes; each sign is a bit of its own.");
  const auto& levels = out.step(StepId::Level)->values;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < levels.size(); ++i)
    changed += out.values[i] != 0.0F && (levels[i] < 0.0) != (out.values[i] < 0.0F) ? 1 : 0;
  out.notes.push_back(
      fmt::format("The points are magnitudes. Of eight signs seven are stored, and the eighth makes the number of "
                  "minus signs even: "
                  "where it is odd, the weight that costs least changes its sign. Here {} did.",
                  changed));
}

void explainRange(const std::string& search, BlockExplanation& out) {
  for (const ExplanationLevels& set : out.levels) {
    if (set.levels.empty()) continue;
    out.range.low = &set == &out.levels.front() ? set.levels.front() : std::min(out.range.low, set.levels.front());
    out.range.high = &set == &out.levels.front() ? set.levels.back() : std::max(out.range.high, set.levels.back());
  }
  out.range.meaning = search.empty() ? "The levels follow from the extreme values of what shares a scale." : search;
}

void addTransfer(DType dtype, const BlockTrace& trace, BlockExplanation& out) {
  if (!trace.code) return;
  const float limit = std::abs(extremeOf(trace.input));
  const auto codeOf = [trace, limit](float x, std::size_t i) {
    float input = std::isnan(x) ? 0.0F : x / trace.unit;
    input = std::clamp(input, -limit, limit);
    return trace.code(trace.scaled ? trace.scaled(input, i) : input, i);
  };
  if (dtype == DType::TQ1_0) {
    const float d = static_cast<float>(parameterOf(out, "d").stored);
    out.transfer = [codeOf, d](float x, std::size_t i) { return static_cast<float>(codeOf(x, i) - 1) * d; };
    return;
  }
  std::vector<const BlockField*> fieldOf(out.fields.values);  // of the table, which stays
  for (const BlockField& field : fieldsOf(dtype).fields)
    if (field.role == FieldRole::Code) fieldOf[field.firstValue] = &field;
  out.transfer = [codeOf, dtype, fieldOf, bytes = out.bytes](float x, std::size_t i) {
    std::vector<std::byte> block = bytes;
    setBits(*fieldOf[i], static_cast<std::uint64_t>(codeOf(x, i)), block);
    std::vector<float> decoded(fieldOf.size());
    blockCodec(dtype)->decode(reinterpret_cast<const std::uint8_t*>(block.data()), 1, decoded.data());
    return decoded[i];
  };
}

}  // namespace

void explainGguf(const ExplainInput& input, BlockExplanation& out) {
  const DType dtype = *input.encoded.dtype();
  const bool byImportance = !input.importance.empty() && blockCodec(dtype)->encodeByImportance != nullptr;
  const BlockTrace trace = traceOf(dtype, input);
  const GgufText& text = ggufText(dtype, byImportance);
  const std::string search = searchSentence(dtype, text, trace, byImportance);
  explainBlockScale(text, trace, out);
  explainGroups(text, trace, out);
  for (ExplanationParameter& parameter : out.parameters)
    if (parameter.role == FieldRole::Scale || parameter.role == FieldRole::Minimum)
      parameter.search = search, parameter.candidates = search.empty() ? 0 : trace.candidates;
  if (text.divide.find("{κ}") != std::string_view::npos) addSearchedFactors(trace, out);
  explainRange(search, out);
  explainCodes(text, trace, out);
  explainIndices(out);
  addTransfer(dtype, trace, out);
}

}  // namespace core::quant
