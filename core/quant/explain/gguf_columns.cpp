#include "core/quant/explain/gguf_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/quant/block_codec.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/explain/stored_block.h"

namespace core::quant {

namespace {

using tensor::DType;

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

void addTransfer(DType dtype, const BlockTrace& trace, BlockExplanation& out) {
  if (!trace.code) return;
  float limit = 0.0F;  // beyond it are only values that are not finite, or more than can be stored
  for (const float x : trace.input) limit = std::max(limit, std::abs(x));
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

void explainColumns(const GgufText& text, const BlockTrace& trace, BlockExplanation& out) {
  explainCodes(text, trace, out);
  explainIndices(out);
  addTransfer(text.dtype, trace, out);
}

}  // namespace core::quant
