#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/executor.h"
#include "core/model/sampler.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

namespace core::text {
class Detokenizer;
}

namespace core::model {

/// The k most probable tokens of a distribution, most probable first.
struct TokenProbability {
  TokenId token;
  float probability;
};
std::vector<TokenProbability> topProbabilities(std::span<const float> logits, std::size_t k);
/// KL(p ‖ q) in nats of the softmax distributions of two logit rows of equal length.
double klDivergence(std::span<const float> pLogits, std::span<const float> qLogits);

struct GeneratedToken {
  TokenId id;
  std::string text;                   ///< what became visible with it; may be empty
  float probability;                  ///< under the model, temperature 1
  std::vector<TokenProbability> top;  ///< up to 5
  std::vector<float> logits;          ///< only when GenerationOptions::keepLogits
};

struct GenerationOptions {
  SamplingOptions sampling;
  std::uint32_t maxTokens = 256;
  bool keepLogits = false;
};

enum class StopReason : std::uint8_t { EndOfTurn, MaxTokens, ContextFull, Cancelled };

struct GenerationResult {
  std::string text;
  std::vector<TokenId> tokens;
  std::uint32_t promptTokens = 0;
  std::uint32_t cachedTokens = 0;  ///< of the prompt, already in the KV cache
  double timeToFirstTokenS = 0;
  double prefillTokensPerS = 0;  ///< of the prompt's tokens that were not cached
  double decodeTokensPerS = 0;   ///< forward pass and sampling of every token after the first
  StopReason stop = StopReason::EndOfTurn;
};

class Session;

/// An answer being written: one token a call, so that several sessions can write in turn. It belongs to its session,
/// which must outlive it and must not start another one meanwhile.
class Generation {
 public:
  ~Generation();

  /// Computes and describes the next token; nothing once the answer has ended. The first call computes the prompt.
  /// A cancelled job ends the answer with StopReason::Cancelled. The token that ends the turn is not part of the
  /// answer.
  /// @throws Error (Device, DeviceLost, OutOfMemory)
  std::optional<GeneratedToken> next(const JobContext& job = JobContext());
  bool ended() const { return m_ended; }
  /// What was written so far.
  const GenerationResult& result() const { return m_result; }
  /// The prompt's tokens and those written so far.
  std::span<const TokenId> history() const { return m_history; }

 private:
  friend class Session;
  Generation(Session& session, std::span<const TokenId> prompt, const GenerationOptions& options);
  std::optional<GeneratedToken> step(const JobContext& job);
  std::optional<GeneratedToken> end(StopReason reason);

  Session& m_session;
  GenerationOptions m_options;
  Sampler m_sampler;
  std::unique_ptr<text::Detokenizer> m_detokenizer;
  std::vector<TokenId> m_history;  ///< the prompt and what was written
  std::vector<float> m_logits;
  GenerationResult m_result;
  double m_decodeSeconds = 0;
  bool m_ended = false;
};

/// A conversation with one model under one scheme on one device: executor + KV cache + tokenizer + template + sampler.
class Session {
 public:
  using OnToken = std::function<void(const GeneratedToken&)>;

  Session(std::unique_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
          std::shared_ptr<const text::ChatTemplate> chatTemplate, std::uint32_t contextLength, KvType kvType);

  /// Begins the answer to a conversation; the part of the prompt that is already in the KV cache is not computed again.
  /// @throws Error (InvalidArgument) when the prompt does not fit the context, (Unsupported) without a chat template
  std::unique_ptr<Generation> startChat(std::span<const text::ChatMessage> messages, const GenerationOptions& options);
  /// Begins to continue a raw token prompt. @throws Error (InvalidArgument) when it is empty or does not fit the
  /// context
  std::unique_ptr<Generation> start(std::span<const TokenId> prompt, const GenerationOptions& options);

  /// startChat() to its end. A cancelled job returns what was said so far.
  /// @param onToken called for every token as soon as it is chosen; may be empty
  GenerationResult chat(std::span<const text::ChatMessage> messages, const GenerationOptions& options,
                        const OnToken& onToken, const JobContext& job = JobContext());
  /// start() to its end.
  GenerationResult complete(std::span<const TokenId> prompt, const GenerationOptions& options, const OnToken& onToken,
                            const JobContext& job = JobContext());
  /// Teacher forcing: logits [tokens.size() − first, vocabulary]; row i is what the model expects after reading
  /// tokens[0] … tokens[first + i]. What the KV cache already holds of the tokens before `first` is not computed again.
  /// @param first at most tokens.size()
  /// @throws Error (InvalidArgument) when the tokens do not fit the context, (OutOfMemory) for their logits
  std::vector<float> score(std::span<const TokenId> tokens, std::size_t first = 0,
                           const JobContext& job = JobContext());

  Executor& executor() { return *m_executor; }
  const text::Tokenizer& tokenizer() const { return *m_tokenizer; }
  std::uint64_t kvBytes() const { return m_cache->bytes(); }
  void reset();

 private:
  friend class Generation;
  /// Forgets all cached tokens but the first `count`.
  void keepCached(std::size_t count);
  /// Keeps the cached tokens that these begin with and returns how many they are.
  std::size_t keepCommon(std::span<const TokenId> tokens);
  /// Computes `tokens` behind the cached ones; `logits` are those after the last.
  void append(std::span<const TokenId> tokens, std::span<float> logits, const JobContext& job);

  std::unique_ptr<Executor> m_executor;
  std::shared_ptr<const text::Tokenizer> m_tokenizer;
  std::shared_ptr<const text::ChatTemplate> m_chatTemplate;
  std::unique_ptr<KvCache> m_cache;
  std::vector<TokenId> m_cached;  ///< tokens whose keys and values are in m_cache
};

}  // namespace core::model
