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

bool isAnswer(const text::ChatMessage& message) { return message.role == "assistant"; }

/// Writes a conversation up to some turn as the model reads it.
class Writer {
 public:
  Writer(std::span<const text::ChatMessage> messages, const text::Tokenizer& tokenizer,
         const text::ChatTemplate& chatTemplate)
      : m_messages(messages), m_tokenizer(tokenizer), m_template(chatTemplate) {}

  /// The first turns, and what asks for an answer to them.
  std::vector<TokenId> prompt(std::size_t turns) const { return encode(turns, true); }
  /// The first turns, of which the last is an answer: up to the token that ends it. Nothing where it says nothing.
  std::optional<AnswerTokens> answer(std::size_t turns, const std::vector<TokenId>& prompt) const {
    AnswerTokens result{encode(turns, false), 0};
    // Where a tokenizer joins the two, the answer begins with the token that differs.
    const auto parting = std::ranges::mismatch(result.tokens, prompt).in1;
    result.first = static_cast<std::uint32_t>(parting - result.tokens.begin());
    const auto end =
        std::find_if(parting, result.tokens.end(), [&](TokenId id) { return m_tokenizer.isEndOfGeneration(id); });
    if (end != result.tokens.end()) result.tokens.erase(end + 1, result.tokens.end());
    if (result.first == 0 || result.first == result.tokens.size()) return std::nullopt;
    return result;
  }

 private:
  std::vector<TokenId> encode(std::size_t turns, bool asksForAnswer) const {
    return m_tokenizer.encodePrompt(m_template.render(m_messages.first(turns), asksForAnswer),
                                    text::SpecialTokens::Parse);
  }

  std::span<const text::ChatMessage> m_messages;
  const text::Tokenizer& m_tokenizer;
  const text::ChatTemplate& m_template;
};

bool beginsWith(const std::vector<TokenId>& whole, const std::vector<TokenId>& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

/// Behind the passage before it where that is how it begins, else as one of its own.
void add(AnswerTokens answer, std::vector<Passage>& passages) {
  const PositionRange range{answer.first - 1, static_cast<std::uint32_t>(answer.tokens.size() - 1)};
  if (!passages.empty()) {
    Passage& last = passages.back();
    if (beginsWith(answer.tokens, last.tokens) && last.answers.back().last <= range.first) {
      last.tokens = std::move(answer.tokens);
      last.answers.push_back(range);
      return;
    }
  }
  passages.push_back({std::move(answer.tokens), {range}, 0});
}

}  // namespace

ConversationPassages findAnswers(std::span<const text::ChatMessage> messages, const text::Tokenizer& tokenizer,
                                 const text::ChatTemplate& chatTemplate, std::uint32_t context, const JobContext& job) {
  const Writer writer(messages, tokenizer, chatTemplate);
  ConversationPassages found;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!isAnswer(messages[i])) continue;
    job.throwIfCancelled();
    const std::vector<TokenId> prompt = writer.prompt(i);
    if (prompt.size() >= context) {
      found.tooLong += static_cast<std::size_t>(std::ranges::count_if(messages.subspan(i), isAnswer));
      break;
    }
    auto answer = writer.answer(i + 1, prompt);
    if (!answer) continue;
    if (answer->tokens.size() > context)
      ++found.tooLong;
    else
      add(*std::move(answer), found.passages);
  }
  return found;
}

}  // namespace core::evaluate
