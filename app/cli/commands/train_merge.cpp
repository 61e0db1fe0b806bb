#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/evaluation_text.h"
#include "app/cli/interruption.h"
#include "app/cli/merge_verb.h"
#include "app/cli/recipe_options.h"
#include "app/cli/target_options.h"
#include "app/session/evaluation_json.h"
#include "app/session/holding_target.h"
#include "app/session/merge_model.h"
#include "app/session/other_models.h"
#include "app/session/recipe_file.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace train_merge_verb {

struct Options {
  std::string model, adapter, base = "stored", scale, out, text, device = "auto";
  std::optional<core::quant::FolderLayout> layout;
  core::io::SplitLimits split;
  core::evaluate::ReadingSettings reading;
  RecipeOptions weights;
  Output output = Output::ForPeople;
};

core::model::Recipe runsOf(const Options& options, const core::JobContext& job) {
  core::model::Recipe base = options.base == "stored" ? core::model::Recipe() : openRecipe(options.base);
  if (base.adapter)
    throw core::Error(core::ErrorCode::InvalidArgument, "The base of a merged adapter has no adapter of its own.");
  std::string adapter = options.adapter;
  if (!options.scale.empty()) adapter += ":" + options.scale + (options.scale.ends_with('%') ? "" : "%");
  return withAdapter(std::move(base), adapter, job);
}

/// A name without an ending and without a layout is what holds the result as it is.
QuantizeTarget targetOf(const Options& options, const OpenModel& model, const core::model::Recipe& runs,
                        const core::model::Recipe& stored) {
  const QuantizeTarget named(options.out, options.split, options.layout);
  if (options.layout || !std::filesystem::path(options.out).extension().empty()) return named;
  const auto rows = planMerging(model.checkpoint(), runs, stored).rows;
  return holdingTarget(model.checkpoint(), stored, rows, options.out).value_or(named);
}

Json toJson(const MergeReport& report, const MergeRequest& request) {
  Json tensors = Json::array(), files = Json::array();
  for (const MergedTensor& tensor : report.tensors)
    tensors.push_back({{"tensor", tensor.name},
                       {"scheme", tensor.type},
                       {"adapted", tensor.isAdapted},
                       {"relative_error", finite(tensor.relativeError)},
                       {"sqnr_db", finite(tensor.sqnrDb)}});
  for (const auto& file : report.written.files) files.push_back(file.string());
  std::uint64_t bytes = 0;
  for (const auto& row : report.written.rows) bytes += row.bytes;
  Json json = {{"output", report.path.string()},
               {"files", std::move(files)},
               {"recipe", request.runs.toString()},
               {"scheme", request.stored.toString()},
               {"layout", request.target.layout ? Json(core::quant::toString(*request.target.layout)) : Json(nullptr)},
               {"bytes", bytes},
               {"notes", report.written.notes},
               {"tensors", std::move(tensors)},
               {"evaluation", nullptr}};
  if (!report.evaluation) return json;
  json["evaluation"] = evaluationJson(*report.evaluation);
  for (std::size_t i = 0; i < report.evaluation->rows.size(); ++i)  // its text is a list of all matrices
    if (!report.evaluation->rows[i].variant.recipe.replacements.empty()) json["evaluation"][i]["scheme"] = "merged";
  return json;
}

void printReport(const MergeReport& report, const MergeRequest& request) {
  const auto adapted = std::ranges::count_if(report.tensors, &MergedTensor::isAdapted);
  std::uint64_t bytes = 0;
  for (const auto& row : report.written.rows) bytes += row.bytes;
  fmt::print("{}: {} as one model ({} {} adapted), {}, {} bytes of weights\n",
             core::io::printable(report.path.string()), core::io::printable(request.runs.displayName()), adapted,
             adapted == 1 ? "matrix" : "matrices",
             request.stored.keepsEverything() ? std::string("not quantized again")
                                              : core::io::printable("as " + request.stored.displayName()),
             bytes);
  for (const std::string& note : report.written.notes) fmt::print("{}\n", core::io::printable(note));
  const auto worst = std::ranges::max_element(report.tensors, {}, [](const MergedTensor& tensor) {
    return std::isnan(tensor.relativeError) ? -1.0 : tensor.relativeError;
  });
  if (worst != report.tensors.end())
    fmt::print("The weights are furthest from what runs in {} ({}): a relative error of {:.3g}, {:.1f} dB.\n",
               core::io::printable(worst->name), worst->type, worst->relativeError, worst->sqnrDb);
  if (!report.evaluation) return;
  fmt::print("\n");
  printEvaluation(*report.evaluation);
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  MergeRequest request{runsOf(options, job), options.weights.parse(), QuantizeTarget(options.out)};
  if (!options.text.empty())
    request.text = openEvaluationText(options.text);
  else if (model->isDemo())
    request.text = openEvaluationText(std::string(kDemoText));
  request.reading = options.reading;
  request.device = DeviceChoice::parse(options.device);
  request.target = targetOf(options, *model, request.runs, request.stored);
  options.weights.calibrate(*model, job);
  Engine engine;
  const MergeReport report = mergeModel(*model, engine, request, job);
  if (options.output == Output::ForPrograms) return print(toJson(report, request));
  printReport(report, request);
}

}  // namespace train_merge_verb

void addMerge(CLI::App& train) {
  auto options = std::make_shared<train_merge_verb::Options>();
  CLI::App* command =
      train.add_subcommand("merge", "Put an adapter into the weights for good, and measure what that loses");
  addModel(*command, options->model);
  command->add_option("adapter", options->adapter, "A LoRA adapter: PATH, or PATH:50% for half of what it adds")
      ->required()
      ->check(CLI::Validator(whyEmpty, ""));
  command
      ->add_option("--base", options->base,
                   "What the adapter is merged into: stored, or what it was trained over, such as nf4:double=on")
      ->capture_default_str()
      ->check(CLI::Validator(whyEmpty, ""));
  command->add_option("--scale", options->scale, "The strength of the adapter, in percent (100: as it was trained)")
      ->check(CLI::Validator(whyEmpty, ""))
      ->type_name("P%");
  addRecipe(*command, options->weights, "What the sums are quantized to (default: they are not)");
  command
      ->add_option("-o,--output", options->out,
                   "The .gguf or .safetensors file to write, with --layout a folder; another name is what holds the "
                   "result as it is")
      ->required()
      ->check(CLI::Validator(whyEmpty, ""));
  addLayout(*command, options->layout);
  addSplit(*command, options->split);
  command
      ->add_option("--text", options->text,
                   "What base and adapter, the sums and the result are compared on: a file, demo or prose (default for "
                   "the built-in model: demo)")
      ->check(CLI::Validator(whyEmpty, ""));
  command->add_option("--tokens", options->reading.tokens, "How much of it is read, at most (0: everything)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 28))
      ->type_name("N");
  addDevice(*command, options->device);
  addJsonFlag(*command, options->output);
  command->callback([options] { train_merge_verb::run(*options); });
}

}  // namespace app::cli
