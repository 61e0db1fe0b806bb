#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/template_options.h"
#include "app/session/engine.h"
#include "app/session/host_weights.h"
#include "app/session/prompt_cache.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/generation_defaults.h"
#include "core/text/thought_finder.h"

namespace app::cli {

namespace generate_verb {

struct Options {
  std::string model, prompt, system, device = "auto";
  RecipeOptions weights;
  std::string kvType = "f16", promptCache;
  std::vector<std::string> variables;
  core::model::GenerationOptions generation;
  bool raw = false, modelDefaults = false;
  Output output = Output::ForPeople;
};

Engine::SessionOptions sessionOptions(const Options& options) {
  Engine::SessionOptions session;
  session.recipe = options.weights.parse();
  session.device = DeviceChoice::parse(options.device);
  session.kvType = core::model::kvTypeOf(options.kvType);
  return session;
}

/// Follows the thoughts of an answer to a prompt; nothing where the template knows of none.
std::optional<core::text::ThoughtFinder> thoughtsOf(const core::text::ChatTemplate& chatTemplate,
                                                    const std::string& prompt) {
  const auto marks = chatTemplate.reasoning();
  if (!marks) return std::nullopt;
  return core::text::ThoughtFinder(*marks, core::text::opensThought(prompt, *marks));
}

/// The answer without its thoughts, and these: "answer", "reasoning", "reasoning_tokens".
void addThought(Json& json, const core::text::Thought& thought, const std::string& text) {
  json["answer"] = text.substr(thought.answer);
  json["reasoning"] = text.substr(thought.begin, thought.end - thought.begin);
  json["reasoning_tokens"] = thought.tokens;
}

/// The prompt cache that was asked for.
class CacheFile {
 public:
  CacheFile(const std::string& file, const OpenModel& model, const Engine::SessionOptions& settings,
            core::model::Session& session)
      : m_file(file), m_model(model), m_session(session) {
    if (m_file.empty()) return;
    if (core::io::OutputFile::isStandardOutput(m_file))
      throw core::Error(core::ErrorCode::InvalidArgument, "A prompt cache is a file, not standard output.");
    const auto traits = promptTraits(model, Variant{settings.recipe, settings.device, settings.kvType}, session);
    if (!traits) throw core::Error(core::ErrorCode::Unsupported, "A model with replaced tensors has no prompt cache.");
    m_traits = *traits;
    // What cannot be written later is said now.
    const core::io::OutputFile checked(m_file, core::io::InputFiles(m_model.checkpoint()));
  }
  /// Tokens of the prompt that came from the file. One that is not there is made later.
  std::uint32_t read(std::span<const core::text::TokenId> prompt, const core::JobContext& job) const {
    std::error_code error;
    if (m_file.empty() || !std::filesystem::exists(m_file, error)) return 0;
    return readPrompt(m_file, m_session, m_traits, prompt, job);
  }
  void write(const core::JobContext& job) const {
    if (!m_file.empty()) writePrompt(m_file, m_session, m_traits, core::io::InputFiles(m_model.checkpoint()), job);
  }

 private:
  std::filesystem::path m_file;
  const OpenModel& m_model;
  core::model::Session& m_session;
  std::vector<core::model::KvTrait> m_traits;
};

Json toJson(const Options& options, const core::model::Recipe& recipe, const core::model::GenerationResult& result,
            core::model::Session& session) {
  const core::model::MemoryUse memory = session.executor().memory();
  return {{"text", result.text},
          {"tokens", result.tokens},
          {"prompt_tokens", result.promptTokens},
          {"prompt_tokens_from_cache", result.restoredTokens},
          {"time_to_first_token_s", result.timeToFirstTokenS},
          {"prefill_tokens_per_s", finite(result.prefillTokensPerS)},
          {"decode_tokens_per_s", finite(result.decodeTokensPerS)},
          {"weight_bytes", memory.weightBytes},
          {"kv_bytes", session.kvBytes()},
          {"memory_bytes", memory.residentBytes + session.kvBytes()},
          {"host_weight_bytes", memory.hostBytes},
          {"in_host_memory", memory.hostParts},
          {"device", session.executor().deviceName()},
          {"scheme", recipe.toString()},
          {"seed", options.generation.sampling.seed}};
}

/// Whether the prompt is continued as it is: when asked for, and for a model that has no template.
/// @throws core::Error when the model's template does not work: another prompt than the one it was trained on would be
/// a silent change, so it has to be asked for
bool continuesAsItIs(const Options& options, const OpenModel& model) {
  if (!options.raw && model.hasBrokenTemplate()) {
    throw core::Error(core::ErrorCode::InvalidFile,
                      fmt::format("{} The option --raw continues the prompt without it.", *model.whyNoTemplate()));
  }
  const bool raw = options.raw || !model.chatTemplate();
  if (raw && !options.system.empty()) {
    throw core::Error(core::ErrorCode::InvalidArgument,
                      options.raw ? "A system prompt needs the model's chat template, which --raw leaves out."
                                  : "A system prompt needs a chat template, and this model has none.");
  }
  if (raw && !options.variables.empty()) {
    throw core::Error(core::ErrorCode::InvalidArgument,
                      options.raw ? "The option --set is for the model's chat template, which --raw leaves out."
                                  : "The option --set is for a chat template, and this model has none.");
  }
  return raw;
}

std::string chatPrompt(const Options& options, const core::text::ChatTemplate& chatTemplate,
                       const core::text::TemplateVariables& variables) {
  std::vector<core::text::ChatMessage> messages;
  if (!options.system.empty()) messages.push_back({"system", options.system});
  messages.push_back({"user", options.prompt});
  return chatTemplate.render(messages, true, variables);
}

/// What the model's makers say takes the place of every option that was not given.
core::model::GenerationOptions withDefaultsOf(const OpenModel& model, const CLI::App& command,
                                              const core::model::GenerationOptions& chosen) {
  core::model::GenerationDefaults defaults = core::model::generationDefaultsOf(model.checkpoint());
  const auto isGiven = [&](const char* option) { return command.get_option(option)->count() > 0; };
  if (isGiven("--temperature")) defaults.doSample.reset(), defaults.temperature.reset();
  if (isGiven("--top-k")) defaults.topK.reset();
  if (isGiven("--top-p")) defaults.topP.reset();
  if (isGiven("--min-p")) defaults.minP.reset();
  if (isGiven("--repetition-penalty")) defaults.repetitionPenalty.reset();
  if (isGiven("--max-tokens")) defaults.maxNewTokens.reset();
  return defaults.applied(chosen);
}

void run(Options options, const CLI::App& command) {
  const auto& job = interruptibleJob();
  const core::text::TemplateVariables variables = readTemplateVariables(options.variables);
  const auto model = OpenModel::open(options.model, job);
  if (options.modelDefaults) options.generation = withDefaultsOf(*model, command, options.generation);
  const bool raw = !model->whyCannotComplete() && continuesAsItIs(options, *model);
  Engine engine;
  const auto settings = sessionOptions(options);
  options.weights.calibrate(*model, job);
  const auto session = engine.createSession(*model, settings, job);
  const std::string text = raw ? options.prompt : chatPrompt(options, *model->chatTemplate(), variables);
  auto thoughts = raw ? std::nullopt : thoughtsOf(*model->chatTemplate(), text);
  const auto stream = [&](const core::model::GeneratedToken& token) {
    job.throwIfCancelled();
    if (thoughts) thoughts->push(token.text, token.id, *model->tokenizer());
    if (options.output == Output::ForPrograms) return;
    printText(token.text);
    flush();
  };
  const auto prompt = model->tokenizer()->encodePrompt(text, core::text::SpecialTokens::Parse);
  const CacheFile cache(options.promptCache, *model, settings, *session);
  const auto begun = std::chrono::steady_clock::now();
  const std::uint32_t restored = cache.read(prompt, job);
  const double readSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  core::model::GenerationResult result = session->complete(prompt, options.generation, stream);
  result.restoredTokens = restored;
  if (result.timeToFirstTokenS > 0) result.timeToFirstTokenS += readSeconds;
  cache.write(job);
  if (options.output == Output::ForPrograms) {
    Json json = toJson(options, settings.recipe, result, *session);
    if (const auto thought = thoughts ? thoughts->found() : std::nullopt) addThought(json, *thought, result.text);
    return print(json);
  }
  fmt::print("\n[{} tokens, {:.1f} tokens/s, first after {:.0f} ms, {}]\n", result.tokens.size(),
             result.decodeTokensPerS, result.timeToFirstTokenS * 1e3, session->executor().deviceName());
  if (!options.promptCache.empty())
    fmt::print("{} of {} tokens of the prompt came from the prompt cache.\n", restored, result.promptTokens);
  const core::model::MemoryUse memory = session->executor().memory();
  if (memory.hostBytes != 0)
    printText(hostWeightsSentence(static_cast<double>(memory.hostBytes), memory.hostParts) + "\n");
}

}  // namespace generate_verb

void addGenerate(CLI::App& program) {
  auto options = std::make_shared<generate_verb::Options>();
  CLI::App* command = program.add_subcommand("generate", "Answer a prompt");
  auto& sampling = options->generation.sampling;
  addModel(*command, options->model);
  command->add_option("--prompt", options->prompt, "What the user says")->required();
  command->add_option("--system", options->system, "System prompt");
  command->add_flag("--raw", options->raw, "Continue the prompt as it is, without the model's chat template");
  addTemplateVariables(*command, options->variables);
  addRecipe(*command, options->weights, "Quantize the block matrices first, e.g. nf4 or int4:group=64");
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command->add_option("--prompt-cache", options->promptCache,
                      "File that holds keys and values of what was read and written, prompt and answer themselves "
                      "included: the same beginning is not computed again");
  command->add_option("--temperature", sampling.temperature, "0 is greedy")->capture_default_str();
  command->add_option("--top-k", sampling.topK, "0 is off")->check(CLI::Range(0U, 1U << 30U))->capture_default_str();
  command->add_option("--top-p", sampling.topP, "1 is off")->capture_default_str();
  command->add_option("--min-p", sampling.minP, "0 is off")->capture_default_str();
  command->add_option("--repetition-penalty", sampling.repetitionPenalty, "1 is off")->capture_default_str();
  command->add_option("--seed", sampling.seed, "The same seed gives the same answer")
      ->check(CLI::Validator(whyNoSeed, ""))
      ->capture_default_str();
  command->add_option("--max-tokens", options->generation.maxTokens, "Longest answer")
      ->check(CLI::Range(0U, 1U << 30U))
      ->capture_default_str();
  command->add_flag("--model-defaults", options->modelDefaults,
                    "Options that are not given are as the model's files say (generation_config.json)");
  addJsonFlag(*command, options->output);
  command->callback([options, command] { generate_verb::run(*options, *command); });
}

}  // namespace app::cli
