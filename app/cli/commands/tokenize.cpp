#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/template_options.h"
#include "app/cli/token_lines.h"
#include "app/cli/token_list.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/json_tree.h"

namespace app::cli {

namespace tokenize_verb {

using core::Error;
using core::ErrorCode;

struct Options {
  std::string model, input, lines;
  std::vector<std::string> variables;
  bool special = false, bos = false, noPrompt = false;
  Output output = Output::ForPeople;
};

std::shared_ptr<const core::text::Tokenizer> tokenizerOf(const OpenModel& model) {
  if (model.tokenizer()) return model.tokenizer();
  throw Error(ErrorCode::Unsupported, *model.whyNoTokenizer());
}

/// Ids that can be asked for: the tokenizer's, and those of a model with more embeddings than tokens.
std::size_t vocabularyOf(const OpenModel& model) {
  const std::size_t rows = model.whyNotRunnable() ? 0 : model.config().vocabulary;
  return std::max(rows, model.tokenizer()->size());
}

void tokenize(const Options& options) {
  const auto model = OpenModel::open(options.model);
  const auto tokenizer = tokenizerOf(*model);
  const auto mode = options.special ? core::text::SpecialTokens::Parse : core::text::SpecialTokens::AsText;
  const auto encode = [&](std::string_view text) {
    return options.bos ? tokenizer->encodePrompt(text, mode) : tokenizer->encode(text, mode);
  };
  if (!options.lines.empty()) return printTokenLines(options.lines, encode);
  const auto ids = encode(options.input);
  if (options.output == Output::ForPeople) return fmt::print("{}\n", fmt::join(ids, ","));
  Json pieces = Json::array();
  for (const auto id : ids) pieces.push_back(tokenizer->piece(id));
  print({{"tokens", ids}, {"pieces", pieces}});
}

void detokenize(const Options& options) {
  const auto model = OpenModel::open(options.model);
  const auto tokenizer = tokenizerOf(*model);
  if (!options.lines.empty()) return printTextLines(options.lines, *tokenizer, vocabularyOf(*model));
  const auto ids = parseTokenList(options.input, vocabularyOf(*model));
  const std::string text = tokenizer->decode(ids);
  options.output == Output::ForPrograms ? print({{"tokens", ids}, {"text", text}}) : app::cli::printText(text + "\n");
}

/// The messages of a file, with all they say: an array, or an object's "messages".
core::io::JsonTree readMessages(const std::string& path) {
  core::io::JsonTree chat = readJsonFile(path);
  const core::io::JsonTree* const inside = chat.find("messages");
  core::io::JsonTree list = inside == nullptr ? std::move(chat) : *inside;
  if (list.container != core::io::JsonContainer::Array)
    throw Error(ErrorCode::InvalidFile, path + " must hold a JSON array of {\"role\", \"content\"} objects.");
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    if (list.children[i].second.text("role")) continue;
    throw Error(ErrorCode::InvalidFile, fmt::format("Message {} of {} must have the text \"role\".", i, path));
  }
  return list;
}

Json variablesOf(const core::text::ChatTemplate& chatTemplate) {
  static constexpr std::array<const char*, 4> kKinds = {"flag", "text", "number", "list"};
  Json all = Json::array();
  for (const auto& variable : chatTemplate.variables()) {
    Json one = {{"name", variable.name}, {"kind", kKinds[static_cast<std::size_t>(variable.kind)]}};
    std::visit(
        [&](const auto& usual) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(usual)>, std::monostate>) one["default"] = usual;
        },
        variable.usual);
    if (!variable.choices.empty()) one["choices"] = variable.choices;
    all.push_back(std::move(one));
  }
  return all;
}

void renderTemplate(const Options& options) {
  const auto model = OpenModel::open(options.model);
  if (!model->chatTemplate()) throw Error(ErrorCode::Unsupported, *model->whyNoTemplate());
  const core::io::JsonTree messages = readMessages(options.input);
  const core::text::TemplateVariables variables = readTemplateVariables(options.variables);
  const std::string prompt = model->chatTemplate()->render(messages, !options.noPrompt, variables);
  if (options.output == Output::ForPeople) return app::cli::printText(prompt);
  Json answer = {{"prompt", prompt}};
  // The template works without a tokenizer; then there are no ids to give.
  answer["tokens"] = model->tokenizer()
                         ? Json(model->tokenizer()->encodePrompt(prompt, core::text::SpecialTokens::Parse))
                         : Json(nullptr);
  answer["variables"] = variablesOf(*model->chatTemplate());
  if (const auto marks = model->chatTemplate()->reasoning()) answer["reasoning"] = {marks->begin, marks->end};
  print(answer);
}

/// Either the one input, or --lines with a file of many. No group of options: a text may look like one of them.
void addInput(CLI::App& command, Options& options, const char* name, const char* what, const char* many) {
  CLI::Option* const input = command.add_option(name, options.input, what);
  command.add_option("--lines", options.lines, many)->check(CLI::Validator(whyEmpty, ""))->excludes(input);
}

void checkInput(const CLI::App& command, const char* name) {
  if (command.count(name) == 0 && command.count("--lines") == 0) throw CLI::RequiredError(name);
}

}  // namespace tokenize_verb

void addTokenize(CLI::App& program) {
  auto options = std::make_shared<tokenize_verb::Options>();
  CLI::App* command = program.add_subcommand("tokenize", "The tokens of a text");
  addModel(*command, options->model);
  tokenize_verb::addInput(*command, *options, "text", "The text",
                          "Many texts: a file (- for standard input) with a JSON text a line");
  command->add_flag("--special", options->special, "Special tokens in the text count as such");
  command->add_flag("--bos", options->bos,
                    "As a prompt: the token that begins a text in front, where the model asks for it");
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    tokenize_verb::checkInput(*command, "text");
    tokenize_verb::tokenize(*options);
  });
}

void addDetokenize(CLI::App& program) {
  auto options = std::make_shared<tokenize_verb::Options>();
  CLI::App* command = program.add_subcommand("detokenize", "The text of a list of token ids");
  addModel(*command, options->model);
  tokenize_verb::addInput(*command, *options, "ids", "Token ids, separated by commas",
                          "Many lists: a file (- for standard input) with a JSON list of ids a line");
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    tokenize_verb::checkInput(*command, "ids");
    tokenize_verb::detokenize(*options);
  });
}

void addTemplate(CLI::App& program) {
  auto options = std::make_shared<tokenize_verb::Options>();
  CLI::App* command = program.add_subcommand("template", "The prompt that a conversation becomes");
  addModel(*command, options->model);
  command->add_option("chat", options->input, "A JSON file: [{\"role\": \"user\", \"content\": \"Hi\"}]")->required();
  addTemplateVariables(*command, options->variables);
  command->add_flag("--no-prompt", options->noPrompt, "Without what asks the model to answer");
  addJsonFlag(*command, options->output);
  command->callback([options] { tokenize_verb::renderTemplate(*options); });
}

}  // namespace app::cli
