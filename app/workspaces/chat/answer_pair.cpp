#include "app/workspaces/chat/answer_pair.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/workspaces/chat/server_answer.h"
#include "app/workspaces/chat/token_names.h"

namespace app {

using text::tr;

namespace {

std::optional<double> surpriseOf(double probability) {
  return probability > 0 ? std::optional(std::max(0.0, -std::log(probability))) : std::nullopt;
}

/// A server's, in tokens that this vocabulary does not have: their ids say nothing.
bool isForeign(const Answer& answer) {
  return std::any_of(answer.tokens.begin(), answer.tokens.end(),
                     [](const auto& token) { return token.id == TokenNames::kNone; });
}

std::optional<double> entropyOf(const core::model::GeneratedToken& token) {
  return std::isnan(token.entropy) ? std::nullopt : std::optional(static_cast<double>(token.entropy));
}

/// Of a token that stands in a list of the most probable ones.
std::optional<double> surpriseIn(const std::vector<core::model::TokenProbability>& top, core::text::TokenId token) {
  const auto found =
      std::find_if(top.begin(), top.end(), [token](const auto& choice) { return choice.token == token; });
  return found == top.end() ? std::nullopt : surpriseOf(static_cast<double>(found->probability));
}

}  // namespace

bool AnswerPair::hasSamePrompt() const { return isComplete() && m_reference->prompt == m_compared->prompt; }

bool AnswerPair::isCompared() const { return isComplete() && m_compared->comparison.reference == m_reference->id; }

std::optional<std::size_t> AnswerPair::parting() const {
  if (!isComplete() || isForeign(*m_compared)) return std::nullopt;
  const auto reference = m_reference->ids(), compared = m_compared->ids();
  const std::size_t common = commonPrefix(reference, compared);
  if (common < reference.size() && common < compared.size()) return common;
  const bool behindIsFinished = common == reference.size() ? m_reference->finished : m_compared->finished;
  if (reference.size() == compared.size() || !behindIsFinished) return std::nullopt;
  return common;
}

std::vector<TokenMark> AnswerPair::referenceMarks() const {
  std::vector<TokenMark> marks(length(), TokenMark::Same);
  if (const auto at = parting(); at && *at < marks.size()) marks[*at] = TokenMark::Parts;
  return marks;
}

std::vector<TokenMark> AnswerPair::comparedMarks() const {
  if (m_compared == nullptr) return {};
  if (!parting()) return std::vector<TokenMark>(m_compared->tokens.size(), TokenMark::Same);
  return markDifferences(m_reference->ids(), m_compared->ids());
}

std::optional<double> AnswerPair::kl(std::size_t index) const {
  if (!isCompared() || index >= m_compared->comparison.tokens.size()) return std::nullopt;
  const auto& token = m_compared->comparison.tokens[index];
  return token ? std::optional(token->kl) : std::nullopt;
}

FigurePair AnswerPair::figure(TokenFigure figure, std::size_t index) const {
  if (figure == TokenFigure::Kl) return {std::nullopt, kl(index)};
  if (index >= length()) return {};
  const auto& own = m_reference->tokens[index];
  const ForcedToken* forced = kl(index) ? &*m_compared->comparison.tokens[index] : nullptr;
  if (figure == TokenFigure::Surprise)
    return {surpriseOf(static_cast<double>(own.probability)), forced ? forced->surprise : std::nullopt};
  return {entropyOf(own), forced ? forced->entropy : std::nullopt};
}

std::size_t AnswerPair::firstUncomparedToken() const {
  std::size_t index = 0;
  while (index < length() && kl(index)) ++index;
  return index;
}

std::optional<double> AnswerPair::meanKl() const {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < length(); ++i) {
    const auto here = kl(i);
    if (!here) continue;
    sum += *here;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

std::optional<TokenReading> AnswerPair::reading(std::size_t pane, std::size_t index) const {
  const Answer* own = pane == 0 ? m_reference : m_compared;
  if (own == nullptr || index >= own->tokens.size()) return std::nullopt;
  TokenReading reading;
  reading.index = index;
  reading.count = own->tokens.size();
  reading.position = own->prompt.size() + index;
  reading.id = own->tokens[index].id;
  if (reading.id == TokenNames::kNone) reading.foreign = own->tokens[index].text;
  reading.probability = static_cast<double>(own->tokens[index].probability);
  const auto opinion = [](const Answer* answer) {
    return answer != nullptr ? TokenOpinion{answer->source.title, answer->source.recipe, {}, {}, {}, {}}
                             : TokenOpinion();
  };
  reading.reference = opinion(m_reference);
  reading.compared = opinion(m_compared);
  TokenOpinion& writer = pane == 0 ? reading.reference : reading.compared;
  writer.top = own->tokens[index].top;
  writer.chosen = reading.id;
  writer.surprise = surpriseOf(reading.probability);
  writer.entropy = entropyOf(own->tokens[index]);
  reading.context = contextOf(own->source);
  // Up to the parting both wrote behind the same words; behind it only what the compared model thought of the
  // reference's words is known.
  const std::size_t agreed = hasSamePrompt() ? commonPrefix(m_reference->ids(), m_compared->ids()) : 0;
  const bool sameWords = hasSamePrompt() && index <= agreed;
  if (pane != 0 && !sameWords) return reading;
  reading.kl = kl(index);
  if (pane == 0 && reading.kl) {
    const ForcedToken& forced = *m_compared->comparison.tokens[index];
    reading.compared.top = forced.top;
    reading.compared.surprise = forced.surprise;
    reading.compared.entropy = forced.entropy;
  }
  if (pane != 0 && index < length()) {
    reading.reference.top = m_reference->tokens[index].top;
    reading.reference.surprise = surpriseIn(reading.reference.top, reading.id);
    reading.reference.entropy = entropyOf(m_reference->tokens[index]);
  }
  if (sameWords && pane == 0 && index < m_compared->tokens.size())
    reading.compared.chosen = m_compared->tokens[index].id;
  if (sameWords && pane != 0 && index < length()) reading.reference.chosen = m_reference->tokens[index].id;
  if (reading.kl) reading.context = context();
  return reading;
}

QString AnswerPair::verdict() const {
  if (!isComplete() || length() == 0) return {};
  QStringList parts;
  const auto at = parting();
  if (isForeign(*m_compared))
    parts << tr("in tokens that this model does not have, so that words cannot be compared one by one");
  else if (at && *at == m_compared->tokens.size())
    parts << tr("stops after token %1").arg(text::count(*at));
  else if (at && *at == length())
    parts << tr("goes on after token %1").arg(text::count(*at));
  else if (at)
    parts << tr("first difference at token %1").arg(text::count(*at + 1));
  else if (m_reference->finished && m_compared->finished)
    parts << tr("the same answer, token for token");
  else
    parts << tr("no difference so far");
  if (const auto mean = meanKl()) {
    std::size_t known = 0;
    for (std::size_t i = 0; i < length(); ++i) known += kl(i) ? 1 : 0;
    parts << tr("mean KL %1 nats over %2 tokens").arg(text::number(*mean, 2), text::count(known));
  }
  parts << context();
  return tr("%1 against %2: ").arg(m_compared->source.title, m_reference->source.title) +
         parts.join(QStringLiteral(" · "));
}

QString AnswerPair::context() const {
  if (!isComplete()) return {};
  if (isOfServer(*m_compared)) return tr("the server read the same messages and its own words");
  if (!hasSamePrompt())
    return tr("compared on the conversation of %1; %2 answered behind another one")
        .arg(m_reference->source.title, m_compared->source.title);
  if (m_reference->source.mode == PromptMode::Completion)
    return tr("both continue the text and read the reference's words");
  return m_reference->source.writer.isEmpty()
             ? tr("both read the question and the reference's words")
             : tr("both read the conversation as %1 wrote it").arg(m_reference->source.writer);
}

QString branchText(const Branch& branch) {
  const QString token = text::count(branch.index + 1);
  return branch.word == branch.insteadOf
             ? tr("made to begin with the words of another answer up to token %1, “%2”").arg(token, branch.word)
             : tr("branched at token %1: “%2” instead of “%3”").arg(token, branch.word, branch.insteadOf);
}

QString contextOf(const AnswerSource& source) {
  if (source.mode == PromptMode::Completion) return tr("continues the text alone");
  if (source.writer.isEmpty()) return tr("read the question alone");
  return tr("read the conversation as %1 wrote it").arg(source.writer);
}

}  // namespace app
