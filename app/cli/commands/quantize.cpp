#include <fmt/core.h>

#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/dry_run.h"
#include "app/cli/explain_tensor.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/target_options.h"
#include "app/session/cache_folder.h"
#include "app/session/open_model.h"
#include "app/session/quantize_model.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/stored_axes.h"

namespace app::cli {

namespace quantize_verb {

struct Options {
  std::string model;
  std::optional<std::string> out, explained;
  std::optional<core::quant::FolderLayout> layout;
  RecipeOptions weights;
  core::io::SplitLimits split;
  bool dryRun = false;
  Output output = Output::ForPeople;
};

Json toJson(const QuantizedFileRow& row) {
  Json json = {{"tensor", row.tensor}, {"from", row.from}, {"to", row.to}, {"bytes", row.bytes}};
  if (!row.target.empty()) json["target"] = row.target;
  json.update(reasonJson(row));
  addAxes(json, row.decision.place.axes);
  return json;
}

/// The tensors that hold values which are no numbers, before or after: [{"tensor", "nan", "inf", "first"}].
Json nonFiniteRows(const std::vector<QuantizedFileRow>& rows, core::metrics::NonFinite QuantizedFileRow::*which) {
  Json list = Json::array();
  for (const auto& row : rows) {
    if ((row.*which).count() == 0) continue;
    Json entry = {{"tensor", row.tensor}};
    entry.update(nonFiniteJson(row.*which));
    list.push_back(std::move(entry));
  }
  return list;
}

void printNonFinite(std::FILE* report, const std::vector<QuantizedFileRow>& rows) {
  for (const auto& row : rows) {
    if (row.nonFinite.count() != 0)
      fmt::print(report, "{} holds {}\n", core::io::inQuotes(row.tensor), core::metrics::describe(row.nonFinite));
    if (row.overflowed.count() != 0)
      fmt::print(report, "{} holds {} now: its finite weights do not fit into {}\n", core::io::inQuotes(row.tensor),
                 core::metrics::describe(row.overflowed), row.to);
  }
}

struct Totals {
  std::uint64_t bytes = 0, quantizedBytes = 0;  ///< of the new file's weights; that the quantized ones had before
  std::size_t tensors = 0, quantized = 0;       ///< of the source, pieces of packed weights aside where they go
};

/// What was part of a packed weight that is quantized now: its scales went with it.
bool isOfQuantized(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows, std::size_t row) {
  const std::string& weight = source.tensors()[row].pieceOf;
  const auto whole = weight.empty() ? std::nullopt : source.find(weight);
  return rows[row].isLeftOut && whole && !rows[*whole].isKept();
}

Totals totalsOf(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows) {
  Totals totals;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    totals.bytes += rows[i].bytes;
    if (!rows[i].isLeftOut || source.tensors()[i].pieceOf.empty()) ++totals.tensors;
    if (isOfQuantized(source, rows, i)) totals.quantizedBytes += source.tensors()[i].bytes;
    if (rows[i].isKept()) continue;
    ++totals.quantized;
    totals.quantizedBytes += source.tensors()[i].bytes;
  }
  return totals;
}

void printText(std::FILE* report, const core::io::Checkpoint& source, const core::model::Recipe& recipe,
               const WrittenModel& model, const TargetKind& kind) {
  const auto& rows = model.rows;
  const Totals totals = totalsOf(source, rows);
  std::string name = core::io::printable(model.files.front().string());
  if (model.files.size() > 1) name += fmt::format(" and {} more", model.files.size() - 1);
  fmt::print(report, "{}: {} of {} tensors are {} now ({:.1f} % of the bytes they had), {} bytes of weights\n", name,
             totals.quantized, totals.tensors, core::io::printable(recipe.toString()),
             100 * shareOfBytes(source, totals.quantizedBytes), totals.bytes);
  if (const auto kept = keptTensors(source, rows); !kept.empty())
    fmt::print(report, "kept as stored: {}\n", core::io::printable(describeKept(source, kept)));
  printNonFinite(report, rows);
  if (const std::string note = whatIsNotWritten(rows, kind); !note.empty()) fmt::print(report, "{}\n", note);
  for (const std::string& note : model.notes) fmt::print(report, "{}\n", core::io::printable(note));
}

Json toJson(const core::io::Checkpoint& source, const core::model::Recipe& recipe, const std::string& output,
            const WrittenModel& model, const TargetKind& kind) {
  const auto& rows = model.rows;
  const Totals totals = totalsOf(source, rows);
  Json tensors = Json::array(), names = Json::array();
  for (const auto& row : rows) tensors.push_back(toJson(row));
  for (const auto& file : model.files) names.push_back(file.string());
  const Json layout = kind.layout ? Json(std::string(core::quant::toString(*kind.layout))) : Json(nullptr);
  return {{"output", output},
          {"files", std::move(names)},
          {"layout", layout},
          {"notes", model.notes},
          {"scheme", recipe.toString()},
          {"bytes", totals.bytes},
          {"quantized", totals.quantized},
          {"kept_share", 1 - shareOfBytes(source, totals.quantizedBytes)},
          {"kept", keptJson(keptTensors(source, rows))},
          {"non_finite", nonFiniteRows(rows, &QuantizedFileRow::nonFinite)},
          {"overflowed", nonFiniteRows(rows, &QuantizedFileRow::overflowed)},
          {"not_written", whatIsNotWritten(rows, kind)},
          {"tensors", std::move(tensors)}};
}

void checkUsage(const Options& options) {
  if (!options.weights.isGiven()) throw CLI::RequiredError("--scheme, --recipe or --tensor-type");
  if (!options.out && !options.dryRun && !options.explained) throw CLI::RequiredError("--output");
}

void runExplain(const Options& options) {
  const auto recipe = options.weights.parse();
  const BlockAddress address = BlockAddress::parse(*options.explained);
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  options.weights.calibrate(*model, job);
  const auto explanation = explain(*model, recipe, address, job);
  if (options.output == Output::ForPrograms) return print(explanationJson(explanation));
  printExplanation(explanation);
}

void run(const Options& options) {
  checkUsage(options);
  if (options.explained) return runExplain(options);
  const auto recipe = options.weights.parse();
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  const auto& source = model->checkpoint();
  if (options.dryRun) {
    options.weights.checkCalibration(*model);
    const DryRun what{source, recipe, planQuantization(source, recipe), options.split, options.out, options.layout};
    return printDryRun(what, options.output);
  }
  const QuantizeTarget target(*options.out, options.split, options.layout);
  const TargetKind kind = targetKind(target, source);
  options.weights.calibrate(*model, job);
  const auto calibration = model->calibration().current();
  const auto written = writeModel(source, recipe, target, job, {calibration.get(), userCacheFolder()});
  const auto note = core::model::describeInputFirst(source, model->choices());
  std::FILE* const report = reportStream(*options.out);
  if (options.output == Output::ForPrograms) {
    Json answer = toJson(source, recipe, *options.out, written, kind);
    if (note) answer["note"] = *note;
    return print(answer, report);
  }
  printText(report, source, recipe, written, kind);
  if (note) fmt::print(report, "{}\n", core::io::printable(*note));
}

}  // namespace quantize_verb

void addQuantize(CLI::App& program) {
  auto options = std::make_shared<quantize_verb::Options>();
  CLI::App* command =
      program.add_subcommand("quantize", "Write a model quantized by a scheme or a recipe, as a file or a folder");
  addModel(*command, options->model);
  addRecipe(*command, options->weights,
            "A cast, a type GGUF has (q8_0, q4_0 …), or for folders what their layout stores");
  command->add_flag("--dry-run", options->dryRun, "Show what every tensor would become, and why; write nothing");
  command
      ->add_option("--explain", options->explained,
                   "Show step by step what becomes of one block (or group) of a tensor; write nothing")
      ->type_name("TENSOR:ROW:BLOCK")
      ->excludes(command->get_option("--dry-run"));
  command
      ->add_option(
          "-o,--output", options->out,
          "The .gguf or .safetensors file to write, or with --layout the folder; - writes the model's own format "
          "to standard output")
      ->excludes(command->get_option("--explain"));
  addLayout(*command, options->layout);
  addSplit(*command, options->split);
  addJsonFlag(*command, options->output);
  command->callback([options] { quantize_verb::run(*options); });
}

}  // namespace app::cli
