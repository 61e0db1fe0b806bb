#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/plan_text.h"
#include "app/cli/recipe_options.h"
#include "app/session/adviser.h"
#include "app/session/known_shapes.h"
#include "app/session/memory_plan.h"
#include "app/session/memory_plan_json.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace plan_verb {

struct Options {
  std::string model, shape, parameters, devices = "here,usual", kv = "f16", program = "quantscope", priority;
  RecipeOptions weights;
  MemoryQuestion question;
  KvLayout layout;  ///< typed measures; 0: not given
  bool claims = false;
  Output output = Output::ForPeople;
};

/// "70B", "1.1e9", "350M"
double parseParameters(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit.empty()  ? 1
                        : unit == "K" ? 1e3
                        : unit == "M" ? 1e6
                        : unit == "B" ? 1e9
                        : unit == "T" ? 1e12
                                      : 0;
  if (error != std::errc() || !(value * factor >= 1) || value * factor > 1e15)
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("A number of parameters is written like 70B, 350M or 1.1e9, not {}.", core::io::inQuotes(text)));
  return value * factor;
}

[[noreturn]] void refuse(const std::string& sentence) { throw core::Error(core::ErrorCode::InvalidArgument, sentence); }

/// The keys and values of typed measures; nothing where none were typed. What is left out is as in the known shape.
/// @throws core::Error (InvalidArgument) where they contradict each other
std::optional<KvLayout> typedLayout(const Options& options, KvLayout known) {
  const KvLayout& typed = options.layout;
  if (typed == KvLayout()) return std::nullopt;
  const auto take = [](auto& into, auto value) {
    if (value != 0) into = value;
  };
  if (typed.layers != 0 && known.windowLayers == known.layers) known.windowLayers = typed.layers;
  take(known.layers, typed.layers);
  take(known.heads, typed.heads);
  take(known.kvHeads, typed.kvHeads);
  take(known.headSize, typed.headSize);
  take(known.valueHeadSize, typed.valueHeadSize != 0 ? typed.valueHeadSize : typed.headSize);
  take(known.window, typed.window);
  if (typed.window != 0) known.windowLayers = typed.windowLayers != 0 ? typed.windowLayers : known.layers;
  if (typed.windowLayers == 0) known.windowLayers = std::min(known.windowLayers, known.layers);
  take(known.latent, typed.latent);
  take(known.ropeDims, typed.ropeDims);
  if (typed.heads != 0 && typed.kvHeads == 0) known.kvHeads = typed.heads;
  if (known.kvHeads > known.heads)
    refuse(fmt::format("{} heads of keys are more than the {} of queries that use them.", known.kvHeads, known.heads));
  if (known.windowLayers > known.layers)
    refuse(fmt::format("{} blocks with a window are more than the {} blocks there are.", known.windowLayers,
                       known.layers));
  return known;
}

/// Recipes for models that have no weights. @throws core::Error
void requireSchemes(const std::vector<core::model::Recipe>& recipes, const std::string& of) {
  for (const auto& recipe : recipes)
    if (recipe.otherModel() != nullptr)
      throw core::Error(core::ErrorCode::InvalidArgument,
                        fmt::format("{} is a model with measures of its own, not something that {} could be quantized "
                                    "to; it is planned as MODEL.",
                                    core::io::inQuotes(recipe.toString()), of));
}

PlannedModel planKnown(const Options& options, const core::model::Recipe& recipe) {
  const KnownShape& known = knownShape(options.shape);
  const auto layout = typedLayout(options, known.kv());
  PlannedModel plan = planShape(known.shape, layout.value_or(known.kv()), recipe, known.context);
  plan.kvIsTyped = layout.has_value();
  if (layout) plan.note = "keys and values as typed";
  return plan;
}

std::vector<PlannedModel> planAll(const Options& options) {
  const bool asksAdvice = !options.priority.empty() && !options.weights.isGiven();
  const auto recipes = options.weights.isGiven() ? options.weights.parseAll()
                       : asksAdvice              ? usualAdviceRecipes()
                                                 : std::vector<core::model::Recipe>{core::model::Recipe()};
  std::vector<PlannedModel> models;
  if (!options.shape.empty()) {
    requireSchemes(recipes, options.shape);
    for (const auto& recipe : recipes) models.push_back(planKnown(options, recipe));
  } else if (!options.parameters.empty()) {
    const double parameters = parseParameters(options.parameters);
    requireSchemes(recipes, "a number of parameters");
    const auto layout = typedLayout(options, nearestShape(parameters).kv());
    for (const auto& recipe : recipes)
      models.push_back(
          planParameters(parameters, layout, recipe.keepsEverything() ? *core::model::recipeByName("bf16") : recipe));
  } else {
    const auto model = OpenModel::open(options.model, interruptibleJob());
    for (const auto& recipe : recipes) models.push_back(planModel(*model, recipe, interruptibleJob()));
  }
  return models;
}

Json adviceJson(const Advice& advice, const Options& options) {
  Json candidates = Json::array();
  for (const Candidate& candidate : advice.candidates) {
    candidates.push_back({{"scheme", candidate.scheme},
                          {"role", candidate.role},
                          {"total", bytesJson(candidate.plan.parts.total())},
                          {"longest_context", candidate.plan.longestContext},
                          {"bits_per_weight", candidate.bitsPerWeight},
                          {"reasons", candidate.reasons}});
  }
  return {{"device", parseDevices(options.devices).front().name},
          {"priority", options.priority},
          {"verdict", advice.verdict},
          {"candidates", std::move(candidates)}};
}

void giveAdvice(const Options& options, std::vector<PlannedModel> models) {
  std::vector<AdviceOption> choices;
  for (PlannedModel& model : models) choices.push_back({std::move(model), std::nullopt});
  Json all = Json::array();
  for (const PlannedDevice& device : parseDevices(options.devices)) {
    const Advice advice = advise({device, options.question, advicePriorityOf(options.priority)}, choices);
    Json row = adviceJson(advice, options);
    row["device"] = device.name;
    all.push_back(std::move(row));
    if (options.output == Output::ForPrograms) continue;
    printText(advice.verdict + "\n");
    for (const Candidate& candidate : advice.candidates) {
      printText(
          fmt::format("  {} ({}): {:.2f} bits/weight\n", candidate.title, candidate.role, candidate.bitsPerWeight));
      for (const std::string& reason : candidate.reasons) printText("    " + reason + "\n");
    }
  }
  if (options.output == Output::ForPrograms) print(all);
}

void run(const Options& given) {
  Options options = given;
  if (options.claims) return printClaims(options.output);
  options.question.kv = core::model::kvTypeOf(options.kv);
  options.question.program = options.program == "llama.cpp" ? Program::LlamaCpp : Program::Quantscope;
  const auto devices = parseDevices(options.devices);
  auto models = planAll(options);
  if (!options.priority.empty()) return giveAdvice(options, std::move(models));
  if (options.output == Output::ForPeople) return printPlans(models, devices, options.question);
  Json rows = Json::array();
  for (const PlannedModel& model : models)
    for (const PlannedDevice& device : devices)
      rows.push_back(memoryPlanJson(model, planOn(model, device, options.question), options.question));
  print(rows);
}

void addMeasures(CLI::App& command, Options& options) {
  command.add_option("--shape", options.shape, "A published model by its measures, instead of MODEL: llama-3.1-70b")
      ->check(CLI::Validator(whyEmpty, ""));
  command.add_option("--parameters", options.parameters, "A number of parameters instead of MODEL: 70B")
      ->check(CLI::Validator(whyEmpty, ""));
  const auto measure = [&command](const char* name, auto& into, const char* what) {
    return command.add_option(name, into, what)->check(CLI::Range(1U, 1U << 20U));
  };
  KvLayout& kv = options.layout;
  measure("--layers", kv.layers, "Blocks that keep keys and values");
  measure("--heads", kv.heads, "Heads of queries");
  auto* const heads = measure("--kv-heads", kv.kvHeads, "Heads of keys and values");
  auto* const size = measure("--head-size", kv.headSize, "Values of a head");
  auto* const window = measure("--window", kv.window, "Positions that a sliding window keeps");
  measure("--window-layers", kv.windowLayers, "Blocks that have it (default: all)")->needs(window);
  auto* const latent = measure("--latent", kv.latent, "Values of a compressed vector for keys and values (MLA)");
  latent->excludes(heads)->excludes(size);
  measure("--rope-dims", kv.ropeDims, "Rotated values beside it")->needs(latent);
}

/// The first of these options that was given.
std::optional<std::string> firstGiven(const CLI::App& command, std::initializer_list<const char*> options) {
  for (const char* const name : options)
    if (command.get_option(name)->count() > 0) return name;
  return std::nullopt;
}

[[noreturn]] void refuseUsage(const std::string& sentence) { throw CLI::ValidationError("plan", sentence); }

/// @throws CLI::ValidationError naming an option that would not change a figure
void refuseWhatHasNoEffect(const CLI::App& command) {
  if (command.count("--claims") > 0) {
    for (const CLI::Option* const option : command.get_options())
      if (option->count() > 0 && option->get_name() != "--claims" && option->get_name() != "--json")
        refuseUsage(option->get_name() + " has no effect on --claims, which are computed from published measures");
    return;
  }
  if (command.count("MODEL") + command.count("--shape") + command.count("--parameters") != 1)
    refuseUsage("takes one of MODEL, --shape and --parameters");
  const auto measure =
      firstGiven(command, {"--layers", "--heads", "--kv-heads", "--head-size", "--window", "--latent"});
  if (measure && command.count("MODEL") > 0)
    refuseUsage(*measure +
                " has no effect on a MODEL, which has measures of its own; it goes with --shape or "
                "--parameters");
  const auto made = firstGiven(
      command, {"--calibration", "--calibration-tokens", "--calibration-context", "--calibration-seed", "--imatrix"});
  if (made)
    refuseUsage(*made + " has no effect: a plan counts bytes, which do not depend on what weights are made with");
}

}  // namespace plan_verb

void addPlan(CLI::App& program) {
  auto options = std::make_shared<plan_verb::Options>();
  CLI::App* command = program.add_subcommand("plan", "Memory by part, for a list of devices");
  command->add_option("MODEL", options->model, "File, folder, ollama:NAME, hf:OWNER/NAME or demo");
  addRecipe(*command, options->weights, "Plan for the weights under this scheme", Takes::Any);
  plan_verb::addMeasures(*command, *options);
  command->add_option("--context", options->question.context, "Positions of a sequence")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1U << 24U));
  command->add_option("--batch", options->question.sequences, "Sequences at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 100000U));
  command->add_option("--kv-type", options->kv, "f32, f16, int8, q8_0, fp8 or q4_0; keys and values apart as q8_0/q4_0")
      ->capture_default_str();
  command->add_option("--devices", options->devices, "here, usual, 24GiB, NAME=16GB*0.75; several behind commas")
      ->capture_default_str();
  command->add_option("--program", options->program, "Whose rules: quantscope or llama.cpp")
      ->capture_default_str()
      ->check(CLI::IsMember({"quantscope", "llama.cpp"}));
  command->add_option("--advise", options->priority, "What to use where quality, speed or size matters")
      ->check(CLI::IsMember({"quality", "speed", "size"}));
  command->add_flag("--claims", options->claims, "Well-known claims about sizes, computed");
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    plan_verb::refuseWhatHasNoEffect(*command);
    plan_verb::run(*options);
  });
}

}  // namespace app::cli
