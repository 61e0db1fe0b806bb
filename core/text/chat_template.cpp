#include "core/text/chat_template.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/chat_template_source.h"
#include "core/text/folder_settings.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/parser.h"

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

}  // namespace

struct ChatTemplate::Impl {
  jinja::Block block;
  std::string bos;
  std::string eos;
  double parseCost = 0;

  std::string render(std::span<const ChatMessage> messages, bool addGenerationPrompt, jinja::Budget& budget) const;
};

ChatTemplate::ChatTemplate(std::string_view source, std::string bos, std::string eos) {
  jinja::Budget budget;
  jinja::Block block = parse(source, budget);
  m_impl = std::make_unique<Impl>(Impl{std::move(block), std::move(bos), std::move(eos), shareUsed(budget)});
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

std::string ChatTemplate::Impl::render(std::span<const ChatMessage> messages, bool addGenerationPrompt,
                                       jinja::Budget& budget) const {
  jinja::Budget own;  // the conversation is the caller's: the template does not pay for it
  jinja::ListBuilder list(own);
  for (const ChatMessage& message : messages) {
    jinja::DictBuilder dict(own);
    dict.set(Value::literal("role"), Value::literal(message.role));
    dict.set(Value::literal("content"), Value::literal(message.content));
    list.push(std::move(dict).value());
  }
  // What Hugging Face's apply_chat_template passes: tools and documents are there and none.
  jinja::Interpreter interpreter({{"messages", std::move(list).value()},
                                  {"add_generation_prompt", Value(addGenerationPrompt)},
                                  {"bos_token", Value::literal(bos)},
                                  {"eos_token", Value::literal(eos)},
                                  {"tools", Value::none()},
                                  {"documents", Value::none()}},
                                 budget);
  try {
    return interpreter.render(block);
  } catch (const jinja::Failure& failure) {
    rethrow(failure, interpreter.line());
  }
}

std::string ChatTemplate::render(std::span<const ChatMessage> messages, bool addGenerationPrompt) const {
  jinja::Budget budget;
  return m_impl->render(messages, addGenerationPrompt, budget);
}

double ChatTemplate::cost(std::span<const ChatMessage> messages, bool addGenerationPrompt) const {
  jinja::Budget budget;
  m_impl->render(messages, addGenerationPrompt, budget);
  return std::max(m_impl->parseCost, shareUsed(budget));
}

}  // namespace core::text
