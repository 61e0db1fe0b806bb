#include "app/workspaces/quantize/column_table.h"

#include <algorithm>
#include <limits>

#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

using namespace core::quant;

double wide(float value) { return static_cast<double>(value); }

constexpr int kWhole = 0, kRough = 3;                               // digits
constexpr int kPlace = 6, kCode = 4, kShort = 5, kLongNumber = 10;  // letters

ColumnTable::Field columnField() { return {tr("column"), tr("of the weight matrix"), kWhole, kPlace}; }
ColumnTable::Field weightField() { return {tr("w"), tr("the weight as it was")}; }
ColumnTable::Field codeField() { return {tr("code"), tr("what is stored"), kWhole, kCode}; }
ColumnTable::Field decodedField() { return {tr("ŵ"), tr("what is read back")}; }

ColumnTable tableOf(const GptqExplanation& of) {
  ColumnTable table;
  table.fields = {{tr("turn"), tr("the place of the column in the order of rounding"), kWhole, kCode},
                  columnField(),
                  weightField(),
                  {tr("w now"), tr("the same with what the columns before pushed into it: this is rounded")},
                  codeField(),
                  decodedField(),
                  {tr("error"), tr("of the rounding: what it stood at less what is read back"), kRough, kLongNumber}};
  for (std::size_t k = 0; k < of.trace.steps.size(); ++k) {
    const GptqStep& step = of.trace.steps[k];
    table.lines.push_back({static_cast<double>(k + 1), static_cast<double>(step.column), step.weight, step.stood,
                           static_cast<double>(step.code), wide(step.decoded), step.stood - wide(step.decoded)});
  }
  return table;
}

ColumnTable tableOf(const ScaledExplanation& of) {
  ColumnTable table;
  const bool isAwq = of.ratio.has_value();
  table.fields = {columnField(),
                  isAwq ? ColumnTable::Field{tr("mean |x|"), tr("how large its inputs are"), kRough, kShort + 1}
                        : ColumnTable::Field{tr("max |x|"), tr("the largest of its inputs"), kRough, kShort}};
  if (!isAwq) table.fields.push_back({tr("max |w|"), tr("the largest weight of the column"), kRough, kShort});
  table.fields.push_back(
      {tr("s"), tr("what the column is multiplied by and its inputs are divided by"), kRough, kShort});
  table.fields.push_back(weightField());
  if (isAwq) table.fields.push_back(codeField());
  table.fields.push_back({tr("error"), tr("what is read back less w"), kRough, kLongNumber});
  table.fields.push_back({tr("without s"), tr("the error that the format makes of w alone"), kRough, kLongNumber});
  for (std::size_t c = 0; c < of.columns.size(); ++c) {
    const ScaledColumn& column = of.columns[c];
    std::vector<double> line{static_cast<double>(c), wide(column.input)};
    if (!isAwq) line.push_back(wide(column.largestWeight));
    line.push_back(wide(column.factor));
    line.push_back(wide(column.weight));
    if (isAwq)
      line.push_back(column.code ? static_cast<double>(*column.code) : std::numeric_limits<double>::quiet_NaN());
    line.push_back(wide(column.decoded) - wide(column.weight));
    line.push_back(wide(column.decodedAlone) - wide(column.weight));
    table.lines.push_back(std::move(line));
  }
  return table;
}

ColumnTable tableOf(const HqqExplanation& of) {
  ColumnTable table;
  table.fields = {
      columnField(),
      {tr("group"), tr("of the row"), kWhole, kCode + 1},
      weightField(),
      codeField(),
      decodedField(),
      {tr("error"), tr("what is read back less w"), kRough, kLongNumber},
      {tr("at first"), tr("the error under the zero-point that the search began with"), kRough, kLongNumber}};
  for (std::size_t c = 0; c < of.columns.size(); ++c) {
    const HqqColumn& column = of.columns[c];
    table.lines.push_back({static_cast<double>(c), static_cast<double>(column.group), wide(column.weight),
                           static_cast<double>(column.code), wide(column.decoded),
                           wide(column.decoded) - wide(column.weight),
                           wide(column.decodedBefore) - wide(column.weight)});
  }
  return table;
}

}  // namespace

ColumnTable columnTable(const MethodExplanation& explanation) {
  return std::visit([](const auto& of) { return tableOf(of); }, explanation.of);
}

std::uint32_t columnOf(const MethodExplanation& explanation, std::size_t line) {
  const auto* of = explanation.as<GptqExplanation>();
  return of != nullptr ? of->trace.steps[line].column : static_cast<std::uint32_t>(line);
}

std::size_t lineOf(const MethodExplanation& explanation, std::uint32_t column) {
  const auto* of = explanation.as<GptqExplanation>();
  if (of == nullptr) return column;
  const auto& steps = of->trace.steps;
  return static_cast<std::size_t>(std::ranges::find(steps, column, &GptqStep::column) - steps.begin());
}

}  // namespace app
