#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/token_list.h"
#include "app/session/engine.h"
#include "app/session/open_files.h"
#include "core/io/npy_writer.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace logits_verb {

constexpr std::size_t kTop = 5;

struct Options {
  std::string model, tokens, device = "auto";
  std::optional<std::string> out;
  RecipeOptions weights;
  std::string kvType = "f32";
  Output output = Output::ForPeople;
};

/// Among the tokens that the model's tokenizer, if it has one, knows.
Json topTokens(std::span<const float> logits, const OpenModel& model) {
  if (model.tokenizer()) logits = logits.first(std::min(logits.size(), model.tokenizer()->size()));
  Json top = Json::array();
  for (const auto& [token, probability] : core::model::topProbabilities(logits, kTop)) {
    Json row = {{"token", token}, {"probability", probability}};
    if (model.tokenizer()) row["piece"] = model.tokenizer()->piece(token);
    top.push_back(std::move(row));
  }
  return top;
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  Engine engine;
  Engine::SessionOptions session;
  session.recipe = options.weights.parse();
  session.device = DeviceChoice::parse(options.device);
  options.weights.calibrate(*model, job);
  const auto executor = engine.createExecutor(*model, session, job);
  const std::size_t vocabulary = model->config().vocabulary;
  const auto tokens = parseTokenList(options.tokens, vocabulary);
  std::optional<core::io::OutputFile> file;
  if (options.out) file.emplace(*options.out, openFiles());
  const auto cache =
      executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), core::model::kvTypeOf(options.kvType));
  std::vector<float> logits(tokens.size() * vocabulary);
  executor->forward(tokens, *cache, core::model::LogitsWanted::AllTokens, logits);
  if (file) {
    core::io::NpyWriter writer(std::move(*file), {tokens.size(), vocabulary});
    writer.append(logits);
    writer.finish();
  }
  std::FILE* const report = reportStream(options.out.value_or(""));
  const Json top = topTokens(std::span(logits).last(vocabulary), *model);
  if (options.output == Output::ForPrograms) {
    return print({{"shape", {tokens.size(), vocabulary}}, {"device", executor->deviceName()}, {"last_token_top", top}},
                 report);
  }
  for (const auto& row : top) {
    fmt::print(report, "{:>8} {:.6f} {}\n", row["token"].get<int>(), row["probability"].get<float>(),
               core::io::printable(row.value("piece", std::string())));
  }
}

}  // namespace logits_verb

void addLogits(CLI::App& program) {
  auto options = std::make_shared<logits_verb::Options>();
  CLI::App* command = program.add_subcommand("logits", "Logits after each token of a given sequence");
  addModel(*command, options->model);
  command->add_option("--tokens", options->tokens, "Token ids, separated by commas")->required();
  addRecipe(*command, options->weights, "Quantize the block matrices first");
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command->add_option("-o,--output", options->out,
                      "Write float32 [tokens, vocabulary] to this .npy file, or - for standard output");
  addJsonFlag(*command, options->output);
  command->callback([options] { logits_verb::run(*options); });
}

}  // namespace app::cli
