#include "core/model/kv_cache.h"

#include <algorithm>
#include <utility>

namespace core::model {

void KvCache::truncate(std::uint32_t length) {
  if (length >= m_tokens.size()) return;
  m_tokens.resize(m_hasStates ? m_states.nearest(length) : length);
  m_states.forgetBehind(KvCache::length());
}

void KvCache::adopt(std::vector<TokenId> tokens, std::span<const StateSlots::Kept> states) {
  m_tokens = std::move(tokens);
  m_states.take(states);
}

std::uint32_t KvCache::keepCommon(std::span<const TokenId> tokens) {
  const auto different = std::mismatch(tokens.begin(), tokens.end(), m_tokens.begin(), m_tokens.end()).second;
  truncate(static_cast<std::uint32_t>(different - m_tokens.begin()));
  return length();
}

}  // namespace core::model
