#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/study_options.h"
#include "app/session/measure_sensitivity.h"
#include "app/session/sensitivity_json.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace sensitivity_verb {

using core::evaluate::Direction;
using core::evaluate::Level;

struct Options {
  std::string model, pattern = "*", direction = "swap";
  std::vector<std::string> levels;
  RecipeOptions weights;
  StudyOptions study;
  Output output = Output::ForPeople;
};

std::vector<Level> levelsOf(const Options& options) {
  std::vector<Level> levels;
  for (const std::string& word : options.levels)
    for (const Level level : {Level::Layer, Level::Role, Level::Tensor})
      if (word == core::evaluate::toString(level)) levels.push_back(level);
  return levels.empty() ? std::vector{Level::Tensor} : levels;
}

std::string shown(const core::evaluate::Estimate& estimate) {
  if (!std::isfinite(estimate.error)) return fmt::format("{:.3g}", estimate.value);  // of a single block of text
  return fmt::format("{:.3g} ± {:.2g}", estimate.value, estimate.error);
}

void printHead(const SensitivityReport& report) {
  fmt::print("{}: {} blocks, {} tokens read, {} scored", core::io::printable(report.textTitle), report.blocks,
             report.tokens, report.scored);
  if (report.leftOut != 0) fmt::print(", {} answers left out: too long", report.leftOut);
  if (report.unread != 0) fmt::print(", {} documents behind them not read", report.unread);
  const bool fails = !report.quantizedFailure.empty();
  printText(
      fmt::format("\n{} as a whole: {}\n", core::io::printable(report.recipe),
                  fails ? report.quantizedFailure : fmt::format("KL {} nats per token", shown(report.quantizedKl))));
}

void printRow(const SensitivityReport& report) {
  const SensitivityRow& row = report.rows.back();
  if (report.rows.size() == 1) printHead(report);
  fmt::print("{:<28} {:<16} {:<8} ", core::io::printable(row.name), row.scheme,
             core::evaluate::toString(row.direction));
  if (!row.failure.empty()) return printText(row.failure + "\n"), flush();
  fmt::print("KL {:<20}", shown(row.kl));
  if (row.direction == Direction::Restore) fmt::print(" less by {:<20}", shown(row.change));
  const char* before = " ";
  const auto add = [&](const char* name, double value) {
    if (row.level == Level::Tensor && !std::isnan(value))
      fmt::print("{}{} {:.3g}", std::exchange(before, ", "), name, value);
  };
  add("weight error", row.weightError);
  add("output error", row.outputError.total.value);
  add("by gradients", row.gradientEstimate);
  fmt::print("\n");
  flush();
}

/// @throws core::Error where nothing at all could be measured
void requireSomething(const SensitivityReport& report) {
  const bool isSomething =
      std::ranges::any_of(report.rows, [](const SensitivityRow& row) { return row.failure.empty(); });
  if (!isSomething)
    throw core::Error(core::ErrorCode::NotFinite,
                      fmt::format("Nothing could be measured of {}: {}", report.recipe, report.rows.front().failure));
}

void printCorrelation(const char* name, const core::evaluate::RankCorrelation& correlation) {
  if (std::isnan(correlation.rho)) return;
  fmt::print("  {:<18} {:>6.2f}  (95 %: {:.2f} … {:.2f})\n", name, correlation.rho, correlation.low, correlation.high);
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  options.weights.calibrate(*model, job);
  SensitivityRequest request;
  request.recipe = options.weights.parse();
  request.pattern = options.pattern;
  request.levels = levelsOf(options);
  request.swaps = options.direction != "restore";
  request.restores = options.direction != "swap";
  Engine engine;
  DivergenceStudy study(*model, engine, options.study.request(*model, "demo"), job);
  const bool isForPeople = options.output == Output::ForPeople;
  const SensitivityReport report =
      measureSensitivity(study, request, isForPeople ? OnSensitivity(printRow) : OnSensitivity(), job);
  if (!isForPeople) print(sensitivityJson(report));
  requireSomething(report);
  if (!isForPeople) return;
  if (report.proxies.points.size() < 3) return;
  fmt::print("Rank correlation with the measured KL, over {} tensors:\n", report.proxies.points.size());
  printCorrelation("weight error", report.proxies.weightError);
  printCorrelation("output error", report.proxies.outputError);
  printCorrelation("gradient estimate", report.proxies.gradientEstimate);
}

}  // namespace sensitivity_verb

void addSensitivity(CLI::App& program) {
  auto options = std::make_shared<sensitivity_verb::Options>();
  CLI::App* command = program.add_subcommand(
      "sensitivity", "What quantizing single tensors, layers or roles does to a model's predictions: KL divergence");
  addModel(*command, options->model);
  addRecipe(*command, options->weights, "What the tensors are quantized to");
  addStudy(*command, options->study);
  command->add_option("--tensor", options->pattern, "Only tensors that match this pattern (* and ?)")
      ->capture_default_str();
  command
      ->add_option("--level", options->levels, "What is exchanged at once: tensor (default), layer, role (repeatable)")
      ->check(CLI::IsMember({"tensor", "layer", "role"}));
  command
      ->add_option("--direction", options->direction,
                   "swap: one part quantized, the rest as stored; restore: all quantized but one part; or both")
      ->check(CLI::IsMember({"swap", "restore", "both"}))
      ->capture_default_str();
  addJsonFlag(*command, options->output);
  command->callback([options] {
    if (!options->weights.isGiven()) throw CLI::RequiredError("--scheme or --recipe");
    sensitivity_verb::run(*options);
  });
}

}  // namespace app::cli
