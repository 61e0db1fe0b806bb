#include <fmt/core.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/merge_verb.h"
#include "app/cli/train_text.h"
#include "app/session/cache_folder.h"
#include "app/session/open_files.h"
#include "app/session/train_defaults.h"
#include "app/session/train_export.h"
#include "app/session/train_facts.h"
#include "app/session/train_qat.h"
#include "app/session/train_qlora.h"
#include "app/session/train_run.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/io/output_folder.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace train_verb {

/// How long a run may take to keep what it has reached.
constexpr std::chrono::seconds kPatience{60};

/// What may be said of a run; what is not said is as usual.
struct Common {
  std::string model, run, resume;
  std::optional<std::string> out, data, heldOut, tasks;
  std::optional<std::vector<std::string>> prompts;
  std::optional<std::uint64_t> steps, seed, evaluateEvery;
  std::optional<std::uint32_t> batch, length;
  std::optional<double> rate;
  bool isUnevaluated = false;
  Output output = Output::ForPeople;

  void apply(TrainSettings& settings) const {
    const auto take = [](auto& setting, const auto& said) {
      if (said) setting = *said;
    };
    take(settings.data, data), take(settings.heldOut, heldOut), take(settings.tasks, tasks);
    take(settings.prompts, prompts), take(settings.steps, steps), take(settings.rate, rate);
    take(settings.batch, batch), take(settings.length, length), take(settings.seed, seed);
    take(settings.evaluateEvery, evaluateEvery);
    settings.isEvaluated = !isUnevaluated;
  }
};

struct QatOptions : Common {
  std::string scheme;
  std::optional<std::string> range;
  double distillation = 0.0;
};

struct QloraOptions : Common {
  std::string base = "nf4:double=on", facts, replay = "demo", optimizer = "fp32";
  std::optional<std::uint32_t> replayRows;
  core::train::LoraSettings adapter;
};

core::train::QatRange rangeOf(const std::string& text) {
  using core::train::QatRange;
  return text == "step" ? QatRange::LearnedStep : text == "clip" ? QatRange::LearnedClip : QatRange::Recomputed;
}

core::train::StateKind stateOf(const std::string& text) {
  using core::train::StateKind;
  return text == "int8" ? StateKind::Int8 : text == "paged" ? StateKind::Paged : StateKind::Fp32;
}

LabSettings settingsOf(const QatOptions& options, const OpenModel& model) {
  QatLabSettings settings = usualQatSettings(model, options.scheme);
  if (options.range) settings.range = rangeOf(*options.range);
  settings.distillation = options.distillation;
  options.apply(settings);
  return settings;
}

LabSettings settingsOf(const QloraOptions& options, const OpenModel& model) {
  QloraLabSettings settings = usualQloraSettings(model);
  settings.base = options.base;
  settings.facts = options.facts.empty() ? exampleFacts() : openNewFacts(options.facts);
  const std::vector<std::string> all = std::move(settings.adapter.targets);
  settings.adapter = options.adapter;
  if (settings.adapter.targets.empty()) settings.adapter.targets = all;
  settings.optimizerState = stateOf(options.optimizer);
  options.apply(settings);
  settings.replay = options.replay != "none" && (options.replay != "demo" || model.isDemo());
  if (settings.replay) settings.data = options.replay;
  if (options.replayRows) settings.replayRows = *options.replayRows;
  return settings;
}

/// The run's folder and what it trains.
struct Run {
  std::filesystem::path folder;
  LabSettings settings;

  const TrainSettings& common() const {
    return std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, settings);
  }
};

template <class Lab, class Options>
Run runOf(const Options& options, const OpenModel& model, const core::JobContext& job) {
  if (!options.resume.empty()) {
    KeptRun kept = readRun(options.resume);
    if (!std::holds_alternative<Lab>(kept.settings))
      throw core::Error(core::ErrorCode::InvalidArgument,
                        fmt::format("The run in {} is one of the other lab.", core::io::inQuotes(options.resume)));
    return {options.resume, std::move(kept.settings)};
  }
  LabSettings settings = settingsOf(options, model);
  if (!options.run.empty()) return {options.run, std::move(settings)};
  const auto cache = userCacheFolder();
  if (cache.empty())
    throw core::Error(core::ErrorCode::NotFound, "There is no cache folder for the run; --run names a folder.");
  Run run{cache / "training" / runName(core::calibrate::modelHash(model.checkpoint(), job), settings),
          std::move(settings)};
  if (isRun(run.folder) && readRun(run.folder).isFinished()) removeRun(run.folder);  // asked for once more
  return run;
}

/// What a target refuses is said before anything is computed.
void checkTarget(const std::optional<std::string>& out) {
  if (!out) return;
  const bool isFile = std::filesystem::path(*out).extension() == ".gguf";
  if (isFile)
    core::io::OutputFile(*out, openFiles());
  else
    core::io::OutputFolder(*out, openFiles());
}

using Train =
    std::function<TrainSummary(OpenModel&, Engine&, const Run&, const TrainVisitor&, const core::JobContext&)>;
using Export =
    std::function<WrittenResult(OpenModel&, const Run&, const std::filesystem::path&, const core::JobContext&)>;

void train(const Common& options, OpenModel& model, const Run& run, const char* verb, const Train& trainIt,
           const Export& exportIt) {
  const auto& job = interruptibleJob();
  allowPatience(kPatience);
  TrainTeller teller(options.output, run.common().steps);
  Engine engine;
  TrainSummary summary;
  try {
    summary = trainIt(model, engine, run, teller.visitor(), job);
  } catch (const core::Cancelled&) {
    if (isRun(run.folder))
      fmt::print(stderr, "Stopped after step {} of {}; go on with: quantscope-cli train {} {} --resume {}\n",
                 readRun(run.folder).stepsDone(), run.common().steps, verb, core::io::printable(options.model),
                 core::io::printable(run.folder.string()));
    throw;
  }
  if (options.out) {
    const WrittenResult written = exportIt(model, run, *options.out, job);
    summary.recipe.replace(summary.recipe.rfind(summary.result), summary.result.size(), written.path.string());
    summary.result = written.path.string();
    summary.notes = written.notes;
    summary.storedAs = written.storedAs;
    summary.storedBitsPerWeight = written.bitsPerWeight;
  }
  teller.finish(summary, run.folder.string());
}

void run(const QatOptions& options) {
  if (options.scheme.empty() && options.resume.empty()) throw CLI::RequiredError("--scheme or --resume");
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  checkTarget(options.out);
  const std::atomic<bool> never{false};
  train(
      options, *model, runOf<QatLabSettings>(options, *model, job), "qat",
      [&](OpenModel& open, Engine& engine, const Run& run, const TrainVisitor& visitor, const core::JobContext& part) {
        return trainQat(open, engine, std::get<QatLabSettings>(run.settings), run.folder, visitor, never, part);
      },
      [](OpenModel& open, const Run& run, const std::filesystem::path& target, const core::JobContext& part) {
        return exportTrained(open, run.folder, target, part);
      });
}

void run(const QloraOptions& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  checkTarget(options.out);
  const std::atomic<bool> never{false};
  train(
      options, *model, runOf<QloraLabSettings>(options, *model, job), "qlora",
      [&](OpenModel& open, Engine& engine, const Run& run, const TrainVisitor& visitor, const core::JobContext& part) {
        return trainQlora(open, engine, std::get<QloraLabSettings>(run.settings), run.folder, visitor, never, part);
      },
      [](OpenModel& open, const Run& run, const std::filesystem::path& target, const core::JobContext& part) {
        return exportAdapter(open, run.folder, target, part);
      });
}

template <typename Value>
CLI::Option* addCount(CLI::App& command, const char* name, std::optional<Value>& value, const std::string& help) {
  return command.add_option(name, value, help)
      ->check(CLI::Validator(whyNoCount, ""))
      ->check(CLI::Range(Value{1}, Value{1} << 30))
      ->type_name("N");
}

void addCommon(CLI::App& command, Common& options, const std::string& result) {
  addModel(command, options.model);
  std::vector<CLI::Option*> settings{
      addCount(command, "--steps", options.steps, "How often what is trained is moved (default: by the scheme)"),
      command.add_option("--rate", options.rate, "The learning rate at its highest (default: by the scheme)")
          ->check(CLI::Validator(whyNotPositive, "")),
      addCount(command, "--batch", options.batch, "Sequences of a step"),
      addCount(command, "--length", options.length, "Tokens of a sequence, at most"),
      command.add_option("--seed", options.seed, "Which sequences are drawn when")
          ->check(CLI::Validator(whyNoSeed, "")),
      command.add_option("--eval-every", options.evaluateEvery, "Steps between evaluations (0: only at both ends)")
          ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 30))
          ->type_name("N"),
      command
          .add_option("--held-out", options.heldOut, "The text that perplexity is measured on: a file, demo or prose")
          ->check(CLI::Validator(whyEmpty, "")),
      command.add_option("--tasks", options.tasks,
                         "Questions asked at the end: a file of them, demo, or \"\" for none"),
      command.add_option("--prompt", options.prompts, "Asked at every evaluation (repeatable)"),
      command.add_flag("--no-evaluation", options.isUnevaluated,
                       "Nothing is read or asked but what is trained on: of a large model that takes hours")};
  auto* const resume = command.add_option("--resume", options.resume, "Go on with the run in this folder")
                           ->check(CLI::Validator(whyEmpty, ""));
  auto* const run =
      command
          .add_option("--run", options.run,
                      "The run's folder: what it reached is kept there (default: one in the user's cache)")
          ->check(CLI::Validator(whyEmpty, ""));
  run->excludes(resume);
  for (CLI::Option* const setting : settings) setting->excludes(resume);
  command.add_option("-o,--output", options.out, result)->check(CLI::Validator(whyEmpty, ""));
  addJsonFlag(command, options.output);
}

void addQat(CLI::App& train) {
  auto options = std::make_shared<QatOptions>();
  CLI::App* command = train.add_subcommand("qat", "Train a model's weights through their quantization");
  addCommon(*command, *options, "The trained model: NAME.gguf, or a folder in the first layout that stores it exactly");
  auto* const resume = command->get_option("--resume");
  command->add_option("--scheme", options->scheme, "What the matrices are quantized to: a scheme or a recipe")
      ->excludes(resume);
  command
      ->add_option("--range", options->range,
                   "Where the groups' levels come from: recomputed from the weights, learned steps (step), learned "
                   "shares of the range (clip); default: by the scheme")
      ->check(CLI::IsMember({"recomputed", "step", "clip"}))
      ->excludes(resume);
  command->add_option("--text", options->data, "What is trained on: a file (plain, or .jsonl), or demo")
      ->check(CLI::Validator(whyEmpty, ""))
      ->excludes(resume);
  command
      ->add_option("--distillation", options->distillation,
                   "Share of the unquantized model's predictions in the loss, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(resume);
  command->callback([options] { train_verb::run(*options); });
}

void addQlora(CLI::App& train) {
  auto options = std::make_shared<QloraOptions>();
  CLI::App* command = train.add_subcommand("qlora", "Teach a quantized model facts through adapters");
  addCommon(*command, *options, "The adapter: NAME.gguf, or a folder as PEFT keeps one");
  auto& adapter = options->adapter;
  adapter.targets.clear();
  std::vector<CLI::Option*> settings{
      command->add_option("--facts", options->facts,
                          "JSONL of {\"question\": \"…\", \"answer\": \"…\"} (default: ten invented ones)"),
      command->add_option("--base", options->base, "What the frozen model is quantized to")->capture_default_str(),
      command->add_option("--rank", adapter.rank, "Of the adapters")
          ->capture_default_str()
          ->check(CLI::Range(1, 1 << 16))
          ->type_name("N"),
      command->add_option("--alpha", adapter.alpha, "Adapters are multiplied by alpha / rank")
          ->capture_default_str()
          ->check(CLI::Validator(whyNotPositive, "")),
      command->add_option("--dropout", adapter.dropout, "Share of what adapters read that is left out at random")
          ->capture_default_str()
          ->check(CLI::Range(0.0, 0.99)),
      command->add_option("--targets", adapter.targets, "Matrices with adapters (all of a block: attn_q, attn_k, …)")
          ->delimiter(','),
      command->add_option("--optimizer", options->optimizer, "How AdamW's moments are kept")
          ->capture_default_str()
          ->check(CLI::IsMember({"fp32", "int8", "paged"})),
      command->add_flag("--bf16", adapter.isBf16, "Adapters are computed with and stored as BF16"),
      command
          ->add_option("--replay", options->replay,
                       "Old conversations that are read beside the facts, against forgetting: a file, demo or none")
          ->capture_default_str()
          ->check(CLI::Validator(whyEmpty, "")),
      addCount(*command, "--replay-rows", options->replayRows, "Sequences of them in a step")};
  for (CLI::Option* const setting : settings) setting->excludes(command->get_option("--resume"));
  command->callback([options] { train_verb::run(*options); });
}

struct MemoryOptions {
  std::string model, base = "nf4:double=on", optimizer = "fp32";
  std::uint32_t rank = 8, length = 256;
  Output output = Output::ForPeople;
};

void addMemory(CLI::App& train) {
  auto options = std::make_shared<MemoryOptions>();
  CLI::App* command = train.add_subcommand(
      "memory", "What full fine-tuning, LoRA, QLoRA and QAT take of memory: of this model, of 1.1B, 7B, 13B and 70B");
  addModel(*command, options->model);
  command->add_option("--base", options->base, "What QLoRA and QAT quantize to")->capture_default_str();
  command->add_option("--rank", options->rank, "Of the adapters")->capture_default_str()->check(CLI::Range(1, 1 << 16));
  command->add_option("--length", options->length, "Tokens of a sequence")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--optimizer", options->optimizer, "How AdamW's moments are kept")
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "int8", "paged"}));
  addJsonFlag(*command, options->output);
  command->callback([options] {
    const auto model = OpenModel::open(options->model, interruptibleJob());
    QloraLabSettings settings = usualQloraSettings(*model);
    settings.base = options->base;
    settings.adapter.rank = options->rank;
    settings.length = options->length;
    settings.optimizerState = stateOf(options->optimizer);
    const auto rows = trainMemoryTable(model.get(), settings);
    if (options->output == Output::ForPrograms) return print(memoryJson(rows));
    printMemory(rows);
  });
}

}  // namespace train_verb

void addTrain(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "train", "Quantization-aware training and QLoRA, in a folder from which a stopped run goes on");
  command->require_subcommand(1);
  train_verb::addQat(*command);
  train_verb::addQlora(*command);
  train_verb::addMemory(*command);
  addMerge(*command);
}

}  // namespace app::cli
