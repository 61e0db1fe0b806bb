#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/model/probabilities.h"
#include "core/model/session.h"
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

GeneratedToken describe(TokenId id, std::string text, std::span<const float> logits, bool keepLogits) {
  GeneratedToken token{.id = id,
                       .text = std::move(text),
                       .probability = probabilityOf(logits, id),
                       .top = topProbabilities(logits, kTopTokens),
                       .logits = {}};
  if (keepLogits) token.logits.assign(logits.begin(), logits.end());
  return token;
}

}  // namespace

Generation::Generation(Session& session, std::span<const TokenId> prompt, const GenerationOptions& options)
    : m_session(session),
      m_options(options),
      m_sampler(options.sampling),
      m_detokenizer(std::make_unique<text::Detokenizer>(session.m_tokenizer)),
      m_history(prompt.begin(), prompt.end()),
      m_logits(session.m_executor->graph().config.vocabulary) {
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
  m_result.stop = reason;
  m_result.text += m_detokenizer->flush();
  return std::nullopt;
}

std::optional<GeneratedToken> Generation::step(const JobContext& job) {
  const Stopwatch watch;
  const bool first = m_result.tokens.empty();
  if (first) {
    // The last token is always computed again: its logits are where generation starts.
    const std::size_t common = m_session.keepCommon(std::span(m_history).first(m_history.size() - 1));
    m_result.cachedTokens = static_cast<std::uint32_t>(common);
    m_session.append(std::span(m_history).subspan(common), m_logits, job);
    m_result.prefillTokensPerS = perSecond(m_history.size() - common, watch.seconds());
  } else {
    if (m_session.m_cached.size() == m_session.m_cache->capacity()) return end(StopReason::ContextFull);
    m_session.append(std::span(m_history).last(1), m_logits, job);
  }
  const TokenId id = m_sampler.sample(m_logits, m_history);
  if (first) {
    m_result.timeToFirstTokenS = watch.seconds();
  } else {
    m_decodeSeconds += watch.seconds();
    m_result.decodeTokensPerS = perSecond(m_result.tokens.size(), m_decodeSeconds);
  }
  if (m_session.m_tokenizer->isEndOfGeneration(id)) return end(StopReason::EndOfTurn);
  m_history.push_back(id);
  m_result.tokens.push_back(id);
  GeneratedToken token = describe(id, m_detokenizer->push(id), m_logits, m_options.keepLogits);
  m_result.text += token.text;
  return token;
}

}  // namespace core::model
