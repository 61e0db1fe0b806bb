#include "app/session/tokenizer_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "core/base/utf8.h"
#include "core/text/base64.h"
#include "core/text/unicode.h"

namespace app {

using core::text::NormalizerStep;
using core::text::SplitStep;
using core::text::TokenId;
using core::text::TokenType;
using core::text::VocabularyData;
using core::text::VocabularyKind;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kBlankMark = "\xE2\x96\x81";  // U+2581

bool isSentencePiece(const VocabularyData& vocabulary) { return vocabulary.kind == VocabularyKind::SentencePiece; }
bool isByteLevel(const VocabularyData& vocabulary) { return vocabulary.kind == VocabularyKind::ByteLevel; }

TokenType typeOf(const VocabularyData& vocabulary, std::size_t id) {
  return id < vocabulary.types.size() ? vocabulary.types[id] : TokenType::Normal;
}

/// Characters of a text, not bytes.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// BERT's normalizer with one of its parts.
Json bertNormalizer(std::string_view part) {
  const auto has = [&](std::string_view name) { return part == name; };
  return {{"type", "BertNormalizer"},
          {"clean_text", has("clean_text")},
          {"handle_chinese_chars", has("handle_chinese_chars")},
          {"strip_accents", has("strip_accents")},
          {"lowercase", false}};
}

Json normalizerStep(const NormalizerStep& step) {
  const auto named = [](const char* type) -> Json { return {{"type", type}}; };
  const auto replace = [&](const char* kind) -> Json {
    return {{"type", "Replace"}, {"pattern", {{kind, step.pattern}}}, {"content", step.content}};
  };
  using Kind = NormalizerStep::Kind;
  switch (step.kind) {
    case Kind::Prepend:
      return {{"type", "Prepend"}, {"prepend", step.content}};
    case Kind::Replace:
      return replace("String");
    case Kind::ReplaceMatches:
      return replace("Regex");
    case Kind::Nfc:
      return named("NFC");
    case Kind::Nfd:
      return named("NFD");
    case Kind::Nfkc:
      return named("NFKC");
    case Kind::Nfkd:
      return named("NFKD");
    case Kind::Charsmap:
    case Kind::CharsmapOfGraphemes:
      return {{"type", "Precompiled"}, {"precompiled_charsmap", core::text::encodedBase64(step.content)}};
    case Kind::TrimLeft:
      return {{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}};
    case Kind::TrimRight:
      return {{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}};
    case Kind::Lowercase:
      return named("Lowercase");
    case Kind::StripMarks:
      return named("StripAccents");
    case Kind::StripNonspacingMarks:
      return bertNormalizer("strip_accents");
    case Kind::BertClean:
      return bertNormalizer("clean_text");
    case Kind::IsolateIdeographs:
      return bertNormalizer("handle_chinese_chars");
    case Kind::NmtClean:
      break;
  }
  return named("Nmt");
}

Json normalizer(const VocabularyData& vocabulary) {
  Json steps = Json::array();
  for (const NormalizerStep& step : vocabulary.normalizers) steps.push_back(normalizerStep(step));
  if (steps.empty()) return nullptr;
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

const char* behaviorOf(SplitStep::Kind kind) {
  switch (kind) {
    case SplitStep::Kind::Removed:
      return "Removed";
    case SplitStep::Kind::MergedWithPrevious:
      return "MergedWithPrevious";
    case SplitStep::Kind::MergedWithNext:
      return "MergedWithNext";
    case SplitStep::Kind::Contiguous:
      return "Contiguous";
    default:
      return "Isolated";
  }
}

Json preTokenizer(const VocabularyData& vocabulary) {
  Json steps = Json::array();
  bool hasBlank = vocabulary.addSpacePrefix && isByteLevel(vocabulary);
  for (const SplitStep& step : vocabulary.splits) {
    switch (step.kind) {
      default:
        steps.push_back({{"type", "Split"},
                         {"pattern", {{"Regex", step.expression}}},
                         {"behavior", behaviorOf(step.kind)},
                         {"invert", step.isInverted}});
        break;
      case SplitStep::Kind::Blank:
        hasBlank = true;
        break;
      case SplitStep::Kind::Metaspace: {
        const char* const prefix = step.prefix == SplitStep::Prefix::Never   ? "never"
                                   : step.prefix == SplitStep::Prefix::First ? "first"
                                                                             : "always";
        steps.push_back({{"type", "Metaspace"},
                         {"replacement", std::string(kBlankMark)},
                         {"prepend_scheme", prefix},
                         {"split", step.cuts}});
        break;
      }
    }
  }
  if (isByteLevel(vocabulary))
    steps.push_back(
        {{"type", "ByteLevel"}, {"add_prefix_space", hasBlank}, {"trim_offsets", true}, {"use_regex", false}});
  if (steps.empty()) return nullptr;
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

/// What tokens of WordPiece that go on with a word begin with: GGUF files mark the others.
std::string continuationMark(const VocabularyData& vocabulary) {
  return vocabulary.wordMark.empty() ? vocabulary.continuationMark : "##";
}

Json decoder(const VocabularyData& vocabulary) {
  if (vocabulary.kind == VocabularyKind::WordPiece)
    return {{"type", "WordPiece"}, {"prefix", continuationMark(vocabulary)}, {"cleanup", vocabulary.cleansUp}};
  if (isByteLevel(vocabulary))
    return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  Json steps = {{{"type", "Replace"}, {"pattern", {{"String", std::string(kBlankMark)}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}}};
  if (vocabulary.addSpacePrefix) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

/// What encoding puts around a text.
Json postProcessor(const VocabularyData& vocabulary) {
  const auto special = [&](TokenId id) -> Json {
    return {{"SpecialToken", {{"id", vocabulary.tokens[static_cast<std::size_t>(id)]}, {"type_id", 0}}}};
  };
  Json single = Json::array(), pair = Json::array(), tokens = Json::object();
  for (const char* text : {"A", "B"}) {
    const int type = *text == 'A' ? 0 : 1;
    const auto around = [&](Json& list) {
      if (vocabulary.addBos) list.push_back(special(*vocabulary.bos));
      if (vocabulary.addBos) std::ranges::transform(vocabulary.afterBos, std::back_inserter(list), special);
      list.push_back({{"Sequence", {{"id", text}, {"type_id", type}}}});
      if (vocabulary.addEos) list.push_back(special(*vocabulary.eos));
    };
    if (*text == 'A') around(single);
    around(pair);
  }
  const auto name = [&](TokenId id) {
    const std::string& text = vocabulary.tokens[static_cast<std::size_t>(id)];
    tokens[text] = {{"id", text}, {"ids", Json::array({id})}, {"tokens", Json::array({text})}};
  };
  if (vocabulary.addBos) name(*vocabulary.bos);
  if (vocabulary.addBos) std::ranges::for_each(vocabulary.afterBos, name);
  if (vocabulary.addEos) name(*vocabulary.eos);
  if (tokens.empty()) return nullptr;
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(tokens)}};
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
  if (vocabulary.wordMark.empty() || !isPlain) return text;
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
          {"normalizer", normalizer(vocabulary)},
          {"pre_tokenizer", preTokenizer(vocabulary)},
          {"post_processor", postProcessor(vocabulary)},
          {"decoder", decoder(vocabulary)},
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
  name("bos_token", vocabulary.bos);
  if (chatTemplate) json["chat_template"] = *chatTemplate;
  json["clean_up_tokenization_spaces"] = false;
  name("eos_token", vocabulary.eos);
  json["model_max_length"] = contextLength;
  name("pad_token", vocabulary.padding);
  json["tokenizer_class"] = "PreTrainedTokenizerFast";
  name("unk_token", vocabulary.unknown);
  return json;
}

}  // namespace app
