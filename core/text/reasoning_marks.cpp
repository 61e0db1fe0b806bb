#include "core/text/reasoning_marks.h"

#include <algorithm>
#include <array>

#include "core/text/jinja/text_functions.h"

namespace core::text {

namespace {

std::string_view trimmed(std::string_view text) {
  jinja::Budget own;
  return jinja::stripText(text, jinja::Ends::Both, jinja::CharacterSet(nullptr, own));
}

/// A last tag: "<think>" of "…\n<think>\n".
std::string_view lastTag(std::string_view text) {
  text = trimmed(text);
  const std::size_t from = text.find_last_of(text.ends_with(']') ? '[' : '<');
  return text.ends_with(']') || text.ends_with('>') ? text.substr(from == std::string_view::npos ? 0 : from) : text;
}

}  // namespace

bool ReasoningMarks::isOpenIn(std::string_view text) const {
  const std::size_t opened = text.rfind(begin);
  if (opened == std::string_view::npos) return false;
  return text.find(end, opened + begin.size()) == std::string_view::npos;
}

std::optional<ReasoningMarks> marksNamedIn(std::string_view source) {
  static const std::array<ReasoningMarks, 8> kKnown = {{{"<think>", "</think>"},
                                                        {"[THINK]", "[/THINK]"},
                                                        {"<|START_THINKING|>", "<|END_THINKING|>"},
                                                        {"<seed:think>", "</seed:think>"},
                                                        {"<|channel>thought", "<channel|>"},
                                                        {"<thinking>", "</thinking>"},
                                                        {"<thought>", "</thought>"},
                                                        {"<reasoning>", "</reasoning>"}}};
  const auto found = std::find_if(kKnown.begin(), kKnown.end(), [&](const ReasoningMarks& marks) {
    return source.find(marks.end) != std::string_view::npos;
  });
  return found == kKnown.end() ? std::nullopt : std::optional(*found);
}

std::optional<ReasoningMarks> marksAround(std::string_view text, std::string_view thought, std::string_view answer,
                                          std::string_view prompt) {
  const std::size_t at = text.find(thought);
  const std::size_t answerAt = text.find(answer);
  if (at == std::string_view::npos || answerAt == std::string_view::npos || answerAt < at) return std::nullopt;
  const std::string_view before = text.substr(0, at);
  const auto differ = std::mismatch(before.begin(), before.end(), prompt.begin(), prompt.end()).first;
  std::string_view begin = trimmed(before.substr(static_cast<std::size_t>(differ - before.begin())));
  // A prompt may begin the block already; then its tag is the last before the thought.
  if (begin.empty()) begin = lastTag(before);
  const std::size_t end = at + thought.size();
  const std::string_view close = trimmed(text.substr(end, answerAt - end));
  if (begin.empty() || close.empty()) return std::nullopt;
  return ReasoningMarks{std::string(begin), std::string(close)};
}

}  // namespace core::text
