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

}  // namespace

struct ChatTemplate::Impl {
  jinja::Block block;
  std::string bos;
  std::string eos;
};

ChatTemplate::ChatTemplate(std::string_view source, std::string bos, std::string eos)
    : m_impl(std::make_unique<Impl>(Impl{parse(source), std::move(bos), std::move(eos)})) {}
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
