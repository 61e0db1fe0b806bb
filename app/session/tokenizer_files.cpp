#include "app/session/tokenizer_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "app/session/tokenizer_steps_json.h"
#include "core/base/utf8.h"
#include "core/text/unicode.h"

namespace app {

using core::text::TokenId;
using core::text::TokenType;
using core::text::VocabularyData;
using core::text::VocabularyKind;
using Json = nlohmann::ordered_json;

namespace {

bool isSentencePiece(const VocabularyData& vocabulary) { return vocabulary.kind == VocabularyKind::SentencePiece; }

TokenType typeOf(const VocabularyData& vocabulary, std::size_t id) {
  return id < vocabulary.types.size() ? vocabulary.types[id] : TokenType::Normal;
}

/// Characters of a text, not bytes.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Json addedToken(const VocabularyData& vocabulary, const core::text::AddedToken& token) {
  return {{"content", vocabulary.tokens[static_cast<std::size_t>(token.id)]},
          {"single_word", token.singleWord},
          {"lstrip", token.stripsLeft},
          {"rstrip", token.stripsRight},
          {"normalized", token.normalized},
          {"special", token.special}};
}

/// The token as tokenizer.json writes it: of WordPiece those that go on with a word are marked there.
std::string textOf(const VocabularyData& vocabulary, std::size_t id) {
  const std::string& text = vocabulary.tokens[id];
  const bool isPlain = typeOf(vocabulary, id) == TokenType::Normal || typeOf(vocabulary, id) == TokenType::Undefined;
  // Files without types name some of those that are no parts of words.
  const bool isNamed = std::ranges::any_of(
      std::array{vocabulary.bos, vocabulary.eos, vocabulary.unknown, vocabulary.padding},
      [id](const std::optional<TokenId>& named) { return named && static_cast<std::size_t>(*named) == id; });
  if (vocabulary.wordMark.empty() || !isPlain || isNamed) return text;
  return text.starts_with(vocabulary.wordMark) ? text.substr(vocabulary.wordMark.size())
                                               : continuationMark(vocabulary) + text;
}

/// Token texts and their ids, those JSON can hold: UTF-8, each once, of equal ones the last, as in GGUF.
Json vocabularyJson(const VocabularyData& vocabulary, std::vector<std::string>& notes) {
  std::unordered_map<std::string, std::size_t> last;
  std::size_t twice = 0, bytes = 0;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string text = textOf(vocabulary, id);
    if (text.empty() && typeOf(vocabulary, id) == TokenType::Unused) continue;
    if (!core::isValidUtf8(text)) {
      ++bytes;
      continue;
    }
    const bool isNew = last.insert_or_assign(text, id).second;
    if (!isNew) ++twice;
  }
  std::vector<std::pair<std::size_t, std::string_view>> tokens;
  for (const auto& [text, id] : last) tokens.emplace_back(id, text);
  std::sort(tokens.begin(), tokens.end());
  Json::object_t json;
  json.reserve(tokens.size());
  for (const auto& [id, text] : tokens) json.push_back({std::string(text), id});
  if (twice + bytes != 0)
    notes.push_back(
        fmt::format("{} tokens are left out of tokenizer.json, which has each text once and no text that is "
                    "not UTF-8.",
                    twice + bytes));
  return json;
}

/// Texts and scores by id; JSON has no bytes, so that a token that is not UTF-8 is shown as one that is.
Json scoredJson(const VocabularyData& vocabulary) {
  Json json = Json::array();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id)
    json.push_back({core::text::replaceInvalidUtf8(vocabulary.tokens[id]),
                    id < vocabulary.scores.size() ? vocabulary.scores[id] : 0.0F});
  return json;
}

Json mergesJson(const VocabularyData& vocabulary) {
  return vocabulary.merges.empty() && isSentencePiece(vocabulary) ? Json(mergesFromScores(vocabulary))
                                                                  : Json(vocabulary.merges);
}

Json modelJson(const VocabularyData& vocabulary, std::vector<std::string>& notes) {
  const bool isPiece = isSentencePiece(vocabulary);
  const Json unknown =
      vocabulary.unknown ? Json(vocabulary.tokens[static_cast<std::size_t>(*vocabulary.unknown)]) : Json(nullptr);
  if (vocabulary.kind == VocabularyKind::Unigram) {
    const bool hasBytes = std::ranges::find(vocabulary.types, TokenType::Byte) != vocabulary.types.end();
    return {{"type", "Unigram"},
            {"unk_id", vocabulary.unknown ? Json(*vocabulary.unknown) : Json(nullptr)},
            {"vocab", scoredJson(vocabulary)},
            {"byte_fallback", hasBytes}};
  }
  if (vocabulary.kind == VocabularyKind::WordPiece)
    return {{"type", "WordPiece"},
            {"unk_token", vocabulary.unknown ? unknown : Json("[UNK]")},
            {"continuing_subword_prefix", continuationMark(vocabulary)},
            {"max_input_chars_per_word", vocabulary.longestWord},
            {"vocab", vocabularyJson(vocabulary, notes)}};
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", isPiece ? unknown : Json(nullptr)},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", isPiece},
          {"byte_fallback", isPiece},
          {"ignore_merges", vocabulary.ignoresMerges},
          {"vocab", vocabularyJson(vocabulary, notes)},
          {"merges", mergesJson(vocabulary)}};
}

}  // namespace

std::vector<std::string> mergesFromScores(const VocabularyData& vocabulary) {
  struct Merge {
    std::string_view left, right;
    float score;
    std::size_t leftId, rightId;
  };
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const TokenType type = typeOf(vocabulary, id);
    if (type == TokenType::Normal || type == TokenType::UserDefined || type == TokenType::Undefined)
      ids.insert_or_assign(vocabulary.tokens[id], id);
  }
  std::vector<Merge> merges;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string_view text = vocabulary.tokens[id];
    const auto own = ids.find(text);
    if (own == ids.end() || own->second != id) continue;
    const float score = id < vocabulary.scores.size() ? vocabulary.scores[id] : 0.0F;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const auto left = ids.find(text.substr(0, cut)), right = ids.find(text.substr(cut));
      if (left != ids.end() && right != ids.end())
        merges.push_back({left->first, right->first, score, left->second, right->second});
    }
  }
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tuple(-a.score, length(b.left), length(b.right), a.leftId, a.rightId) <
           std::tuple(-b.score, length(a.left), length(a.right), b.leftId, b.rightId);
  });
  std::vector<std::string> texts;
  texts.reserve(merges.size());
  for (const Merge& merge : merges) texts.push_back(fmt::format("{} {}", merge.left, merge.right));
  return texts;
}

Json tokenizerJson(const VocabularyData& vocabulary, std::vector<std::string>& notes) {
  Json added = Json::array();
  for (const auto& token : vocabulary.added) {
    Json entry = {{"id", token.id}};
    entry.update(addedToken(vocabulary, token));
    added.push_back(std::move(entry));
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", normalizerJson(vocabulary)},
          {"pre_tokenizer", preTokenizerJson(vocabulary)},
          {"post_processor", postProcessorJson(vocabulary)},
          {"decoder", decoderJson(vocabulary)},
          {"model", modelJson(vocabulary, notes)}};
}

Json tokenizerConfigJson(const VocabularyData& vocabulary, const std::optional<std::string>& chatTemplate,
                         std::uint32_t contextLength) {
  Json added = Json::object();
  for (const auto& token : vocabulary.added) added[std::to_string(token.id)] = addedToken(vocabulary, token);
  Json json = {{"add_bos_token", vocabulary.addBos},
               {"add_eos_token", vocabulary.addEos},
               {"added_tokens_decoder", std::move(added)}};
  const auto name = [&](const char* key, const std::optional<TokenId>& id) {
    if (id) json[key] = vocabulary.tokens[static_cast<std::size_t>(*id)];
  };
  const bool isWordPiece = vocabulary.kind == VocabularyKind::WordPiece;
  name(isWordPiece ? "cls_token" : "bos_token", vocabulary.bos);
  if (chatTemplate) json["chat_template"] = *chatTemplate;
  json["clean_up_tokenization_spaces"] = false;
  name(isWordPiece ? "sep_token" : "eos_token", vocabulary.eos);
  json["model_max_length"] = contextLength;
  name("pad_token", vocabulary.padding);
  json["tokenizer_class"] = "PreTrainedTokenizerFast";
  name("unk_token", vocabulary.unknown);
  return json;
}

}  // namespace app
