#include "app/session/answer_score.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "app/session/engine.h"
#include "core/base/error.h"

namespace app {

namespace {

using core::model::Session;
using core::text::SpecialTokens;
using core::text::TokenId;

/// A conversation as tokens, and where its answer begins.
struct Text {
  std::vector<TokenId> tokens;
  std::size_t answer;
};

/// The tokens of prompt and answer up to the one that ends the turn.
Text textOf(const OpenModel& model, const Exchange& exchange) {
  const auto& tokenizer = *model.tokenizer();
  const auto encode = [&](const std::vector<core::text::ChatMessage>& messages, bool prompt) {
    return tokenizer.encodePrompt(model.chatTemplate()->render(messages, prompt), SpecialTokens::Parse);
  };
  const core::text::ChatMessage question{"user", exchange.question};
  const std::vector<TokenId> prompt = encode({question}, true);
  Text text{encode({question, {"assistant", exchange.answer}}, false), 0};
  // Where a tokenizer joins the two, the answer begins with the token that differs.
  const auto parting = std::ranges::mismatch(text.tokens, prompt).in1;
  text.answer = static_cast<std::size_t>(parting - text.tokens.begin());
  const auto end =
      std::find_if(parting, text.tokens.end(), [&](TokenId id) { return tokenizer.isEndOfGeneration(id); });
  if (end != text.tokens.end()) text.tokens.erase(end + 1, text.tokens.end());
  if (text.answer == 0 || text.answer == text.tokens.size())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "A question or its answer has no tokens in this model's chats.");
  return text;
}

std::size_t favourite(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

/// Sums over answers.
class Sums {
 public:
  void add(const Text& text, const std::vector<float>& expected, const std::vector<float>& seen) {
    const std::size_t rows = text.tokens.size() - text.answer, width = expected.size() / rows;
    bool isExact = true;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto reference = std::span(expected).subspan(i * width, width);
      const auto model = std::span(seen).subspan(i * width, width);
      const auto token = static_cast<std::size_t>(text.tokens[text.answer + i]);
      m_surprise += core::model::logSumExp(model) - static_cast<double>(model[token]);
      m_kl += core::model::klDivergence(reference, model);
      const std::size_t top = favourite(model);
      m_same += top == favourite(reference) ? 1 : 0;
      isExact = isExact && top == token;
    }
    m_tokens += rows;
    m_exact += isExact ? 1 : 0;
    ++m_answers;
  }

  AnswerScore score() const {
    const auto tokens = static_cast<double>(m_tokens);
    return {m_answers,
            m_tokens,
            std::exp(m_surprise / tokens),
            m_kl / tokens,
            static_cast<double>(m_same) / tokens,
            static_cast<double>(m_exact) / static_cast<double>(m_answers)};
  }

 private:
  double m_surprise = 0.0, m_kl = 0.0;
  std::size_t m_answers = 0, m_tokens = 0, m_same = 0, m_exact = 0;
};

}  // namespace

AnswerScore scoreAnswers(OpenModel& model, const core::model::Recipe& recipe, std::span<const Exchange> exchanges,
                         const core::JobContext& job) {
  if (model.whyCannotChat()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotChat());
  if (exchanges.empty()) throw core::Error(core::ErrorCode::InvalidArgument, "There are no answers to score.");
  Engine engine;
  Engine::SessionOptions options;
  options.device.kind = DeviceChoice::Kind::Cpu;
  const std::unique_ptr<Session> reference = engine.createSession(model, options, job.part(0.0, 0.1));
  options.recipe = recipe;
  const std::unique_ptr<Session> compared = engine.createSession(model, options, job.part(0.1, 0.4));
  Sums sums;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    job.progress(0.4 + 0.6 * static_cast<double>(i) / static_cast<double>(exchanges.size()), "Reading answers");
    const Text text = textOf(model, exchanges[i]);
    const auto read = std::span(text.tokens).first(text.tokens.size() - 1);
    sums.add(text, reference->score(read, text.answer - 1, job), compared->score(read, text.answer - 1, job));
  }
  return sums.score();
}

}  // namespace app
