#include "core/model/generation.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/stopwatch.h"
#include "core/model/together.h"
#include "core/text/detokenizer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kTopTokens = 5;

double perSecond(std::size_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0.0; }

}  // namespace

Generation::Generation(std::shared_ptr<SessionState> state, std::span<const TokenId> prompt,
                       const GenerationOptions& options)
    : m_state(std::move(state)),
      m_options(options),
      m_sampler(options.sampling),
      m_detokenizer(std::make_unique<text::Detokenizer>(m_state->tokenizer())),
      m_history(prompt.begin(), prompt.end()) {
  m_result.promptTokens = static_cast<std::uint32_t>(prompt.size());
  m_result.stop = StopReason::MaxTokens;
}

Generation::~Generation() = default;

std::optional<GeneratedToken> Generation::next(const JobContext& job) {
  if (m_ended) return std::nullopt;
  if (m_result.tokens.size() >= m_options.maxTokens) return end(StopReason::MaxTokens);
  try {
    job.throwIfCancelled();
    return step(job);
  } catch (const Cancelled&) {
    return end(StopReason::Cancelled);  // what was said so far stays
  }
}

std::optional<GeneratedToken> Generation::end(StopReason reason) {
  m_ended = true;
  m_cache.reset();
  m_result.stop = reason;
  m_result.text += m_detokenizer->flush();
  return std::nullopt;
}

CandidatesWanted Generation::wanted() const {
  CandidatesWanted wanted = m_sampler.wanted(static_cast<std::uint32_t>(m_state->knownTokens()));
  wanted.count = std::min(std::max(wanted.count, kTopTokens), wanted.known);
  return wanted;
}

Candidates Generation::computePrompt(const JobContext& job) {
  const Stopwatch watch;
  if (!m_cache) m_cache = m_state->lendCache(m_state->contextLength());
  // The last token is always computed again: its logits are where generation starts.
  const std::size_t common = m_cache->keepCommon(std::span(m_history).first(m_history.size() - 1));
  m_result.cachedTokens = static_cast<std::uint32_t>(common);
  Candidates found = m_state->append(*m_cache, std::span(m_history).subspan(common), wanted(), job);
  m_result.prefillTokensPerS = perSecond(m_history.size() - common, watch.seconds());
  return found;
}

std::optional<GeneratedToken> Generation::step(const JobContext& job) {
  const Stopwatch watch;
  const std::size_t decoded = m_result.tokens.size();
  const bool first = decoded == 0;
  if (!first && m_cache->length() == m_cache->capacity()) return end(StopReason::ContextFull);
  const Candidates found =
      first ? computePrompt(job) : m_state->append(*m_cache, std::span(m_history).last(1), wanted(), job);
  if (first) m_result.timeToFirstTokenS = watch.seconds();
  auto token = take(found);
  if (!first) count(decoded, watch.seconds());
  return token ? std::move(token) : end(StopReason::EndOfTurn);
}

std::optional<GeneratedToken> Generation::take(const Candidates& found) {
  const TokenId id = choose(found);
  if (m_state->tokenizer()->isEndOfGeneration(id)) return std::nullopt;
  const float logit = logitOf(id, found);
  std::vector<float> kept;
  if (m_options.keepLogits) {
    const auto row = m_state->executor().lastLogits(*m_cache);
    kept.assign(row.begin(), row.end());
    ruleOutUnknown(kept, kept.size(), found.known);
  }
  m_history.push_back(id);
  m_result.tokens.push_back(id);
  prepareNext();
  std::optional<GeneratedToken> token = describe(id, logit, found);
  token->logits = std::move(kept);
  return token;
}

void Generation::count(std::size_t decoded, double seconds) {
  m_decodeSeconds += seconds;
  m_result.decodeTokensPerS = perSecond(decoded, m_decodeSeconds);
}

bool Generation::isUnderWay() const {
  return !m_ended && !m_result.tokens.empty() && m_result.tokens.size() < m_options.maxTokens &&
         m_cache->length() < m_cache->capacity();
}

std::vector<NextToken> nextTogether(std::span<Generation* const> answers, const JobContext& job) {
  std::vector<NextToken> next(answers.size());
  std::vector<StepAsked> asked;
  std::vector<std::size_t> of;  // whose they are
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Generation& answer = *answers[i];
    if (answers.size() > 1 && answer.isUnderWay()) {
      asked.push_back({&answer.m_state->executor(), {answer.m_history.back(), answer.m_cache.get(), answer.wanted()}});
      of.push_back(i);
      continue;
    }
    try {
      next[i].token = answer.next(job);
    } catch (...) {
      next[i].failure = std::current_exception();
    }
  }
  const std::vector<StepFound> found = computeTogether(asked, job);
  for (std::size_t k = 0; k < of.size(); ++k) {
    Generation& answer = *answers[of[k]];
    const std::size_t decoded = answer.m_result.tokens.size();
    const Stopwatch watch;
    try {
      if (found[k].failure) std::rethrow_exception(found[k].failure);
      next[of[k]].token = answer.take(found[k].found);
      if (!next[of[k]].token) answer.end(StopReason::EndOfTurn);
    } catch (const Cancelled&) {
      answer.end(StopReason::Cancelled);  // what was said so far stays
    } catch (...) {
      next[of[k]].failure = std::current_exception();
    }
    if (found[k].failure) continue;
    answer.count(decoded, found[k].seconds + watch.seconds());
    answer.m_result.besides = std::max(answer.m_result.besides, found[k].besides);
  }
  return next;
}

// Whoever wants logits of several answers compares them before the next token: the clock of next() would not see what
// is computed meanwhile.
void Generation::prepareNext() {
  if (!m_computesAhead || m_options.keepLogits || m_result.tokens.size() >= m_options.maxTokens) return;
  if (m_cache->length() == m_cache->capacity()) return;
  m_state->executor().prepare(m_history.back(), *m_cache, wanted());
}

std::span<const float> Generation::knownLogits() {
  return m_state->executor().lastLogits(*m_cache).first(m_state->knownTokens());
}

float Generation::logitOf(TokenId id, const Candidates& found) {
  const auto candidate = std::ranges::find(found.best, id, &Candidate::token);
  return candidate == found.best.end() ? knownLogits()[static_cast<std::size_t>(id)] : candidate->logit;
}

// The sampler draws in any case: an answer that is made to begin as it did goes on as it did.
TokenId Generation::choose(const Candidates& found) {
  std::optional<TokenId> drawn = m_sampler.sample(found, m_history);
  if (!drawn) drawn = m_sampler.sample(knownLogits(), m_history);
  const std::size_t at = m_result.tokens.size();
  return at < m_options.beginning.size() ? m_options.beginning[at] : *drawn;
}

GeneratedToken Generation::describe(TokenId id, float logit, const Candidates& found) {
  const auto probability = [&](float of) {
    return static_cast<float>(std::exp(static_cast<double>(of) - found.logSum));
  };
  GeneratedToken token{.id = id,
                       .text = m_detokenizer->push(id),
                       .probability = std::min(probability(logit), 1.0F),
                       .top = {},
                       .logits = {},
                       .entropy = static_cast<float>(found.entropy)};
  for (const Candidate& candidate : std::span(found.best).first(std::min<std::size_t>(kTopTokens, found.best.size())))
    token.top.push_back({candidate.token, std::min(probability(candidate.logit), 1.0F)});
  m_result.text += token.text;
  return token;
}

}  // namespace core::model
