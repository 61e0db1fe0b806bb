#pragma once
#include <functional>
#include <memory>
#include <span>

#include "core/model/executor.h"

namespace core::model {

/// What a session shares with the answers it began: executor, tokenizer, and a KV cache that is lent to one computation
/// at a time. Whoever asks meanwhile gets a cache of their own, so nobody overwrites what another one still reads.
class SessionState : public std::enable_shared_from_this<SessionState> {
 public:
  /// @throws Error (OutOfMemory, InvalidArgument), as Executor::createKvCache
  SessionState(std::shared_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
               std::uint32_t contextLength, KvType kvType);

  Executor& executor() { return *m_executor; }
  const std::shared_ptr<Executor>& sharedExecutor() const { return m_executor; }
  const std::shared_ptr<const text::Tokenizer>& tokenizer() const { return m_tokenizer; }
  std::uint32_t contextLength() const { return m_cache->capacity(); }
  std::uint64_t kvBytes() const { return m_cache->bytes(); }
  std::size_t vocabulary() const { return m_executor->graph().vocabulary(); }
  /// Tokens that can be chosen: those that model and tokenizer both have.
  std::size_t knownTokens() const;

  /// The session's cache with what it holds, or, while that is lent, an empty one for `tokens` tokens.
  /// @throws Error (OutOfMemory)
  LentCache lendCache(std::uint32_t tokens);
  bool isLent() const { return m_isLent; }
  /// The session's cache forgets its tokens: now, or when it comes back.
  void forget();
  /// Computes `tokens` behind those of the cache. Goes in parts, so that a prompt that is stopped half-way stays in the
  /// cache as far as it came.
  /// @return what is wanted of the logits after the last; nothing of no tokens
  Candidates append(KvCache& cache, std::span<const TokenId> tokens, const CandidatesWanted& wanted,
                    const JobContext& job);

 private:
  std::shared_ptr<Executor> m_executor;
  std::shared_ptr<const text::Tokenizer> m_tokenizer;
  LentCache m_cache;
  bool m_isLent = false;
  bool m_forgets = false;  ///< once the cache is back
};

}  // namespace core::model
