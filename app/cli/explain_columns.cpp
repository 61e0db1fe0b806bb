#include "app/cli/explain_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/quant/explain/formula_text.h"

namespace app::cli {

namespace quant = core::quant;

namespace {

constexpr std::size_t kPushedShown = 32, kColumnsShown = 32, kWide = 12;

Json gptqJson(const quant::GptqExplanation& of) {
  Json columns = Json::array();
  for (const quant::GptqStep& step : of.trace.steps) {
    const auto end = step.pushed.begin() + static_cast<std::ptrdiff_t>(std::min(kPushedShown, step.pushed.size()));
    columns.push_back({{"column", step.column},
                       {"stored_at", step.stored},
                       {"input_mean_square", of.inputs[step.column]},
                       {"weight", step.weight},
                       {"stood", step.stood},
                       {"code", step.code},
                       {"decoded", step.decoded},
                       {"diagonal", step.diagonal},
                       {"scaled_error", step.scaledError},
                       {"pushed", std::vector<double>(step.pushed.begin(), end)},
                       {"rounded_alone", of.roundedAlone[step.column]}});
  }
  return {{"method", "gptq"},
          {"damping", of.trace.damping},
          {"output_mse", of.error},
          {"output_mse_alone", of.errorAlone},
          {"columns", std::move(columns)}};
}

Json scaledJson(const quant::ScaledExplanation& of) {
  Json columns = Json::array();
  for (const quant::ScaledColumn& column : of.columns) {
    Json row = {{of.ratio ? "input_mean" : "input_max", column.input},
                {"factor", column.factor},
                {"weight", column.weight},
                {"multiplied", column.multiplied},
                {"clipped", column.limited},
                {"code", column.code ? Json(*column.code) : Json()},
                {"decoded", column.decoded},
                {"rounded_alone", column.decodedAlone}};
    if (!of.ratio) row["weight_max"] = column.largestWeight;
    columns.push_back(std::move(row));
  }
  return {{"method", of.ratio ? "awq" : "smooth"},
          {"ratio", finite(of.ratio)},
          {"losses", of.losses},
          {"output_mse", finite(of.error)},
          {"output_mse_alone", finite(of.errorAlone)},
          {"columns", std::move(columns)}};
}

Json hqqJson(const quant::HqqExplanation& of) {
  Json groups = Json::array(), columns = Json::array();
  for (std::size_t g = 0; g < of.trace.stored.size(); ++g) {
    Json zeros = Json::array();
    for (const auto& grids : of.trace.grids) zeros.push_back(grids[g].zero);
    groups.push_back({{"scale", of.trace.stored[g].scale}, {"zeros", zeros}, {"zero", of.trace.stored[g].zero}});
  }
  for (const quant::HqqColumn& column : of.columns)
    columns.push_back({{"group", column.group},
                       {"weight", column.weight},
                       {"code", column.code},
                       {"decoded", column.decoded},
                       {"decoded_before", column.decodedBefore}});
  return {
      {"method", "hqq"}, {"errors", of.trace.errors}, {"groups", std::move(groups)}, {"columns", std::move(columns)}};
}

std::string cell(double value) { return fmt::format("{:>{}}", quant::numberText(value), kWide); }
std::string cell(float value) { return cell(static_cast<double>(value)); }

void printGptq(const quant::GptqExplanation& of, std::size_t first) {
  fmt::print("  mean squared error of the row's output: {}; rounded alone {}\n", quant::numberText(of.error),
             quant::numberText(of.errorAlone));
  fmt::print("  turn column {:>12}{:>12}{:>6}{:>12}{:>12}{:>12}\n", "weight", "stood", "code", "decoded", "error/U",
             "into next");
  const auto& steps = of.trace.steps;
  for (std::size_t k = first; k < std::min(steps.size(), first + kColumnsShown); ++k) {
    const quant::GptqStep& step = steps[k];
    fmt::print("  {:>4} {:>6} {}{}{:>6}{}{}{}\n", k, step.column, cell(step.weight), cell(step.stood), step.code,
               cell(step.decoded), cell(step.scaledError), step.pushed.empty() ? "" : cell(step.pushed.front()));
  }
}

void printScaled(const quant::ScaledExplanation& of, std::size_t first) {
  if (of.ratio)
    fmt::print("  ratio {}, the best of {}: mean squared error of outputs {} where 0 has {}\n",
               quant::numberText(*of.ratio), of.losses.size(),
               quant::numberText(*std::min_element(of.losses.begin(), of.losses.end())),
               quant::numberText(of.losses.front()));
  fmt::print("  column {:>12}{:>12}{:>12}{:>12}{:>6}{:>12}{:>12}\n", of.ratio ? "mean|x|" : "max|x|", "factor",
             "weight", "w*factor", "code", "decoded", "alone");
  for (std::size_t c = first; c < std::min(of.columns.size(), first + kColumnsShown); ++c) {
    const quant::ScaledColumn& column = of.columns[c];
    fmt::print("  {:>6} {}{}{}{}{:>6}{}{}\n", c, cell(column.input), cell(column.factor), cell(column.weight),
               cell(column.limited), column.code ? std::to_string(*column.code) : "-", cell(column.decoded),
               cell(column.decodedAlone));
  }
}

void printHqq(const quant::HqqExplanation& of, std::size_t first) {
  fmt::print("  mean |error| of the tensor, iteration by iteration:");
  for (const double error : of.trace.errors) fmt::print(" {}", quant::numberText(error));
  fmt::print("\n");
  for (std::size_t g = 0; g < std::min(kColumnsShown, of.trace.stored.size()); ++g)
    fmt::print("  group {:>4}: zero-point {} at first, {} stored, scale {}\n", g,
               quant::numberText(static_cast<double>(of.trace.grids.front()[g].zero)),
               quant::numberText(static_cast<double>(of.trace.stored[g].zero)),
               quant::numberText(static_cast<double>(of.trace.stored[g].scale)));
  fmt::print("  column group {:>12}{:>6}{:>12}{:>12}\n", "weight", "code", "decoded", "before");
  for (std::size_t c = first; c < std::min(of.columns.size(), first + kColumnsShown); ++c) {
    const quant::HqqColumn& column = of.columns[c];
    fmt::print("  {:>6} {:>5} {}{:>6}{}{}\n", c, column.group, cell(column.weight), column.code, cell(column.decoded),
               cell(column.decodedBefore));
  }
}

}  // namespace

Json columnsJson(const quant::MethodExplanation& explanation) {
  if (const auto* of = explanation.as<quant::GptqExplanation>()) return gptqJson(*of);
  if (const auto* of = explanation.as<quant::ScaledExplanation>()) return scaledJson(*of);
  return hqqJson(*explanation.as<quant::HqqExplanation>());
}

void printColumns(const quant::MethodExplanation& explanation, std::size_t first) {
  if (const auto* of = explanation.as<quant::GptqExplanation>()) return printGptq(*of, first);
  if (const auto* of = explanation.as<quant::ScaledExplanation>()) return printScaled(*of, first);
  printHqq(*explanation.as<quant::HqqExplanation>(), first);
}

}  // namespace app::cli
