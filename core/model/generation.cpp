#include "core/model/generation.h"

#include <chrono>

#include "core/base/error.h"
#include "core/text/detokenizer.h"

namespace core::model {

namespace {

constexpr std::size_t kTopTokens = 5;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count(); }

 private:
  std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

double perSecond(std::size_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0.0; }

}  // namespace

Generation::Generation(std::shared_ptr<SessionState> state, std::span<const TokenId> prompt,
                       const GenerationOptions& options)
    : m_state(std::move(state)),
      m_options(options),
      m_sampler(options.sampling),
      m_detokenizer(std::make_unique<text::Detokenizer>(m_state->tokenizer())),
      m_history(prompt.begin(), prompt.end()),
      m_logits(m_state->vocabulary()) {
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

void Generation::computePrompt(const JobContext& job) {
  const Stopwatch watch;
  if (!m_cache) m_cache = m_state->lendCache(m_state->contextLength());
  // The last token is always computed again: its logits are where generation starts.
  const std::size_t common = m_cache->keepCommon(std::span(m_history).first(m_history.size() - 1));
  m_result.cachedTokens = static_cast<std::uint32_t>(common);
  m_state->append(*m_cache, std::span(m_history).subspan(common), m_logits, job);
  m_result.prefillTokensPerS = perSecond(m_history.size() - common, watch.seconds());
}

std::optional<GeneratedToken> Generation::step(const JobContext& job) {
  const Stopwatch watch;
  const bool first = m_result.tokens.empty();
  if (first) {
    computePrompt(job);
  } else {
    if (m_cache->length() == m_cache->capacity()) return end(StopReason::ContextFull);
    m_state->append(*m_cache, std::span(m_history).last(1), m_logits, job);
  }
  ruleOutUnknown(m_logits, m_logits.size(), m_state->knownTokens());
  const auto known = std::span<const float>(m_logits).first(m_state->knownTokens());
  const TokenId id = choose(known);
  if (first) {
    m_result.timeToFirstTokenS = watch.seconds();
  } else {
    m_decodeSeconds += watch.seconds();
    m_result.decodeTokensPerS = perSecond(m_result.tokens.size(), m_decodeSeconds);
  }
  if (m_state->tokenizer()->isEndOfGeneration(id)) return end(StopReason::EndOfTurn);
  m_history.push_back(id);
  m_result.tokens.push_back(id);
  return describe(id, known);
}

// The sampler draws in any case: an answer that is made to begin as it did goes on as it did.
TokenId Generation::choose(std::span<const float> known) {
  const TokenId drawn = m_sampler.sample(known, m_history);
  const std::size_t at = m_result.tokens.size();
  return at < m_options.beginning.size() ? m_options.beginning[at] : drawn;
}

GeneratedToken Generation::describe(TokenId id, std::span<const float> known) {
  GeneratedToken token{.id = id,
                       .text = m_detokenizer->push(id),
                       .probability = probabilityOf(known, id),
                       .top = topProbabilities(known, kTopTokens),
                       .logits = {},
                       .entropy = static_cast<float>(entropy(known))};
  if (m_options.keepLogits) token.logits = m_logits;
  m_result.text += token.text;
  return token;
}

}  // namespace core::model
