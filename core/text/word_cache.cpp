#include "core/text/word_cache.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace core::text {

WordCache::WordCache() : m_entries(static_cast<Entry*>(std::calloc(kEntries, sizeof(Entry)))) {
  static_assert(sizeof(Entry) == 128, "two lines of a processor's cache");
  if (!m_entries) throw Error(ErrorCode::OutOfMemory, "There is no memory left to make tokens of a text.");
}

WordCache::Entry& WordCache::entryOf(std::string_view word) const {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = word.size() * kFactor;
  for (; word.size() >= 8; word.remove_prefix(8)) {
    std::uint64_t part = 0;
    std::memcpy(&part, word.data(), 8);
    hash = (hash ^ part) * kFactor;
    hash ^= hash >> 29U;
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, word.data(), word.size());
  hash = (hash ^ rest) * kFactor;
  return m_entries[(hash >> 40U) % kEntries];
}

bool WordCache::append(std::string_view word, std::vector<TokenId>& out) const {
  if (word.empty() || word.size() > std::tuple_size_v<decltype(Entry::word)>) return false;
  const Entry& entry = entryOf(word);
  if (entry.length != word.size() || std::memcmp(entry.word.data(), word.data(), word.size()) != 0) return false;
  out.insert(out.end(), entry.ids.begin(), entry.ids.begin() + entry.count);
  return true;
}

void WordCache::keep(std::string_view word, std::span<const TokenId> ids) {
  Entry& entry = entryOf(word);
  if (word.empty() || word.size() > entry.word.size() || ids.size() > entry.ids.size()) return;
  entry.length = static_cast<std::uint8_t>(word.size());
  entry.count = static_cast<std::uint8_t>(ids.size());
  std::copy(word.begin(), word.end(), entry.word.begin());
  std::copy(ids.begin(), ids.end(), entry.ids.begin());
}

}  // namespace core::text
