#include "core/model/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/model/available_memory.h"
#include "core/model/probabilities.h"
#include "core/text/detokenizer.h"

namespace core::model {

namespace {

constexpr std::size_t kPrefillTokens = 512;  // after each such part a stopped prompt stays in the cache
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

Session::Session(std::unique_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
                 std::shared_ptr<const text::ChatTemplate> chatTemplate, std::uint32_t contextLength, KvType kvType)
    : m_executor(std::move(executor)),
      m_tokenizer(std::move(tokenizer)),
      m_chatTemplate(std::move(chatTemplate)),
      m_cache(m_executor->createKvCache(contextLength, kvType)) {}

void Session::reset() { keepCached(0); }

void Session::keepCached(std::size_t count) {
  m_cache->truncate(static_cast<std::uint32_t>(count));
  m_cached.resize(count);
}

void Session::append(std::span<const TokenId> tokens, std::span<float> logits, const JobContext& job) {
  for (std::size_t first = 0; first < tokens.size(); first += kPrefillTokens) {
    const auto part = tokens.subspan(first, std::min(kPrefillTokens, tokens.size() - first));
    m_executor->forward(part, *m_cache, LogitsWanted::LastToken, logits, job);
    m_cached.insert(m_cached.end(), part.begin(), part.end());
  }
}

GenerationResult Session::chat(std::span<const text::ChatMessage> messages, const GenerationOptions& options,
                               const OnToken& onToken, const JobContext& job) {
  if (!m_chatTemplate) {
    throw Error(ErrorCode::Unsupported, "This model has no chat template, so it can continue a text but not chat.",
                "tokenizer.chat_template");
  }
  std::vector<TokenId> prompt = m_tokenizer->encode(m_chatTemplate->render(messages), text::SpecialTokens::Parse);
  const std::optional<TokenId> bos = m_tokenizer->bos();
  const bool hasBos = bos && !prompt.empty() && prompt.front() == *bos;  // most templates write it themselves
  if (m_tokenizer->addsBos() && bos && !hasBos) prompt.insert(prompt.begin(), *bos);
  return complete(prompt, options, onToken, job);
}

GenerationResult Session::complete(std::span<const TokenId> prompt, const GenerationOptions& options,
                                   const OnToken& onToken, const JobContext& job) {
  if (prompt.empty())
    throw Error(ErrorCode::InvalidArgument, "The prompt should have at least one token, but is empty.");
  if (prompt.size() > m_cache->capacity()) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The prompt has {} tokens, but the context holds only {}: start a new conversation or choose "
                    "a longer context.",
                    prompt.size(), m_cache->capacity()));
  }
  GenerationResult result;
  result.promptTokens = static_cast<std::uint32_t>(prompt.size());
  // The last token is always computed again: its logits are where generation starts.
  const auto firstDifferent = std::mismatch(prompt.begin(), prompt.end() - 1, m_cached.begin(), m_cached.end()).first;
  const auto common = static_cast<std::size_t>(firstDifferent - prompt.begin());
  result.cachedTokens = static_cast<std::uint32_t>(common);
  keepCached(common);

  text::Detokenizer detokenizer(m_tokenizer);
  try {
    generate(prompt, options, onToken, job, detokenizer, result);
  } catch (const Cancelled&) {
    result.stop = StopReason::Cancelled;  // what was said so far stays
  }
  result.text += detokenizer.flush();
  return result;
}

void Session::generate(std::span<const TokenId> prompt, const GenerationOptions& options, const OnToken& onToken,
                       const JobContext& job, text::Detokenizer& detokenizer, GenerationResult& result) {
  Sampler sampler(options.sampling);
  std::vector<TokenId> history(prompt.begin(), prompt.end());
  std::vector<float> logits(m_executor->graph().config.vocabulary);
  const Stopwatch start;
  append(prompt.subspan(result.cachedTokens), logits, job);
  result.prefillTokensPerS = perSecond(prompt.size() - result.cachedTokens, start.seconds());

  double decodeSeconds = 0;
  for (result.stop = StopReason::MaxTokens; result.tokens.size() < options.maxTokens;) {
    job.throwIfCancelled();
    const Stopwatch step;
    if (!result.tokens.empty()) {
      if (m_cached.size() == m_cache->capacity()) {
        result.stop = StopReason::ContextFull;
        return;
      }
      append(std::span(&result.tokens.back(), 1), logits, job);
    }
    const TokenId id = sampler.sample(logits, history);
    if (!result.tokens.empty()) {
      decodeSeconds += step.seconds();
      result.decodeTokensPerS = perSecond(result.tokens.size(), decodeSeconds);
    } else {
      result.timeToFirstTokenS = start.seconds();
    }
    if (m_tokenizer->isEndOfGeneration(id)) {
      result.stop = StopReason::EndOfTurn;
      return;
    }
    history.push_back(id);
    result.tokens.push_back(id);
    const GeneratedToken token = describe(id, detokenizer.push(id), logits, options.keepLogits);
    result.text += token.text;
    if (onToken) onToken(token);
  }
}

std::vector<float> Session::score(std::span<const TokenId> tokens, const JobContext& job) {
  if (tokens.size() > m_cache->capacity()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("The text has {} tokens, but the context holds only {}.",
                                                        tokens.size(), m_cache->capacity()));
  }
  const std::size_t vocabulary = m_executor->graph().config.vocabulary;
  requireMemory(fmt::format("The logits of {} tokens", tokens.size()),
                static_cast<double>(tokens.size()) * static_cast<double>(vocabulary) * sizeof(float));
  reset();
  std::vector<float> logits(tokens.size() * vocabulary);
  m_executor->forward(tokens, *m_cache, LogitsWanted::AllTokens, logits, job);
  m_cached.assign(tokens.begin(), tokens.end());
  return logits;
}

}  // namespace core::model
