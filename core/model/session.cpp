#include "core/model/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

namespace {

constexpr std::size_t kPrefillTokens = 512;  // after each such part a stopped prompt stays in the cache

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

std::size_t Session::keepCommon(std::span<const TokenId> tokens) {
  const auto different = std::mismatch(tokens.begin(), tokens.end(), m_cached.begin(), m_cached.end()).first;
  const auto common = static_cast<std::size_t>(different - tokens.begin());
  keepCached(common);
  return common;
}

void Session::append(std::span<const TokenId> tokens, std::span<float> logits, const JobContext& job) {
  for (std::size_t first = 0; first < tokens.size(); first += kPrefillTokens) {
    const auto part = tokens.subspan(first, std::min(kPrefillTokens, tokens.size() - first));
    m_executor->forward(part, *m_cache, LogitsWanted::LastToken, logits, job);
    m_cached.insert(m_cached.end(), part.begin(), part.end());
  }
}

std::unique_ptr<Generation> Session::startChat(std::span<const text::ChatMessage> messages,
                                               const GenerationOptions& options) {
  if (!m_chatTemplate) {
    throw Error(ErrorCode::Unsupported, "This model has no chat template, so it can continue a text but not chat.",
                "tokenizer.chat_template");
  }
  return start(m_tokenizer->encodePrompt(m_chatTemplate->render(messages), text::SpecialTokens::Parse), options);
}

std::unique_ptr<Generation> Session::start(std::span<const TokenId> prompt, const GenerationOptions& options) {
  if (prompt.empty())
    throw Error(ErrorCode::InvalidArgument, "The prompt should have at least one token, but is empty.");
  if (prompt.size() > m_cache->capacity()) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The prompt has {} tokens, but the context holds only {}: start a new conversation or choose "
                    "a longer context.",
                    prompt.size(), m_cache->capacity()));
  }
  return std::unique_ptr<Generation>(new Generation(*this, prompt, options));
}

namespace {

GenerationResult runToEnd(Generation& generation, const Session::OnToken& onToken, const JobContext& job) {
  while (const auto token = generation.next(job)) {
    if (onToken) onToken(*token);
  }
  return generation.result();
}

}  // namespace

GenerationResult Session::chat(std::span<const text::ChatMessage> messages, const GenerationOptions& options,
                               const OnToken& onToken, const JobContext& job) {
  return runToEnd(*startChat(messages, options), onToken, job);
}

GenerationResult Session::complete(std::span<const TokenId> prompt, const GenerationOptions& options,
                                   const OnToken& onToken, const JobContext& job) {
  return runToEnd(*start(prompt, options), onToken, job);
}

std::vector<float> Session::score(std::span<const TokenId> tokens, std::size_t first, const JobContext& job) {
  if (tokens.size() > m_cache->capacity()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("The text has {} tokens, but the context holds only {}.",
                                                        tokens.size(), m_cache->capacity()));
  }
  const std::size_t vocabulary = m_executor->graph().config.vocabulary;
  const std::size_t rows = tokens.size() - first;
  requireMemory(fmt::format("The logits of {} tokens", rows),
                static_cast<double>(rows) * static_cast<double>(vocabulary) * sizeof(float));
  const auto context = tokens.first(first), scored = tokens.subspan(first);
  const std::size_t cached = keepCommon(context);
  std::vector<float> logits(std::max<std::size_t>(rows, 1) * vocabulary);
  append(context.subspan(cached), std::span(logits).first(vocabulary), job);
  logits.resize(rows * vocabulary);
  if (rows == 0) return logits;
  m_executor->forward(scored, *m_cache, LogitsWanted::AllTokens, logits, job);
  m_cached.insert(m_cached.end(), scored.begin(), scored.end());
  return logits;
}

}  // namespace core::model
