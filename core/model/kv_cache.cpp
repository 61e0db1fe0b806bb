#include "core/model/kv_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::model {

namespace {
constexpr std::string_view kNames[] = {"f32", "f16", "int8"};
}

std::string_view nameOf(KvType type) { return kNames[static_cast<std::size_t>(type)]; }

KvType kvTypeOf(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found != std::end(kNames)) return static_cast<KvType>(found - std::begin(kNames));
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The type of a KV cache should be f32, f16 or int8, but is {}.", io::inQuotes(name)));
}

void KvCache::truncate(std::uint32_t length) {
  if (length >= m_tokens.size()) return;
  m_tokens.resize(m_hasStates ? m_states.nearest(length) : length);
  m_states.forgetBehind(KvCache::length());
}

std::uint32_t KvCache::keepCommon(std::span<const TokenId> tokens) {
  const auto different = std::mismatch(tokens.begin(), tokens.end(), m_tokens.begin(), m_tokens.end()).second;
  truncate(static_cast<std::uint32_t>(different - m_tokens.begin()));
  return length();
}

}  // namespace core::model
