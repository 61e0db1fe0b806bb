#include "core/text/vocabulary.h"

#include <array>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace core::text {

namespace {

constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kScores = "tokenizer.ggml.scores";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";

/// Texts of tokens that end a turn or a sequence whatever the metadata calls them (llama.cpp keeps the same list).
constexpr std::array<std::string_view, 13> kEndTexts = {
    "<|eot_id|>", "<|im_end|>",      "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>",           "<EOT>",
    "_<EOT>",     "<|end_of_text|>", "</s>",    "<|eot|>",       "<|eom|>",       "<｜end▁of▁sentence｜>"};

[[noreturn]] void failSize(std::string_view key, std::uint64_t found, std::size_t expected) {
  throw Error(ErrorCode::InvalidFile,
              std::string(key) + " must have one value per token (" + std::to_string(expected) + "), found " +
                  std::to_string(found) + ".",
              std::string(key));
}

const io::MetadataArray* arrayOfSize(const io::Metadata& metadata, std::string_view key, std::size_t expected) {
  const io::MetadataArray* array = metadata.array(key);
  if (array != nullptr && array->size() != expected) failSize(key, array->size(), expected);
  return array;
}

}  // namespace

Vocabulary::Vocabulary(const io::Metadata& metadata, const Defaults& defaults) {
  const io::MetadataArray* tokens = metadata.array(kTokens);
  if (tokens == nullptr) {
    throw Error(ErrorCode::InvalidFile, "The file has no vocabulary: expected the key tokenizer.ggml.tokens.",
                std::string(kTokens));
  }
  if (tokens->size() == 0 || tokens->size() > static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max())) {
    throw Error(ErrorCode::InvalidFile,
                "tokenizer.ggml.tokens must have 1 to 2147483647 tokens, found " + std::to_string(tokens->size()) + ".",
                std::string(kTokens));
  }
  m_tokens = tokens->strings();
  readTypesAndScores(metadata);
  m_ids.reserve(m_tokens.size());
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    const TokenType type = m_types[i];
    if (m_tokens[i].empty() || type == TokenType::Control || type == TokenType::Unknown || type == TokenType::Byte) {
      continue;
    }
    m_ids.insert_or_assign(m_tokens[i], static_cast<TokenId>(i));
    m_longest = std::max(m_longest, m_tokens[i].size());
  }
  readSpecialTokens(metadata, defaults);
  collectEnds(metadata);
}

void Vocabulary::readTypesAndScores(const io::Metadata& metadata) {
  m_types.assign(m_tokens.size(), TokenType::Normal);
  m_scores.assign(m_tokens.size(), 0.0F);
  if (const io::MetadataArray* types = arrayOfSize(metadata, kTypes, m_tokens.size())) {
    const std::vector<std::int64_t> values = types->integers();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool known = values[i] >= 0 && values[i] <= static_cast<std::int64_t>(TokenType::Byte);
      m_types[i] = known ? static_cast<TokenType>(values[i]) : TokenType::Undefined;
    }
  }
  if (const io::MetadataArray* scores = arrayOfSize(metadata, kScores, m_tokens.size())) {
    const std::vector<double> values = scores->numbers();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) {
        throw Error(ErrorCode::InvalidFile, "The score of token " + std::to_string(i) + " is not a number.",
                    std::string(kScores));
      }
      m_scores[i] = static_cast<float>(values[i]);
    }
  }
}

std::optional<TokenId> Vocabulary::tokenId(const io::Metadata& metadata, std::string_view key) const {
  constexpr std::uint64_t kNone = 0xFFFFFFFFU;  // how writers say "there is none": −1, stored with or without its sign
  const io::MetadataValue* stored = metadata.find(key);
  const std::int64_t* signedId = stored == nullptr ? nullptr : std::get_if<std::int64_t>(stored);
  if (signedId != nullptr && *signedId == -1) return std::nullopt;
  const std::optional<std::uint64_t> id = metadata.unsignedInteger(key);
  if (!id || *id == kNone) return std::nullopt;
  if (*id >= m_tokens.size()) {
    throw Error(ErrorCode::InvalidFile,
                std::string(key) + " must be below the size of the vocabulary (" + std::to_string(m_tokens.size()) +
                    "), found " + std::to_string(*id) + ".",
                std::string(key));
  }
  return static_cast<TokenId>(*id);
}

void Vocabulary::readSpecialTokens(const io::Metadata& metadata, const Defaults& defaults) {
  const auto idOr = [&](std::string_view key, std::optional<TokenId> otherwise) {
    const std::optional<TokenId> id = tokenId(metadata, key);
    if (id || metadata.find(key) != nullptr) return id;
    return otherwise && has(*otherwise) ? otherwise : std::nullopt;
  };
  m_bos = idOr("tokenizer.ggml.bos_token_id", defaults.bos);
  m_eos = idOr("tokenizer.ggml.eos_token_id", defaults.eos);
  m_unknown = idOr("tokenizer.ggml.unknown_token_id", defaults.unknown);
  m_addsBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(defaults.addBos) && m_bos.has_value();
  m_addsSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(defaults.addSpacePrefix);
}

void Vocabulary::collectEnds(const io::Metadata& metadata) {
  for (const std::string_view key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    if (const auto id = tokenId(metadata, key)) m_ends.insert(*id);
  }
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
