#include "core/text/detokenizer.h"

#include <utility>

#include "core/text/unicode.h"

namespace core::text {

Detokenizer::Detokenizer(std::shared_ptr<const Tokenizer> tokenizer) : m_tokenizer(std::move(tokenizer)) {}

std::string Detokenizer::push(TokenId id) {
  std::string fresh = m_tokenizer->bytes(id);
  if (m_atStart && !fresh.empty()) {
    m_atStart = false;
    if (m_tokenizer->addsSpacePrefix() && fresh.front() == ' ') fresh.erase(0, 1);
  }
  m_pending += fresh;
  std::string_view rest = m_pending;
  while (!rest.empty()) {
    const Utf8Step step = firstCharacter(rest);
    if (step.kind == Utf8Kind::Incomplete) break;
    rest.remove_prefix(step.length);
  }
  const std::size_t complete = m_pending.size() - rest.size();
  std::string text = replaceInvalidUtf8(std::string_view(m_pending).substr(0, complete));
  m_pending.erase(0, complete);
  return text;
}

std::string Detokenizer::flush() {
  m_atStart = true;
  return replaceInvalidUtf8(std::exchange(m_pending, {}));
}

}  // namespace core::text
