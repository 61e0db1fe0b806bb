#include "core/model/session_state.h"

#include <algorithm>
#include <utility>

namespace core::model {

namespace {
constexpr std::size_t kPrefillTokens = 512;  // after each such part a stopped prompt stays in the cache
}

SessionState::SessionState(std::shared_ptr<Executor> executor, std::shared_ptr<const text::Tokenizer> tokenizer,
                           std::uint32_t contextLength, KvType kvType)
    : m_executor(std::move(executor)),
      m_tokenizer(std::move(tokenizer)),
      m_cache(m_executor->lendKvCache(contextLength, kvType)) {}

std::size_t SessionState::knownTokens() const { return std::min(vocabulary(), m_tokenizer->size()); }

LentCache SessionState::lendCache(std::uint32_t tokens) {
  if (m_isLent) {
    // The pointer keeps the executor that made the cache.
    LentCache own = m_executor->lendKvCache(tokens, m_cache->type());
    const auto takeBack = [self = shared_from_this(), back = own.get_deleter()](KvCache* cache) { back(cache); };
    return {own.release(), takeBack};
  }
  const auto takeBack = [self = shared_from_this()](KvCache* cache) {
    self->m_isLent = false;
    if (std::exchange(self->m_forgets, false)) cache->truncate(0);
  };
  m_isLent = true;
  return {m_cache.get(), takeBack};
}

void SessionState::forget() {
  if (m_isLent)
    m_forgets = true;
  else
    m_cache->truncate(0);
}

Candidates SessionState::append(KvCache& cache, std::span<const TokenId> tokens, const CandidatesWanted& wanted,
                                const JobContext& job) {
  // Where there are states, a prompt's last token goes alone: another answer to it begins at the state before that.
  const std::size_t together = tokens.size() - (cache.hasStates() ? 1 : 0);
  Candidates found;
  for (std::size_t first = 0; first < tokens.size();) {
    const std::size_t end = first < together ? std::min(first + kPrefillTokens, together) : tokens.size();
    found = m_executor->candidates(tokens.subspan(first, end - first), cache, wanted, job);
    first = end;
  }
  return found;
}

}  // namespace core::model
