#include "core/text/chat_template.h"

#include "core/base/error.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/parser.h"

namespace core::text {

namespace {

using jinja::Value;

[[noreturn]] void rethrow(const jinja::Failure& failure, int line) {
  if (failure.ownWords && !failure.sentence.empty()) throw Error(failure.code, failure.sentence);
  const std::string where = "line " + std::to_string(line);
  throw Error(failure.code, "The chat template fails in " + where + ": " + failure.sentence, where);
}

jinja::Block parse(std::string_view source) {
  int line = 1;
  try {
    return jinja::Parser(jinja::tokenize(source, line), line).parseTemplate();
  } catch (const jinja::Failure& failure) {
    rethrow(failure, line);
  }
}

/// The text of a special token as the file lists it; empty where the file is silent or wrong.
std::string specialText(const io::Metadata& metadata, std::string_view key) {
  try {
    const auto id = metadata.unsignedInteger(key);
    const io::MetadataArray* tokens = metadata.array("tokenizer.ggml.tokens");
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
};

ChatTemplate::ChatTemplate(std::string_view source, std::string bos, std::string eos)
    : m_impl(std::make_unique<Impl>(Impl{parse(source), std::move(bos), std::move(eos)})) {}

std::shared_ptr<const ChatTemplate> ChatTemplate::fromCheckpoint(const io::Checkpoint& checkpoint,
                                                                 const Tokenizer* tokenizer) {
  const io::Metadata& metadata = checkpoint.metadata();
  const std::optional<std::string> source = metadata.string("tokenizer.chat_template");
  if (!source) return nullptr;
  const auto text = [&](std::string_view key, std::optional<TokenId> id) {
    if (tokenizer == nullptr) return specialText(metadata, key);
    return id ? tokenizer->piece(*id) : std::string();
  };
  return std::make_shared<ChatTemplate>(
      *source, text("tokenizer.ggml.bos_token_id", tokenizer == nullptr ? std::nullopt : tokenizer->bos()),
      text("tokenizer.ggml.eos_token_id", tokenizer == nullptr ? std::nullopt : tokenizer->eos()));
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

std::string ChatTemplate::render(std::span<const ChatMessage> messages, bool addGenerationPrompt) const {
  jinja::Budget setup;
  std::vector<Value> list;
  list.reserve(messages.size());
  for (const ChatMessage& message : messages) {
    list.push_back(
        Value::dict({{Value("role"), Value(message.role)}, {Value("content"), Value(message.content)}}, setup));
  }
  // What Hugging Face's apply_chat_template passes: tools and documents are there and none.
  jinja::Interpreter interpreter({{"messages", Value::list(std::move(list))},
                                  {"add_generation_prompt", Value(addGenerationPrompt)},
                                  {"bos_token", Value(m_impl->bos)},
                                  {"eos_token", Value(m_impl->eos)},
                                  {"tools", Value::none()},
                                  {"documents", Value::none()}});
  try {
    return interpreter.render(m_impl->block);
  } catch (const jinja::Failure& failure) {
    rethrow(failure, interpreter.line());
  }
}

}  // namespace core::text
