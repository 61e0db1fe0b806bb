#include "core/model/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

Session::Session(std::shared_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
                 std::shared_ptr<const text::ChatTemplate> chatTemplate, std::uint32_t contextLength, KvType kvType)
    : m_state(std::make_shared<SessionState>(std::move(executor), std::move(tokenizer), contextLength, kvType)),
      m_chatTemplate(std::move(chatTemplate)) {}

std::unique_ptr<Generation> Session::startChat(std::span<const text::ChatMessage> messages,
                                               const GenerationOptions& options) {
  if (!m_chatTemplate) {
    throw Error(ErrorCode::Unsupported, "This model has no chat template, so it can continue a text but not chat.",
                "tokenizer.chat_template");
  }
  return start(tokenizer().encodePrompt(m_chatTemplate->render(messages), text::SpecialTokens::Parse), options);
}

std::unique_ptr<Generation> Session::start(std::span<const TokenId> prompt, const GenerationOptions& options) {
  if (prompt.empty())
    throw Error(ErrorCode::InvalidArgument, "The prompt should have at least one token, but is empty.");
  if (prompt.size() > m_state->contextLength()) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The prompt has {} tokens, but the context holds only {}: start a new conversation or choose "
                    "a longer context.",
                    prompt.size(), m_state->contextLength()));
  }
  for (const TokenId id : options.beginning) {
    if (id >= 0 && static_cast<std::size_t>(id) < m_state->knownTokens()) continue;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The answer should begin with tokens from 0 to {}, but one of them is {}.",
                            m_state->knownTokens() - 1, id));
  }
  return std::unique_ptr<Generation>(new Generation(m_state, prompt, options));
}

LentCache Session::takeCache() {
  return m_state->isLent() ? LentCache() : m_state->lendCache(m_state->contextLength());
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
  if (tokens.size() > m_state->contextLength()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("The text has {} tokens, but the context holds only {}.",
                                                        tokens.size(), m_state->contextLength()));
  }
  if (first > tokens.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Scoring should begin within the {} tokens, but begins at {}.", tokens.size(), first));
  }
  if (tokens.empty()) return {};
  const std::size_t vocabulary = m_state->vocabulary();
  const std::size_t rows = tokens.size() - first;
  requireMemory(fmt::format("The logits of {} tokens", rows),
                static_cast<double>(rows) * static_cast<double>(vocabulary) * sizeof(float));
  const auto context = tokens.first(first), scored = tokens.subspan(first);
  const LentCache cache = m_state->lendCache(static_cast<std::uint32_t>(tokens.size()));
  const std::size_t cached = cache->keepCommon(context);
  m_state->append(*cache, context.subspan(cached), {.count = 1, .known = 1}, job);  // nobody reads their logits
  if (rows == 0) return {};
  std::vector<float> logits(rows * vocabulary);
  executor().forward(scored, *cache, LogitsWanted::AllTokens, logits, job);
  ruleOutUnknown(logits, vocabulary, m_state->knownTokens());
  return logits;
}

}  // namespace core::model
