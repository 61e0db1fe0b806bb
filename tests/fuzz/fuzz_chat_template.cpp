// A stranger's chat template, and any conversation through it.
// Input: the template up to a zero byte, then messages: role and content end with a zero byte each.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/parser.h"

namespace {

using namespace core::text::jinja;

// A thousandth of the steps that ChatTemplate grants: the same code, more inputs a second.
constexpr std::size_t kSteps = Budget::kSteps / 1000;
constexpr std::size_t kBytes = Budget::kBytes / 100;

std::string_view takePart(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

Value messagesOf(std::string_view rest, Budget& budget) {
  ListBuilder messages(budget);
  while (!rest.empty()) {
    DictBuilder message(budget);
    message.set(Value::literal("role"), newText(takePart(rest), budget));
    message.set(Value::literal("content"), newText(takePart(rest), budget));
    messages.push(std::move(message).value());
  }
  return std::move(messages).value();
}

void render(std::string_view source, std::string_view messages) {
  Budget parsing(kSteps, kBytes);
  int line = 1;
  const Block block = Parser(tokenize(source, line, parsing), line, parsing).parseTemplate();
  Budget budget(kSteps, kBytes);
  Interpreter interpreter({{"messages", messagesOf(messages, budget)},
                           {"add_generation_prompt", Value(true)},
                           {"bos_token", Value::literal("<s>")},
                           {"tools", Value::none()}},
                          budget);
  if (interpreter.render(block).size() > kBytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view source = takePart(rest);
  try {
    render(source, rest);
  } catch (const Failure& failure) {
    // Refused with a sentence: that is what a bad template should get.
    if (failure.sentence.empty() && !failure.ownWords) std::abort();
  }
  return 0;
}
