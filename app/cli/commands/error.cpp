#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/session/scheme_error.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::metrics::Metric;

constexpr Metric kMetrics[] = {Metric::Mse, Metric::SqnrDb, Metric::RelativeError, Metric::Cosine, Metric::MaxAbsError};

struct Options {
  std::string model, pattern = "*", metric = "sqnr_db";
  std::vector<std::string> schemes;
  Output output = Output::ForPeople;
};

Metric parseMetric(const std::string& text) {
  for (const Metric metric : kMetrics) {
    if (text == core::metrics::toString(metric)) return metric;
  }
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "The metric must be mse, sqnr_db, relative_error, cosine or max_abs_error; found '" + text + "'.");
}

std::vector<core::quant::Scheme> parseSchemes(const std::vector<std::string>& texts) {
  static const std::vector<std::string> kUsual = {"bf16", "int8", "int4", "nf4", "q8_0", "q4_0"};
  std::vector<core::quant::Scheme> schemes;
  for (const auto& text : texts.empty() ? kUsual : texts) schemes.push_back(core::quant::Scheme::parse(text));
  return schemes;
}

Json toJson(const SchemeError& error, const std::string& tensor) {
  Json row = {{"tensor", tensor}, {"scheme", error.scheme.toString()}};
  if (!error.refused.empty()) {
    row["refused"] = error.refused;
    return row;
  }
  row["bits_per_weight"] = error.bitsPerWeight;
  row["bytes"] = error.bytes;
  for (const Metric metric : kMetrics)
    row[core::metrics::toString(metric)] = finite(core::metrics::value(error.stats, metric));
  // JSON has no infinity: a null above is no error, an infinite one, or nothing to compare, as the outcome says.
  row["outcome"] = core::metrics::toString(error.stats.outcome());
  row["compared"] = error.stats.count();
  row["non_finite"] = nonFiniteJson(error.stats.nonFinite());
  row["replaced"] = error.stats.replaced();
  row["overflowed"] = nonFiniteJson(error.stats.overflowed());
  return row;
}

/// What the figure leaves out or what makes it infinite; empty where there is nothing to say.
std::string remarks(const core::metrics::ErrorStats& stats) {
  std::string text;
  if (stats.outcome() == core::metrics::Outcome::Nothing) text += "; nothing to compare";
  if (const auto lost = stats.overflowed(); lost.count() != 0)
    text += "; overflow of finite weights: " + core::metrics::describe(lost);
  if (const auto odd = stats.nonFinite(); odd.count() != 0) {
    text += "; not measured: " + core::metrics::describe(odd);
    if (stats.replaced() != 0) text += fmt::format(" ({} stored as other numbers)", stats.replaced());
  }
  return text;
}

void printText(const std::string& tensor, const SchemeError& error, Metric metric) {
  if (!error.refused.empty())
    return fmt::print("{:<32} {:<24} {}\n", core::io::printable(tensor), error.scheme.toString(),
                      core::io::printable(error.refused));
  fmt::print("{:<32} {:<24} {:>6.2f} bits per weight  {} {:.5g}{}\n", core::io::printable(tensor),
             error.scheme.toString(), error.bitsPerWeight, core::metrics::toString(metric),
             core::metrics::value(error.stats, metric), remarks(error.stats));
}

std::vector<KeptTensor> keptOf(const core::io::Checkpoint& checkpoint, const std::string& pattern) {
  auto kept = keptTensors(checkpoint);
  std::erase_if(kept, [&pattern](const KeptTensor& tensor) { return !matchesPattern(tensor.tensor, pattern); });
  return kept;
}

void run(const Options& options) {
  const Metric metric = parseMetric(options.metric);
  const auto schemes = parseSchemes(options.schemes);
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  const auto& checkpoint = model->checkpoint();
  Json rows = Json::array();
  bool any = false;
  for (const std::size_t index : core::model::tensorsToQuantize(checkpoint)) {
    const std::string& tensor = checkpoint.tensors()[index].name;
    if (!matchesPattern(tensor, options.pattern)) continue;
    any = true;
    for (const auto& scheme : schemes) {
      const SchemeError error = measureSchemeError(checkpoint, index, scheme, job);
      if (options.output == Output::ForPrograms)
        rows.push_back(toJson(error, tensor));
      else
        printText(tensor, error, metric);
    }
  }
  const auto kept = keptOf(checkpoint, options.pattern);
  if (!any) {
    throw core::Error(core::ErrorCode::NotFound,
                      "No matrix of " + options.model + " matches '" + options.pattern + "'" +
                          (kept.empty() ? "." : " and can be measured: " + describeKept(checkpoint, kept) + "."));
  }
  if (options.output == Output::ForPrograms) {
    // The answer is a list of measurements; what was not measured is said once, in the first of them.
    if (!kept.empty()) rows.front()["kept"] = keptJson(kept);
    return print(rows);
  }
  if (!kept.empty())
    fmt::print("not measured, no scheme is for them: {}\n", core::io::printable(describeKept(checkpoint, kept)));
}

}  // namespace

void addError(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("error", "Error of each layer's weights under each scheme");
  addModel(*command, options->model);
  command->add_option("--scheme", options->schemes,
                      "A scheme, e.g. int4:group=64 (repeatable; default: six usual ones)");
  command->add_option("--tensor", options->pattern, "Only tensors that match this pattern (* and ?)")
      ->capture_default_str();
  command->add_option("--metric", options->metric, "The column of the text table")->capture_default_str();
  addJsonFlag(*command, options->output);
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
