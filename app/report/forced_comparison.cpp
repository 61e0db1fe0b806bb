#include "app/report/forced_comparison.h"

#include "core/model/probabilities.h"

namespace app::report {

ForcedComparison::ForcedComparison(const OpenModel& model, core::model::Session& reference, const QString& prompt,
                                   const Answer& answer)
    : m_vocabulary(model.config().vocabulary) {
  const std::vector<core::text::ChatMessage> messages{{"user", prompt.toStdString()}};
  m_tokens = model.tokenizer()->encodePrompt(model.chatTemplate()->render(messages), core::text::SpecialTokens::Parse);
  m_first = m_tokens.size() - 1;  // its logits chose the answer's first token
  m_tokens.insert(m_tokens.end(), answer.result.tokens.begin(), answer.result.tokens.end());
  m_reference = reference.score(m_tokens);
}

double ForcedComparison::meanKl(core::model::Session& other) const {
  const std::vector<float> logits = other.score(m_tokens);
  double sum = 0;
  for (std::size_t i = m_first; i < m_tokens.size(); ++i)
    sum += core::model::klDivergence(row(m_reference, i), row(logits, i));
  return sum / static_cast<double>(m_tokens.size() - m_first);
}

std::span<const float> ForcedComparison::row(const std::vector<float>& logits, std::size_t index) const {
  return std::span(logits).subspan(index * m_vocabulary, m_vocabulary);
}

}  // namespace app::report
