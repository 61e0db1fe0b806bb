#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/model/generation.h"
#include "core/model/probabilities.h"
#include "core/text/chat_template.h"

namespace core::model {

/// A conversation with one model under one scheme on one device: executor + KV cache + tokenizer + template + sampler.
/// Answers and scores may overlap: each computes as if it were alone. Tokens that only the model has, but not its
/// tokenizer, have no probability.
class Session {
 public:
  using OnToken = std::function<void(const GeneratedToken&)>;

  /// @param executor may be other sessions', too, whose answers are then written together (nextTogether())
  Session(std::shared_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
          std::shared_ptr<const text::ChatTemplate> chatTemplate, std::uint32_t contextLength, KvType kvType);
  Session(Session&&) = default;
  Session& operator=(Session&&) = default;

  /// Begins the answer to a conversation; the part of the prompt that is already in the KV cache is not computed again.
  /// @throws Error (InvalidArgument) when the prompt does not fit the context or the options begin the answer with a
  /// token nobody has, (Unsupported) without a chat template
  std::unique_ptr<Generation> startChat(std::span<const text::ChatMessage> messages, const GenerationOptions& options);
  /// Begins to continue a raw token prompt. @throws Error (InvalidArgument) when it is empty or does not fit the
  /// context, or as startChat
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
  /// @throws Error (InvalidArgument) when the tokens do not fit the context, (OutOfMemory) for their logits or, during
  ///         an answer, for a second KV cache, (NotFinite, Device, DeviceLost)
  std::vector<float> score(std::span<const TokenId> tokens, std::size_t first = 0,
                           const JobContext& job = JobContext());

  Executor& executor() { return m_state->executor(); }
  const std::shared_ptr<Executor>& sharedExecutor() const { return m_state->sharedExecutor(); }
  const text::Tokenizer& tokenizer() const { return *m_state->tokenizer(); }
  /// The KV cache with what it holds, for as long as the pointer lives; null while an answer has it.
  LentCache takeCache();
  std::uint64_t kvBytes() const { return m_state->kvBytes(); }
  /// The next answer computes its whole prompt.
  void reset() { m_state->forget(); }

 private:
  std::shared_ptr<SessionState> m_state;
  std::shared_ptr<const text::ChatTemplate> m_chatTemplate;
};

}  // namespace core::model
