#include "app/session/tokenizer_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "core/base/utf8.h"

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

TokenType typeOf(const VocabularyData& vocabulary, std::size_t id) {
  return id < vocabulary.types.size() ? vocabulary.types[id] : TokenType::Normal;
}

/// Characters of a text, not bytes.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Json normalizer(const VocabularyData& vocabulary) {
  Json steps = Json::array();
  for (const NormalizerStep& step : vocabulary.normalizers) {
    switch (step.kind) {
      case NormalizerStep::Kind::Prepend:
        steps.push_back({{"type", "Prepend"}, {"prepend", step.content}});
        break;
      case NormalizerStep::Kind::Replace:
        steps.push_back({{"type", "Replace"}, {"pattern", {{"String", step.pattern}}}, {"content", step.content}});
        break;
      case NormalizerStep::Kind::Nfc:
        steps.push_back({{"type", "NFC"}});
        break;
    }
  }
  if (steps.empty()) return nullptr;
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

Json split(const std::string& expression, const char* behavior, bool isInverted) {
  return {{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", behavior}, {"invert", isInverted}};
}

Json preTokenizer(const VocabularyData& vocabulary) {
  Json steps = Json::array();
  bool hasBlank = vocabulary.addSpacePrefix && !isSentencePiece(vocabulary);
  for (const SplitStep& step : vocabulary.splits) {
    switch (step.kind) {
      case SplitStep::Kind::Isolated:
        steps.push_back(split(step.expression, "Isolated", false));
        break;
      case SplitStep::Kind::Matches:
        steps.push_back(split(step.expression, "Removed", true));
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
  if (!isSentencePiece(vocabulary))
    steps.push_back(
        {{"type", "ByteLevel"}, {"add_prefix_space", hasBlank}, {"trim_offsets", true}, {"use_regex", false}});
  if (steps.empty()) return nullptr;
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

Json decoder(const VocabularyData& vocabulary) {
  if (!isSentencePiece(vocabulary))
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

/// Token texts and their ids, those JSON can hold: UTF-8, each once, of equal ones the last, as in GGUF.
Json vocabularyJson(const VocabularyData& vocabulary, std::vector<std::string>& notes) {
  std::unordered_map<std::string_view, std::size_t> last;
  std::size_t twice = 0, bytes = 0;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string& text = vocabulary.tokens[id];
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

Json mergesJson(const VocabularyData& vocabulary) {
  return vocabulary.merges.empty() && isSentencePiece(vocabulary) ? Json(mergesFromScores(vocabulary))
                                                                  : Json(vocabulary.merges);
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
  const bool isPiece = isSentencePiece(vocabulary);
  const bool hasUnknown = isPiece && vocabulary.unknown;
  Json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token",
                 hasUnknown ? Json(vocabulary.tokens[static_cast<std::size_t>(*vocabulary.unknown)]) : Json(nullptr)},
                {"continuing_subword_prefix", nullptr},
                {"end_of_word_suffix", nullptr},
                {"fuse_unk", isPiece},
                {"byte_fallback", isPiece},
                {"ignore_merges", vocabulary.ignoresMerges},
                {"vocab", vocabularyJson(vocabulary, notes)},
                {"merges", mergesJson(vocabulary)}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", normalizer(vocabulary)},
          {"pre_tokenizer", preTokenizer(vocabulary)},
          {"post_processor", postProcessor(vocabulary)},
          {"decoder", decoder(vocabulary)},
          {"model", std::move(model)}};
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
