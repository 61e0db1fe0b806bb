#include "core/model/kv_cache.h"

#include <algorithm>

namespace core::model {

void KvCache::truncate(std::uint32_t length) {
  if (length < m_tokens.size()) m_tokens.resize(length);
}

std::uint32_t KvCache::keepCommon(std::span<const TokenId> tokens) {
  const auto different = std::mismatch(tokens.begin(), tokens.end(), m_tokens.begin(), m_tokens.end()).second;
  m_tokens.erase(different, m_tokens.end());
  return length();
}

}  // namespace core::model
