#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/study_options.h"
#include "app/session/json_numbers.h"
#include "app/session/measured_tensor.h"
#include "app/session/open_model.h"
#include "app/session/other_models.h"
#include "app/session/scheme_totals.h"
#include "app/session/treatment.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/stored_axes.h"

namespace app::cli {

namespace error_verb {

using core::metrics::Metric;

constexpr Metric kMetrics[] = {Metric::Mse,    Metric::SqnrDb,      Metric::RelativeError,
                               Metric::Cosine, Metric::MaxAbsError, Metric::OutputError};

struct Options {
  std::string model, reference, pattern = "*", metric = "sqnr_db";
  RecipeOptions weights;
  std::string text;  ///< that layers' outputs are measured on
  bool summary = false;
  Output output = Output::ForPeople;
};

/// Everything that was asked for.
struct Answer {
  std::vector<SchemeTotals> totals;  ///< one per treatment
  std::vector<KeptTensor> kept;      ///< that match the pattern but that nothing is for
  std::vector<KeptTensor> same;      ///< of another model, that differ in nothing
  std::optional<std::string> note;   ///< about the axes of the matrices
  Json rows = Json::array();         ///< the measurements, for programs
};

Metric parseMetric(const std::string& text) {
  if (text == "output") return Metric::OutputError;
  for (const Metric metric : kMetrics) {
    if (text == core::metrics::toString(metric)) return metric;
  }
  throw core::Error(
      core::ErrorCode::InvalidArgument,
      "The metric must be mse, sqnr_db, relative_error, cosine, max_abs_error or output_error; found '" + text + "'.");
}

Json toJson(const SchemeError& error, const std::string& tensor, const Treatment& treatment, Measure what,
            const core::evaluate::OutputError* output) {
  const auto& decision = treatment.plan.tensors[error.tensor];
  Json row = {{"tensor", tensor}, {"scheme", error.schemeText()}};
  if (treatment.recipe.asScheme() == nullptr) {
    row["recipe"] = treatment.recipe.toString();
    row["rule"] = decision.rule;
    if (!decision.fallback.empty()) row["fallback"] = decision.fallback;
  }
  addAxes(row, decision.place.axes);
  if (!error.refused.empty()) {
    row["refused"] = error.refused;
    return row;
  }
  row["bits_per_weight"] = error.bitsPerWeight;
  row["bytes"] = error.bytes;
  for (const Metric metric : kMetrics)
    if (metric != Metric::OutputError || what == Measure::Outputs)
      row[core::metrics::toString(metric)] = finite(value(error, metric));
  if (output != nullptr) {
    row["output_error_error"] = finite(output->weights.error);
    addEstimate(row, "output_error_of_inputs", output->activations);
    addEstimate(row, "output_error_total", output->total);
    row["output_tokens"] = output->tokens;
  }
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

void printText(const std::string& tensor, const SchemeError& error, const Treatment& treatment, Metric metric) {
  std::string scheme = error.schemeText();
  if (treatment.recipe.asScheme() == nullptr && treatment.recipe.otherModel() == nullptr)
    scheme += fmt::format(" ({})", core::io::printable(treatment.recipe.toString()));
  if (!error.refused.empty())
    return fmt::print("{:<32} {:<24} {}\n", core::io::printable(tensor), scheme, core::io::printable(error.refused));
  const double figure = value(error, metric);
  const std::string text = metric == Metric::OutputError && std::isnan(figure)
                               ? std::string("not measured: none of its inputs are known")
                               : fmt::format("{:.5g}", figure);
  fmt::print("{:<32} {:<24} {:>6.2f} bits per weight  {} {}{}\n", core::io::printable(tensor), scheme,
             error.bitsPerWeight, core::metrics::toString(metric), text, remarks(error.stats));
}

/// The tensors that no treatment changes.
std::vector<KeptTensor> keptOf(const core::io::Checkpoint& checkpoint, const std::vector<Treatment>& treatments,
                               const std::string& pattern) {
  std::vector<KeptTensor> kept;
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
    const auto& tensor = checkpoint.tensors()[i];
    const bool isMeasured = std::any_of(treatments.begin(), treatments.end(), [i](const Treatment& treatment) {
      return treatment.decisionOf(i).has_value();
    });
    if (isMeasured || !matchesPattern(tensor.name, pattern)) continue;
    kept.push_back({tensor.name, treatments.front().plan.tensors[i].kept, tensor.bytes});
  }
  return kept;
}

Json toJson(const SchemeTotals& totals) {
  Json row = {{"scheme", totals.name()},       {"measured", totals.measured()},
              {"refused", totals.refused()},   {"unmeasured", totals.unmeasured()},
              {"bytes", totals.bytes()},       {"bits_per_weight", finite(totals.bitsPerWeight())},
              {"mean", finite(totals.mean())}, {"worst", finite(totals.worst())},
              {"worst_tensor", nullptr}};
  if (totals.measured() != 0) row["worst_tensor"] = totals.worstTensor();
  return row;
}

void printText(const SchemeTotals& totals, Metric metric) {
  fmt::print("{:<24} {:>4} matrices", core::io::printable(totals.name()), totals.measured());
  if (totals.measured() != 0) {
    fmt::print("  {:>6.2f} bits per weight  {:>12} bytes  {} mean {:.5g}, worst {:.5g} ({})", totals.bitsPerWeight(),
               totals.bytes(), core::metrics::toString(metric), totals.mean(), totals.worst(),
               core::io::printable(totals.worstTensor()));
  }
  if (totals.refused() != 0) fmt::print("  {} cannot have it", totals.refused());
  if (totals.unmeasured() != 0) fmt::print("  {} not measured", totals.unmeasured());
  fmt::print("\n");
}

/// Another model's tensor that is no matrix is listed where it differs only: a norm, an embedding.
bool isTheSame(const SchemeError& error, const core::model::TensorDecision& decision) {
  return decision.other && decision.place.fate == core::model::Fate::Keep &&
         error.stats.outcome() == core::metrics::Outcome::Exact;
}

/// The text that layers' outputs are measured on; nothing where they are not, or only from an importance matrix.
std::optional<core::calibrate::TokenWindows> outputWindows(const OpenModel& model, const Options& options,
                                                           Metric metric) {
  const std::string& calibration = options.weights.calibration;
  std::string text = !options.text.empty() ? options.text : calibration;
  const bool hasOwn = model.isDemo() && options.weights.imatrix.empty();
  if (text.empty() && metric == Metric::OutputError && hasOwn) text = kDemoText;
  if (text.empty()) return std::nullopt;
  return windowsOf(model, openText(text), options.weights.reading, interruptibleJob());
}

Answer measure(const OpenModel& model, std::vector<core::model::Recipe> recipes, const Options& options,
               Metric metric) {
  const auto& job = interruptibleJob();
  const auto& checkpoint = model.checkpoint();
  const auto calibration = model.calibration().current();
  const auto treatments = planTreatments(std::move(recipes), checkpoint);
  const auto windows = outputWindows(model, options, metric);
  MeasuredTensors measured;
  if (windows) {
    std::vector<std::size_t> tensors;
    for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i)
      if (matchesPattern(checkpoint.tensors()[i].name, options.pattern)) tensors.push_back(i);
    measured = measureOutputs(model, treatments, tensors, *windows, job);
  }
  const Measure what = windows || metric == Metric::OutputError ? Measure::Outputs : Measure::Weights;
  const Measure others = windows ? Measure::Weights : what;  // of tensors that no layer multiplies with
  Answer answer;
  for (const auto& treatment : treatments) answer.totals.emplace_back(treatment.recipe.toString(), metric);
  for (std::size_t index = 0; index < checkpoint.tensors().size(); ++index) {
    const auto& tensor = checkpoint.tensors()[index];
    for (std::size_t i = 0; i < treatments.size(); ++i) {
      const auto decision = treatments[i].decisionOf(index);
      // The model that was asked about is the other one: its names count.
      const bool isAsked = decision && decision->other && !options.reference.empty();
      const std::string& name = isAsked ? decision->other->info().name : tensor.name;
      if (!decision || !matchesPattern(name, options.pattern)) continue;
      const auto known = measured.find({index, i});
      const SchemeError error = known != measured.end()
                                    ? known->second
                                    : measureSchemeError(checkpoint, index, *decision, job, calibration.get(), others);
      if (isTheSame(error, *decision)) {
        answer.same.push_back({name, "the same in both", tensor.bytes});
        continue;
      }
      answer.totals[i].add(error, name, tensor.shape.count());
      if (options.output == Output::ForPrograms)
        answer.rows.push_back(
            toJson(error, name, treatments[i], what, known != measured.end() ? &known->second.output : nullptr));
      else if (!options.summary)
        printText(name, error, treatments[i], metric);
    }
  }
  answer.kept = keptOf(checkpoint, treatments, options.pattern);
  answer.kept.insert(answer.kept.end(), answer.same.begin(), answer.same.end());
  answer.note = core::model::describeInputFirst(checkpoint, model.choices());
  return answer;
}

/// One object like the other verbs'; the plain answer is the list of measurements.
Json summaryJson(const core::io::Checkpoint& checkpoint, Answer& answer, Metric metric) {
  std::uint64_t keptBytes = 0;
  for (const auto& tensor : answer.kept) keptBytes += tensor.bytes;
  Json totals = Json::array();
  for (const auto& total : answer.totals) totals.push_back(toJson(total));
  Json json = {{"name", checkpoint.name()},     {"metric", core::metrics::toString(metric)},
               {"totals", std::move(totals)},   {"kept_share", shareOfBytes(checkpoint, keptBytes)},
               {"kept", keptJson(answer.kept)}, {"rows", std::move(answer.rows)}};
  if (answer.note) json["note"] = *answer.note;
  return json;
}

void run(const Options& options) {
  const Metric metric = parseMetric(options.metric);
  std::vector<core::model::Recipe> recipes;
  if (options.reference.empty() || options.weights.isGiven()) recipes = options.weights.parseAll();
  if (!options.reference.empty()) recipes.insert(recipes.begin(), openOther(options.model, interruptibleJob()));
  const auto model = OpenModel::open(options.reference.empty() ? options.model : options.reference, interruptibleJob());
  for (const auto& recipe : recipes) requireComparable(*model, recipe);
  const auto& checkpoint = model->checkpoint();
  options.weights.calibrate(*model, interruptibleJob());
  Answer answer = measure(*model, std::move(recipes), options, metric);
  const bool isAnyAsked = std::any_of(answer.totals.begin(), answer.totals.end(), [](const SchemeTotals& totals) {
    return totals.measured() + totals.refused() != 0;
  });
  if (!isAnyAsked) {
    throw core::Error(
        core::ErrorCode::NotFound,
        "No matrix of " + options.model + " matches '" + options.pattern + "'" +
            (answer.kept.empty() ? "." : " and can be measured: " + describeKept(checkpoint, answer.kept) + "."));
  }
  if (options.output == Output::ForPrograms) {
    if (options.summary) return print(summaryJson(checkpoint, answer, metric));
    // What was not measured is said once, in the first measurement.
    if (!answer.kept.empty()) answer.rows.front()["kept"] = keptJson(answer.kept);
    return print(answer.rows);
  }
  if (options.summary)
    for (const auto& totals : answer.totals) printText(totals, metric);
  if (!answer.kept.empty())
    fmt::print("{}: {}\n", answer.same.empty() ? "not measured, no scheme is for them" : "not listed",
               core::io::printable(describeKept(checkpoint, answer.kept)));
  if (answer.note) fmt::print("{}\n", core::io::printable(*answer.note));
}

}  // namespace error_verb

void addError(CLI::App& program) {
  auto options = std::make_shared<error_verb::Options>();
  CLI::App* command = program.add_subcommand("error", "Error of each layer's weights under each scheme");
  addModel(*command, options->model);
  command
      ->add_option("--reference", options->reference,
                   "The model it was made from: every weight of MODEL is measured against it, and so is what "
                   "--scheme and --recipe make of the reference")
      ->check(CLI::Validator(whyEmpty, ""));
  addRecipe(*command, options->weights, "A scheme, e.g. int4:group=64 (repeatable; default: six usual ones)",
            Takes::Any);
  command->add_option("--tensor", options->pattern, "Only tensors that match this pattern (* and ?)")
      ->capture_default_str();
  command
      ->add_option("--metric", options->metric,
                   "The column of the text table; output_error is what the weights do to their layer's outputs on "
                   "the inputs of --text; what activations= makes of those has its own columns in the JSON")
      ->capture_default_str();
  command
      ->add_option("--text", options->text,
                   "A text on which the errors of layers' outputs are measured, too (a file, demo or prose; "
                   "--calibration's where there is one; --calibration-tokens says how much)")
      ->check(CLI::Validator(whyEmpty, ""));
  command->add_flag("--summary", options->summary,
                    "One line per scheme; with --json one object: totals, what is kept, and the rows");
  addJsonFlag(*command, options->output);
  command->callback([options] { error_verb::run(*options); });
}

}  // namespace app::cli
