#include "core/text/chat_template.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/chat_template_source.h"
#include "core/text/folder_settings.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/json_value.h"
#include "core/text/jinja/parser.h"
#include "core/text/jinja/variable_finder.h"

namespace core::text {

namespace {

using jinja::Value;

constexpr std::size_t kLongestSentence = 400;

/// The template's own words, safe to print.
std::string ownWords(const std::string& words) {
  const bool isLong = words.size() > kLongestSentence;
  return io::printable(std::string_view(words).substr(0, kLongestSentence)) + (isLong ? "…" : "");
}

[[noreturn]] void rethrow(const jinja::Failure& failure, int line) {
  if (failure.ownWords && !failure.sentence.empty()) throw Error(failure.code, ownWords(failure.sentence));
  const std::string where = "line " + std::to_string(line);
  throw Error(failure.code, "The chat template fails in " + where + ": " + failure.sentence, where);
}

jinja::Block parse(std::string_view source, jinja::Budget& budget) {
  int line = 1;
  try {
    return jinja::Parser(jinja::tokenize(source, line, budget), line, budget).parseTemplate();
  } catch (const jinja::Failure& failure) {
    rethrow(failure, line);
  }
}

/// The larger share of the two limits that was used.
double shareUsed(const jinja::Budget& budget) {
  const auto left = [](std::size_t rest, std::size_t all) {
    return static_cast<double>(rest) / static_cast<double>(all);
  };
  return 1.0 -
         std::min(left(budget.stepsLeft(), jinja::Budget::kSteps), left(budget.bytesLeft(), jinja::Budget::kBytes));
}

/// The text of a special token as the file lists it ("bos", "eos"); empty where the file is silent or wrong.
std::string specialText(const io::Checkpoint& checkpoint, const std::string& which) {
  try {
    if (checkpoint.format() == io::FileFormat::Safetensors) {
      const FolderSettings settings(checkpoint, "tokenizer_config.json", "tokenizer");
      return settings.tokenText(which + "_token").value_or("");
    }
    const auto id = checkpoint.metadata().unsignedInteger("tokenizer.ggml." + which + "_token_id");
    const io::MetadataArray* tokens = checkpoint.metadata().array("tokenizer.ggml.tokens");
    return id && tokens != nullptr && *id < tokens->size() ? tokens->strings()[*id] : std::string();
  } catch (const Error&) {
    return {};  // such a file has no tokenizer, which says why
  }
}

/// A conversation as a template sees it.
Value valueOf(std::span<const ChatMessage> messages) {
  jinja::Budget own;
  jinja::ListBuilder list(own);
  for (const ChatMessage& message : messages) {
    jinja::DictBuilder dict(own);
    dict.set(Value::literal("role"), Value::literal(message.role));
    dict.set(Value::literal("content"), Value::literal(message.content));
    list.push(std::move(dict).value());
  }
  return std::move(list).value();
}

Value valueOf(const io::JsonTree& tree, jinja::Budget& own) {
  try {
    return jinja::valueOfJson(tree, own);
  } catch (const jinja::Failure& failure) {
    throw Error(ErrorCode::InvalidArgument, "What the chat template is given cannot be used: " + failure.sentence);
  }
}

io::JsonTree jsonObject(std::initializer_list<std::pair<const char*, const char*>> texts) {
  io::JsonTree object{io::JsonContainer::Object, {}, {}};
  for (const auto& [key, text] : texts) object.children.emplace_back(key, io::JsonTree{{}, std::string(text), {}});
  return object;
}

/// A question, and an answer with the thought before it under every name that templates read.
constexpr const char* kThought = "thought7f3a";
constexpr const char* kAnswer = "answer7f3a";

io::JsonTree probe(bool withAnswer) {
  io::JsonTree messages{io::JsonContainer::Array, {}, {}};
  messages.children.emplace_back("", jsonObject({{"role", "user"}, {"content", "question"}}));
  if (!withAnswer) return messages;
  messages.children.emplace_back("", jsonObject({{"role", "assistant"},
                                                 {"content", kAnswer},
                                                 {"reasoning_content", kThought},
                                                 {"reasoning", kThought},
                                                 {"thinking", kThought}}));
  return messages;
}

}  // namespace

struct ChatTemplate::Impl {
  jinja::Block block;
  std::string bos;
  std::string eos;
  double parseCost = 0;
  std::optional<ReasoningMarks> writtenMarks = {};  ///< those the template names

  std::string render(Value messages, bool addGenerationPrompt, const TemplateVariables& variables,
                     jinja::Budget& budget) const;
};

ChatTemplate::ChatTemplate(std::string_view source, std::string bos, std::string eos) {
  jinja::Budget budget;
  jinja::Block block = parse(source, budget);
  m_impl = std::make_unique<Impl>(
      Impl{std::move(block), std::move(bos), std::move(eos), shareUsed(budget), marksNamedIn(source)});
}

std::shared_ptr<const ChatTemplate> ChatTemplate::fromCheckpoint(const io::Checkpoint& checkpoint,
                                                                 const Tokenizer* tokenizer) {
  const std::optional<std::string> source = chatTemplateOf(checkpoint);
  if (!source) return nullptr;
  const auto text = [&](const char* which, std::optional<TokenId> id) {
    if (tokenizer == nullptr) return specialText(checkpoint, which);
    return id ? tokenizer->piece(*id) : std::string();
  };
  return std::make_shared<ChatTemplate>(*source, text("bos", tokenizer == nullptr ? std::nullopt : tokenizer->bos()),
                                        text("eos", tokenizer == nullptr ? std::nullopt : tokenizer->eos()));
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

std::string ChatTemplate::Impl::render(Value messages, bool addGenerationPrompt, const TemplateVariables& variables,
                                       jinja::Budget& budget) const {
  jinja::Budget own;  // what the caller gives is the caller's: the template does not pay for it
  // What Hugging Face's apply_chat_template passes: tools and documents are there and none.
  std::vector<std::pair<std::string, Value>> given = {
      {"messages", std::move(messages)},  {"add_generation_prompt", Value(addGenerationPrompt)},
      {"bos_token", Value::literal(bos)}, {"eos_token", Value::literal(eos)},
      {"tools", Value::none()},           {"documents", Value::none()}};
  for (const auto& [name, value] : variables) given.emplace_back(name, valueOf(value, own));
  jinja::Interpreter interpreter(std::move(given), budget);
  try {
    return interpreter.render(block);
  } catch (const jinja::Failure& failure) {
    rethrow(failure, interpreter.line());
  }
}

std::string ChatTemplate::render(std::span<const ChatMessage> messages, bool addGenerationPrompt,
                                 const TemplateVariables& variables) const {
  jinja::Budget budget;
  return m_impl->render(valueOf(messages), addGenerationPrompt, variables, budget);
}

std::string ChatTemplate::render(const io::JsonTree& messages, bool addGenerationPrompt,
                                 const TemplateVariables& variables) const {
  jinja::Budget own;
  jinja::Budget budget;
  return m_impl->render(valueOf(messages, own), addGenerationPrompt, variables, budget);
}

std::vector<TemplateVariable> ChatTemplate::variables() const {
  jinja::Budget budget;  // of all that is tried here together
  std::vector<TemplateVariable> found;
  try {
    found = jinja::VariableFinder(budget).find(m_impl->block);
  } catch (const jinja::Failure&) {
    return {};  // so large that rendering it fails as well
  }
  const auto with = [&](const TemplateVariables& variables) {
    jinja::Budget own;
    return m_impl->render(valueOf(probe(false), own), true, variables, budget);
  };
  try {
    for (TemplateVariable& variable : found) {
      const bool isKnown = !std::holds_alternative<std::monostate>(variable.usual);
      if (variable.kind != jinja::VariableKind::Flag || isKnown) continue;
      const std::string on = with({{variable.name, io::JsonTree{{}, true, {}}}});
      const std::string off = with({{variable.name, io::JsonTree{{}, false, {}}}});
      const std::string absent = with({});
      if (on != off && (absent == on || absent == off)) variable.usual = absent == on;
    }
  } catch (const Error&) {
    // A template that refuses the question alone does not tell.
  }
  return found;
}

std::optional<ReasoningMarks> ChatTemplate::reasoning() const {
  try {
    const std::string prompt = render(probe(false), true);
    const std::string text = render(probe(true), false);
    if (auto marks = marksAround(text, kThought, kAnswer, prompt)) return marks;
  } catch (const Error&) {
    // A template that refuses such a conversation tells by what it looks for.
  }
  return m_impl->writtenMarks;
}

double ChatTemplate::cost(std::span<const ChatMessage> messages, bool addGenerationPrompt) const {
  jinja::Budget budget;
  m_impl->render(valueOf(messages), addGenerationPrompt, {}, budget);
  return std::max(m_impl->parseCost, shareUsed(budget));
}

}  // namespace core::text
