#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/token_lines.h"
#include "app/cli/token_list.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kReadBytes = std::size_t{1} << 16, kMaxChatBytes = std::size_t{64} << 20;

struct Options {
  std::string model, input, lines;
  bool special = false, bos = false;
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

/// A file or a pipe, whole.
std::string readAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (std::size_t read = 0; file;) {
    text.resize(read + kReadBytes);
    file.read(text.data() + read, kReadBytes);
    read += static_cast<std::size_t>(file.gcount());
    text.resize(read);
    if (read > kMaxChatBytes) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{} should hold at most {} bytes.", core::io::inQuotes(path), kMaxChatBytes));
    }
  }
  if (!file.eof() || file.bad()) throw Error(ErrorCode::Io, "Could not read " + core::io::inQuotes(path) + ".");
  return text;
}

std::vector<core::text::ChatMessage> readMessages(const std::string& path) {
  const std::string text = readAll(path);
  const Json chat = Json::parse(text, nullptr, false);
  const Json& list = chat.is_object() && chat.contains("messages") ? chat["messages"] : chat;
  if (!list.is_array())
    throw Error(ErrorCode::InvalidFile, path + " must hold a JSON array of {\"role\", \"content\"} objects.");
  std::vector<core::text::ChatMessage> messages;
  for (const auto& message : list) {
    const auto isText = [&](const char* key) {
      return message.is_object() && message.contains(key) && message[key].is_string();
    };
    if (!isText("role") || !isText("content")) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("Message {} of {} must have the texts \"role\" and \"content\".", messages.size(), path));
    }
    messages.push_back({message["role"].get<std::string>(), message["content"].get<std::string>()});
  }
  return messages;
}

void renderTemplate(const Options& options) {
  const auto model = OpenModel::open(options.model);
  if (!model->chatTemplate()) throw Error(ErrorCode::Unsupported, *model->whyNoTemplate());
  const std::string prompt = model->chatTemplate()->render(readMessages(options.input));
  if (options.output == Output::ForPeople) return app::cli::printText(prompt);
  Json answer = {{"prompt", prompt}};
  // The template works without a tokenizer; then there are no ids to give.
  answer["tokens"] = model->tokenizer()
                         ? Json(model->tokenizer()->encodePrompt(prompt, core::text::SpecialTokens::Parse))
                         : Json(nullptr);
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

}  // namespace

void addTokenize(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("tokenize", "The tokens of a text");
  addModel(*command, options->model);
  addInput(*command, *options, "text", "The text", "Many texts: a file (- for standard input) with a JSON text a line");
  command->add_flag("--special", options->special, "Special tokens in the text count as such");
  command->add_flag("--bos", options->bos,
                    "As a prompt: the token that begins a text in front, where the model asks for it");
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    checkInput(*command, "text");
    tokenize(*options);
  });
}

void addDetokenize(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("detokenize", "The text of a list of token ids");
  addModel(*command, options->model);
  addInput(*command, *options, "ids", "Token ids, separated by commas",
           "Many lists: a file (- for standard input) with a JSON list of ids a line");
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    checkInput(*command, "ids");
    detokenize(*options);
  });
}

void addTemplate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("template", "The prompt that a conversation becomes");
  addModel(*command, options->model);
  command->add_option("chat", options->input, "A JSON file: [{\"role\": \"user\", \"content\": \"Hi\"}]")->required();
  addJsonFlag(*command, options->output);
  command->callback([options] { renderTemplate(*options); });
}

}  // namespace app::cli
