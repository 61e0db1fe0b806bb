#include "app/report/forced_comparison.h"

#include "core/evaluate/step_scorer.h"

namespace app::report {

using core::evaluate::LogitStream;

ForcedComparison::ForcedComparison(const OpenModel& model, core::model::Session& reference, const QString& prompt,
                                   const Answer& answer)
    : m_model(model), m_reference(reference) {
  const std::vector<core::text::ChatMessage> messages{{"user", prompt.toStdString()}};
  auto& tokens = m_passage.tokens;
  tokens = model.tokenizer()->encodePrompt(model.chatTemplate()->render(messages), core::text::SpecialTokens::Parse);
  const auto first = static_cast<std::uint32_t>(tokens.size() - 1);  // its logits chose the answer's first token
  tokens.insert(tokens.end(), answer.result.tokens.begin(), answer.result.tokens.end());
  tokens.push_back(model.tokenizer()->eos().value_or(0));
  m_passage.answers = {{first, static_cast<std::uint32_t>(tokens.size() - 1)}};
}

double ForcedComparison::meanKl(core::model::Session& other) const {
  const core::evaluate::LogitStreamOptions options{.capacity = static_cast<std::uint32_t>(m_passage.tokens.size()),
                                                   .knownTokens = m_model.tokenizer()->size()};
  LogitStream reference(m_reference.executor(), options), compared(other.executor(), options);
  const auto scores = core::evaluate::StepScorer(reference, {&compared}).score(m_passage).front();
  double sum = 0;
  for (const auto& token : scores) sum += token.kl;
  return sum / static_cast<double>(scores.size());
}

}  // namespace app::report
