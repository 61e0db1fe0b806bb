#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/evaluation_text.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/task_text.h"
#include "app/cli/worst_text.h"
#include "app/session/cache_folder.h"
#include "app/session/evaluate_model.h"
#include "app/session/evaluation_json.h"
#include "app/session/tasks_json.h"
#include "app/session/worst_words.h"
#include "core/base/error.h"

namespace app::cli {

namespace perplexity_verb {

struct Options {
  std::string model, text, tasks, reference = "stored", device = "auto", kvType = "f16";
  std::vector<std::string> variants;
  RecipeOptions weights;
  core::evaluate::ReadingSettings reading;
  std::uint32_t batch = 256;
  std::size_t worst = 0;  ///< positions that are listed
  Noise noise = Noise::Measure;
  bool usesCache = true;
  Output output = Output::ForPeople;
};

/// What is compared: schemes and recipes, then variants. Where there are none, the model itself with a reference that
/// was named, else what is usual.
std::vector<Variant> variantsOf(const Options& options, const Variant& usual) {
  std::vector<Variant> all;
  const bool isNothingNamed = !options.weights.isGiven() && options.variants.empty();
  if (isNothingNamed && options.reference != Options().reference) return {usual};
  if (options.weights.isGiven() || isNothingNamed)
    for (auto& recipe : options.weights.parseAll()) all.push_back({std::move(recipe), usual.device, usual.kv});
  for (const std::string& text : options.variants) all.push_back(Variant::parse(text, usual));
  return all;
}

core::calibrate::CalibrationText textFor(const Options& options, const OpenModel& model) {
  if (!options.text.empty()) return openEvaluationText(options.text);
  if (model.isDemo()) return openEvaluationText(std::string(kDemoText));
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "Only the built-in model has a text of its own; --text names one for another model.");
}

/// The text, the tasks, or both: tasks alone where no text was named.
struct Answers {
  std::optional<Evaluation> text;
  std::optional<TaskEvaluation> tasks;
};

Answers evaluate(const Options& options, OpenModel& model, const core::JobContext& job) {
  Variant usual;
  usual.device = DeviceChoice::parse(options.device);
  usual.kv = core::model::kvTypeOf(options.kvType);
  const Variant reference = Variant::parse(options.reference, usual);
  const auto compared = variantsOf(options, usual);
  const auto cache = options.usesCache ? userCacheFolder() : std::filesystem::path();
  const bool hasText = !options.text.empty() || options.tasks.empty(), hasTasks = !options.tasks.empty();
  std::optional<EvaluationRequest> text;
  if (hasText)
    text = EvaluationRequest{reference,     compared, textFor(options, model), options.reading, options.batch,
                             options.noise, cache};
  std::optional<TaskRequest> tasks;
  if (hasTasks) tasks = TaskRequest{reference, compared, openTaskList(options.tasks), cache};
  options.weights.calibrate(model, job);
  Engine engine;
  Answers answers;
  const double share = hasText && hasTasks ? 0.5 : hasText ? 1.0 : 0.0;
  if (text) answers.text = evaluateModel(model, engine, *text, {}, job.part(0.0, share));
  if (tasks) answers.tasks = evaluateTasks(model, engine, *tasks, {}, job.part(share, 1.0));
  return answers;
}

Json toJson(const Answers& answers, const OpenModel& model, std::size_t worst) {
  Json rows = answers.text ? evaluationJson(*answers.text) : Json::array();
  for (std::size_t i = 0; answers.text && worst > 0 && i < rows.size(); ++i)
    rows[i]["worst"] = worstJson(*answers.text, answers.text->rows[i], *model.tokenizer(), worst);
  for (std::size_t i = 0; answers.tasks && i < answers.tasks->rows.size(); ++i) {
    const TaskRow& row = answers.tasks->rows[i];
    if (!answers.text)
      rows.push_back({{"scheme", row.text},
                      {"name", row.name},
                      {"device", row.device},
                      {"reference", answers.tasks->reference.text}});
    rows[i]["tasks"] = tasksJson(*answers.tasks, row);
  }
  return rows;
}

void printAll(const Answers& answers, const OpenModel& model, std::size_t worst) {
  if (answers.text) printEvaluation(*answers.text);
  if (answers.text && worst > 0) printWorst(*answers.text, *model.tokenizer(), worst);
  if (answers.text && answers.tasks) fmt::print("\n");
  if (answers.tasks) printTasks(*answers.tasks);
}

/// What was measured is said all the same. @throws core::Error where that is nothing
void requireSomething(const Answers& answers) {
  const auto works = [](const auto& row) { return row.failure.empty(); };
  if (answers.text && std::ranges::any_of(answers.text->rows, works)) return;
  if (answers.tasks && std::ranges::any_of(answers.tasks->rows, works)) return;
  const std::string& first = answers.text ? answers.text->rows.front().failure : answers.tasks->rows.front().failure;
  throw core::Error(core::ErrorCode::Unsupported, "Nothing could be compared: " + first);
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  const Answers answers = evaluate(options, *model, job);
  if (options.output == Output::ForPrograms)
    print(toJson(answers, *model, options.worst));
  else
    printAll(answers, *model, options.worst);
  requireSomething(answers);
}

void addReadingOptions(CLI::App& command, Options& options) {
  auto& reading = options.reading;
  command
      .add_option(
          "--text", options.text,
          "A file (plain, or .jsonl of chats, whose answers are scored), demo or prose (default for the built-in "
          "model: demo)")
      ->check(CLI::Validator(whyEmpty, ""));
  command
      .add_option(
          "--tokens", reading.tokens,
          "Tokens that are computed, at most; those of windows that overlap count each time (0: the whole text)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 28))
      ->type_name("N");
  command.add_option("--context", reading.context, "Tokens of a window (0: at most 512)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24))
      ->type_name("N");
  command
      .add_option("--stride", reading.stride,
                  "Tokens between the beginnings of windows (0: the context); where windows overlap, only what is new "
                  "is scored")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24))
      ->type_name("N");
  command
      .add_option("--score-from", reading.scoreFrom,
                  "First position of a window whose prediction is scored (default: half the context, as "
                  "llama-perplexity; context - stride - 1 where windows overlap)")
      ->check(CLI::Range(0, 1 << 24))
      ->type_name("N");
  command.add_option("--batch", options.batch, "Tokens computed together")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 16))
      ->type_name("N");
}

}  // namespace perplexity_verb

void addPerplexity(CLI::App& program) {
  auto options = std::make_shared<perplexity_verb::Options>();
  CLI::App* command = program.add_subcommand(
      "perplexity", "How well a model reads a text when quantized: perplexity, KL divergence, flips, with errors");
  addModel(*command, options->model);
  perplexity_verb::addReadingOptions(*command, *options);
  command
      ->add_option("--tasks", options->tasks,
                   "Ask the questions of this file, JSONL with expected answers (or demo); without --text only them")
      ->check(CLI::Validator(whyEmpty, ""));
  addRecipe(*command, options->weights, "Compare the block matrices under this scheme (repeatable)", Takes::Any);
  command->add_option(
      "--variant", options->variants,
      "Compare a scheme, recipe, model:PATH or adapter:PATH on a device and with a type of keys and values of its own: "
      "nf4@cpu@kv=int8, stored@vulkan (repeatable)");
  command
      ->add_option("--reference", options->reference,
                   "What they are compared with, as --variant takes it; with nothing else named, the model itself is")
      ->capture_default_str();
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command
      ->add_option("--worst", options->worst,
                   "Also list the positions of the text at which each is furthest from the reference: what was read, "
                   "what either would say")
      ->check(CLI::Range(std::size_t{0}, core::evaluate::WorstPositions::kMost))
      ->type_name("N");
  command->add_flag_callback(
      "--no-noise", [options] { options->noise = Noise::Skip; },
      "Do not compute the reference in other ways as well, which tells noise from differences");
  command->add_flag_callback(
      "--no-cache", [options] { options->usesCache = false; }, "Neither use nor keep what was measured before");
  addJsonFlag(*command, options->output);
  command->callback([options] { perplexity_verb::run(*options); });
}

}  // namespace app::cli
