#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/quant/block_codec.h"
#include "core/quant/block_trace.h"
#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/gguf_columns.h"
#include "core/quant/explain/gguf_text.h"

namespace core::quant {

namespace {

using tensor::DType;

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
    const Rounded rounded{isFloat ? "FP8(" : text.groupOpen, text.groupClose};
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

void explainRange(const std::string& search, BlockExplanation& out) {
  for (const ExplanationLevels& set : out.levels) {
    if (set.levels.empty()) continue;
    out.range.low = &set == &out.levels.front() ? set.levels.front() : std::min(out.range.low, set.levels.front());
    out.range.high = &set == &out.levels.front() ? set.levels.back() : std::max(out.range.high, set.levels.back());
  }
  out.range.meaning = search.empty() ? "The levels follow from the extreme values of what shares a scale." : search;
}

}  // namespace

void explainGguf(const ExplainInput& input, BlockExplanation& out) {
  const DType dtype = *input.encoded.dtype();
  const bool byImportance = !input.importance.empty() && blockCodec(dtype)->encodeByImportance != nullptr;
  const BlockTrace trace = traceBlock(
      dtype, {input.row.data(), input.importance.empty() ? nullptr : input.importance.data(),
              input.row.size() / tensor::info(dtype).blockValues, input.column / tensor::info(dtype).blockValues});
  const GgufText& text = ggufText(dtype, byImportance);
  const std::string search = searchSentence(dtype, text, trace, byImportance);
  explainBlockScale(text, trace, out);
  explainGroups(text, trace, out);
  for (ExplanationParameter& parameter : out.parameters)
    if (parameter.role == FieldRole::Scale || parameter.role == FieldRole::Minimum)
      parameter.search = search, parameter.candidates = search.empty() ? 0 : trace.candidates;
  if (text.divide.find("{κ}") != std::string_view::npos) addSearchedFactors(trace, out);
  explainRange(search, out);
  explainColumns(text, trace, out);
}

}  // namespace core::quant
