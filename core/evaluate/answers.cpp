#include "core/evaluate/answers.h"

#include <algorithm>
#include <optional>

namespace core::evaluate {

namespace {

using text::TokenId;

/// A conversation up to the end of one answer, and where that begins.
struct AnswerTokens {
  std::vector<TokenId> tokens;
  std::uint32_t first = 0;
};

std::optional<AnswerTokens> tokensOf(std::span<const text::ChatMessage> messages, std::size_t answer,
                                     const text::Tokenizer& tokenizer, const text::ChatTemplate& chatTemplate) {
  const auto encode = [&](std::size_t count, bool asksForAnswer) {
    return tokenizer.encodePrompt(chatTemplate.render(messages.first(count), asksForAnswer),
                                  text::SpecialTokens::Parse);
  };
  const std::vector<TokenId> prompt = encode(answer, true);
  AnswerTokens result{encode(answer + 1, false), 0};
  // Where a tokenizer joins the two, the answer begins with the token that differs.
  const auto parting = std::ranges::mismatch(result.tokens, prompt).in1;
  result.first = static_cast<std::uint32_t>(parting - result.tokens.begin());
  const auto end =
      std::find_if(parting, result.tokens.end(), [&](TokenId id) { return tokenizer.isEndOfGeneration(id); });
  if (end != result.tokens.end()) result.tokens.erase(end + 1, result.tokens.end());
  if (result.first == 0 || result.first == result.tokens.size()) return std::nullopt;
  return result;
}

bool beginsWith(const std::vector<TokenId>& whole, const std::vector<TokenId>& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

}  // namespace

ConversationPassages findAnswers(std::span<const text::ChatMessage> messages, const text::Tokenizer& tokenizer,
                                 const text::ChatTemplate& chatTemplate, std::uint32_t context) {
  ConversationPassages found;
  for (std::size_t i = messages.size(); i-- > 0;) {  // the last one first: it usually holds all others
    if (messages[i].role != "assistant") continue;
    auto answer = tokensOf(messages, i, tokenizer, chatTemplate);
    if (!answer) continue;
    if (answer->tokens.size() > context) {
      ++found.tooLong;
      continue;
    }
    const PositionRange range{answer->first - 1, static_cast<std::uint32_t>(answer->tokens.size() - 1)};
    Passage* const last = found.passages.empty() ? nullptr : &found.passages.back();
    if (last != nullptr && beginsWith(last->tokens, answer->tokens) && range.last <= last->answers.back().first)
      last->answers.push_back(range);
    else
      found.passages.push_back({std::move(answer->tokens), {range}, 0});
  }
  for (Passage& passage : found.passages) std::ranges::reverse(passage.answers);
  std::ranges::reverse(found.passages);
  return found;
}

}  // namespace core::evaluate
