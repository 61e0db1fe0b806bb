#include "core/text/vocabulary.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"

namespace core::text {

namespace {

/// Texts of tokens that end a turn or a sequence whatever the file calls them (llama.cpp keeps the same list).
constexpr std::array<std::string_view, 13> kEndTexts = {
    "<|eot_id|>", "<|im_end|>",      "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>",           "<EOT>",
    "_<EOT>",     "<|end_of_text|>", "</s>",    "<|eot|>",       "<|eom|>",       "<｜end▁of▁sentence｜>"};

}  // namespace

Vocabulary::Vocabulary(const VocabularyData& data)
    : m_tokens(data.tokens),
      m_types(data.types),
      m_scores(data.scores),
      m_bos(data.bos),
      m_eos(data.eos),
      m_unknown(data.unknown),
      m_addsBos(data.addBos && data.bos),
      m_addsEos(data.addEos && data.eos),
      m_afterBos(data.afterBos),
      m_addsSpacePrefix(data.addSpacePrefix) {
  if (m_types.empty()) m_types.assign(m_tokens.size(), TokenType::Normal);
  if (m_scores.empty()) m_scores.assign(m_tokens.size(), 0.0F);
  check(data);
  m_marksUnknown = data.search == VocabularyData::Search::LongestFirst;
  m_unknownIsSilent = !m_marksUnknown && std::ranges::any_of(data.added, [&](const AddedToken& token) {
    return token.special && token.id == data.unknown;
  });
  indexTexts();
  collectEnds(data);
}

void Vocabulary::check(const VocabularyData& data) const {
  if (m_types.size() != m_tokens.size() || m_scores.size() != m_tokens.size())
    throw Error(ErrorCode::InvalidFile, "A vocabulary must have one type and one score per token.");
  const auto checkId = [&](std::optional<TokenId> id) {
    if (!id || has(*id)) return;
    throw Error(ErrorCode::InvalidFile, "A special token has the number " + std::to_string(*id) +
                                            ", but the vocabulary has " + std::to_string(m_tokens.size()) + " tokens.");
  };
  for (const auto& id : {data.bos, data.eos, data.unknown, data.padding}) checkId(id);
  for (const TokenId id : data.ends) checkId(id);
  for (const TokenId id : data.afterBos) checkId(id);
  for (const AddedToken& token : data.added) checkId(token.id);
}

void Vocabulary::indexTexts() {
  m_ids.reserve(m_tokens.size());
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    const TokenType type = m_types[i];
    if (m_tokens[i].empty() || type == TokenType::Control || type == TokenType::Unknown || type == TokenType::Byte) {
      continue;
    }
    m_ids.insert_or_assign(m_tokens[i], static_cast<TokenId>(i));
    m_longest = std::max(m_longest, m_tokens[i].size());
  }
}

void Vocabulary::collectEnds(const VocabularyData& data) {
  m_ends.insert(data.ends.begin(), data.ends.end());
  if (m_eos) m_ends.insert(*m_eos);
  const std::unordered_set<std::string_view> texts(kEndTexts.begin(), kEndTexts.end());
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    // Ordinary tokens that merely look like one (a "</s>" that a model can spell) do not end anything.
    const bool special = m_types[i] == TokenType::Control || m_types[i] == TokenType::UserDefined;
    if (special && texts.contains(m_tokens[i])) m_ends.insert(static_cast<TokenId>(i));
  }
}

std::optional<TokenId> Vocabulary::find(std::string_view text) const {
  if (text.size() > m_longest) return std::nullopt;
  const auto found = m_ids.find(text);
  return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace core::text
