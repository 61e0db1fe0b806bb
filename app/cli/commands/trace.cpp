#include <fmt/core.h>

#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/engine.h"
#include "app/session/open_files.h"
#include "app/session/trace_json.h"
#include "app/session/trace_page.h"
#include "app/session/trace_text.h"
#include "core/base/error.h"
#include "core/io/output_file.h"

namespace app::cli {

namespace trace_verb {

struct Options {
  std::string model, prompt, system, device = "auto", kvType = "f16", variant, reference, output;
  RecipeOptions weights;
  std::optional<std::size_t> token;
  std::uint64_t seed = 1;
  std::size_t mostTokens = 256;
  bool raw = false;
  Output answer = Output::ForPeople;
};

/// A variant by its text; where that names no device or type of keys and values, the usual ones.
Variant variantOf(const std::string& text, const Variant& usual) {
  Variant variant = Variant::parse(text);
  if (variant.device.kind == DeviceChoice::Kind::Auto) variant.device = usual.device;
  if (text.find("@kv=") == std::string::npos) variant.kv = usual.kv;
  return variant;
}

TraceRequest requestOf(const Options& options, const OpenModel& model) {
  TraceRequest request;
  Variant usual;
  usual.device = DeviceChoice::parse(options.device);
  usual.kv = core::model::kvTypeOf(options.kvType);
  request.reference = options.reference.empty() ? usual : variantOf(options.reference, usual);
  request.compared = options.variant.empty() ? usual : variantOf(options.variant, usual);
  if (options.variant.empty()) request.compared.recipe = options.weights.parse();
  if (request.reference == request.compared) {
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "A trace needs something to compare: --scheme, --recipe or --variant should differ from the "
                      "reference.");
  }
  request.position = options.token;
  request.seed = options.seed;
  request.mostTokens = options.mostTokens;
  if (options.raw || !model.chatTemplate()) {
    if (!options.system.empty())
      throw core::Error(core::ErrorCode::InvalidArgument, "A system prompt needs the model's chat template.");
    request.prompt = tracePrompt(model, options.prompt);
  } else {
    std::vector<core::text::ChatMessage> messages;
    if (!options.system.empty()) messages.push_back({"system", options.system});
    messages.push_back({"user", options.prompt});
    request.prompt = tracePrompt(model, messages);
  }
  return request;
}

bool isPage(const std::string& path) { return path.ends_with(".html") || path.ends_with(".htm"); }

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  if (!options.raw && model->hasBrokenTemplate())
    throw core::Error(core::ErrorCode::InvalidFile,
                      fmt::format("{} The option --raw continues the prompt without it.", *model->whyNoTemplate()));
  options.weights.calibrate(*model, job);
  const TraceRequest request = requestOf(options, *model);
  std::optional<core::io::OutputFile> file;  // refused before anything is computed
  if (!options.output.empty()) file.emplace(options.output, openFiles());
  Engine engine;
  const Trace trace = traceModel(engine, *model, request, {}, job);
  const auto* tokenizer = model->tokenizer().get();
  if (file) {
    const std::string text =
        isPage(options.output) ? tracePage(trace, tokenizer)
                               : traceJson(trace, tokenizer).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    file->write(std::as_bytes(std::span(text)));
    file->commit();
  }
  if (options.output == "-") return;  // standard output has the trace already
  if (options.answer == Output::ForPrograms) return print(traceJson(trace, tokenizer));
  printText(traceText(trace, tokenizer));
}

}  // namespace trace_verb

void addTrace(CLI::App& program) {
  auto options = std::make_shared<trace_verb::Options>();
  CLI::App* command =
      program.add_subcommand("trace", "From a token at which two versions part to the weights that caused it");
  addModel(*command, options->model);
  addRecipe(*command, options->weights, "What the block matrices become, e.g. nf4 or int4:group=64");
  command
      ->add_option("--variant", options->variant, "What is compared, e.g. nf4@cpu@kv=int8, model:PATH or adapter:PATH")
      ->excludes("--scheme")
      ->excludes("--recipe");
  command->add_option("--reference", options->reference, "What it is compared with, likewise (the model as stored)");
  command->add_option("--prompt", options->prompt, "What the user says")->required();
  command->add_option("--system", options->system, "System prompt");
  command->add_flag("--raw", options->raw, "Continue the prompt as it is, without the model's chat template");
  command->add_option("--token", options->token, "A token of the reference's answer (the first at which they part)")
      ->check(CLI::Range(0, 1 << 20));
  command->add_option("--max-tokens", options->mostTokens, "Of the answer that are looked at")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command->add_option("--seed", options->seed, "Of the random sets that the proof is compared with")
      ->check(CLI::Validator(whyNoSeed, ""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "Where the whole trace is kept: FILE.html or FILE.json")
      ->check(CLI::Validator(whyEmpty, ""));
  addJsonFlag(*command, options->answer);
  command->callback([options] { trace_verb::run(*options); });
}

}  // namespace app::cli
