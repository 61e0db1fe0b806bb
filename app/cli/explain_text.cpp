#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/cli/explain_columns.h"
#include "app/cli/explain_input.h"
#include "app/cli/explain_tensor.h"
#include "core/io/text_checks.h"
#include "core/quant/explain/formula_text.h"

namespace app::cli {

namespace quant = core::quant;

namespace {

constexpr std::size_t kShownWeights = 256;  // a whole super-block
constexpr std::size_t kBytesPerLine = 16;
constexpr std::size_t kShownBytes = 512;

void printParameter(const quant::ExplanationParameter& parameter, std::size_t count) {
  std::string covers = parameter.valueCount == count ? std::string()
                                                     : fmt::format(" [{}…{}]", parameter.firstValue,
                                                                   parameter.firstValue + parameter.valueCount - 1);
  if (parameter.bits != 0)
    fmt::print("  {}{} = {}  ({}, {} {})\n", parameter.symbol, covers, quant::numberText(parameter.stored),
               parameter.storedAs, parameter.bits, parameter.bits == 1 ? "bit" : "bits");
  else
    fmt::print("  {}{} = {}  ({})\n", parameter.symbol, covers, quant::numberText(parameter.stored),
               parameter.storedAs);
  if (!parameter.numbers.empty())
    fmt::print("      {}\n      {}\n", parameter.formula, parameter.numbers);
  else if (parameter.computed)
    fmt::print("      before it was stored: {}\n", quant::numberText(*parameter.computed));
  if (parameter.searched) fmt::print("      found by the search: {}\n", quant::numberText(*parameter.searched));
}

/// Every meaning and search once, however many groups have it.
void printParameters(const quant::BlockExplanation& explanation) {
  std::string last;
  for (const auto& parameter : explanation.parameters) {
    std::string about = parameter.meaning;
    if (!parameter.search.empty()) about += " " + parameter.search;
    if (about != last) fmt::print("{}\n", about);
    last = about;
    printParameter(parameter, explanation.values.size());
  }
}

void printSteps(const quant::BlockExplanation& explanation) {
  for (const auto& step : explanation.steps)
    fmt::print("  {:<10} {}  ({})\n", quant::toString(step.id), quant::stepFormula(step), step.meaning);
  if (explanation.values.empty()) return;
  fmt::print("with the numbers of the first weight:\n");
  for (std::size_t s = 0; s < explanation.steps.size(); ++s) fmt::print("  {}\n", quant::stepText(explanation, s, 0));
}

/// A cell of fixed width: letters are counted, not bytes, and marks that stand above a letter not at all.
std::string cell(const std::string& text, std::size_t width) {
  std::size_t letters = 0;
  for (const char c : text) letters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
  for (std::size_t at = text.find("\u0302"); at != std::string::npos; at = text.find("\u0302", at + 1)) --letters;
  return std::string(letters < width ? width - letters : 0, ' ') + text;
}

void printTable(const quant::BlockExplanation& explanation) {
  constexpr std::size_t kIndex = 6, kColumn = 15;
  std::string line = cell("i", kIndex);
  for (const auto& step : explanation.steps) line += cell(step.symbol, kColumn);
  fmt::print("{}\n", line + cell("e/step", kColumn));
  const auto inSteps = quant::errorInSteps(explanation);
  const std::size_t shown = std::min(kShownWeights, explanation.values.size());
  const auto number = [](double value) { return std::isnan(value) ? std::string("–") : quant::numberText(value); };
  for (std::size_t i = 0; i < shown; ++i) {
    line = cell(std::to_string(i), kIndex);
    for (const auto& step : explanation.steps) line += cell(number(step.values[i]), kColumn);
    fmt::print("{}\n", line + cell(number(inSteps[i]), kColumn));
  }
  if (shown < explanation.values.size())
    fmt::print("… the first {} of {} weights; --json has them all\n", shown, explanation.values.size());
}

void printBytes(const quant::BlockExplanation& explanation) {
  const std::size_t shown = std::min(kShownBytes, explanation.bytes.size());
  for (std::size_t at = 0; at < shown; at += kBytesPerLine) {
    std::string line = fmt::format("  {:>5} ", at);
    for (std::size_t i = at; i < std::min(at + kBytesPerLine, shown); ++i)
      line += fmt::format(" {:02x}", std::to_integer<unsigned>(explanation.bytes[i]));
    fmt::print("{}\n", line);
  }
  if (shown < explanation.bytes.size())
    fmt::print("  … the first {} of {} bytes; --json has them all\n", shown, explanation.bytes.size());
}

void printSize(const quant::BlockExplanation& explanation) {
  for (const auto& part : explanation.size)
    fmt::print("  {:<28} {:>10}  {}\n", part.part, quant::numberText(part.bitsPerWeight), part.count);
  fmt::print("  {:<28} {:>10}\n", "bits per weight", quant::numberText(explanation.bitsPerWeight));
}

}  // namespace

void printExplanation(const ExplainedBlock& explained) {
  const quant::BlockExplanation& explanation = explained.block;
  fmt::print("{}, row {}, block {}: {} weights as {}\n", core::io::printable(explanation.tensor), explanation.row,
             explanation.block, explanation.values.size(),
             explanation.scheme ? explanation.scheme->displayName() : std::string("stored"));
  for (const std::string& note : explanation.notes) fmt::print("{}\n", note);
  const auto& range = explanation.range;
  fmt::print("\nrange\n  the weights: {} … {}\n  the levels: {} … {}\n", quant::numberText(range.min),
             quant::numberText(range.max), quant::numberText(range.low), quant::numberText(range.high));
  if (!range.meaning.empty()) fmt::print("  {}\n", range.meaning);
  if (!explanation.parameters.empty()) fmt::print("\nshared numbers\n");
  printParameters(explanation);
  fmt::print("\nsteps\n");
  printSteps(explanation);
  fmt::print("\n");
  printTable(explanation);
  if (explained.columns) {
    const std::size_t columns = quant::columnCount(*explained.columns);
    fmt::print("\nthe row, column by column\n");
    printColumns(*explained.columns, explanation.firstValue % columns);
  }
  if (explained.input) {
    fmt::print("\nthe inputs of the layer\n");
    printInput(*explained.input);
  }
  fmt::print("\n{} bytes\n", explanation.bytes.size());
  printBytes(explanation);
  fmt::print("\nsize of the tensor\n");
  printSize(explanation);
}

}  // namespace app::cli
