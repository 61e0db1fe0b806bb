#include "app/session/tokenizer_steps_json.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "core/text/base64.h"
#include "core/text/tokenizer_steps.h"

namespace app {

using core::text::kBlankMark;
using core::text::NormalizerStep;
using core::text::SplitStep;
using core::text::TokenId;
using core::text::VocabularyData;
using core::text::VocabularyKind;
using Json = nlohmann::ordered_json;

namespace {

bool isByteLevel(const VocabularyData& vocabulary) { return vocabulary.kind == VocabularyKind::ByteLevel; }

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

}  // namespace

Json normalizerJson(const VocabularyData& vocabulary) {
  if (vocabulary.normalizers == core::text::bertNormalizers())
    return {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", nullptr},
            {"lowercase", true}};
  Json steps = Json::array();
  for (const NormalizerStep& step : vocabulary.normalizers) steps.push_back(normalizerStep(step));
  if (steps.empty()) return nullptr;
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

namespace {

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

}  // namespace

Json preTokenizerJson(const VocabularyData& vocabulary) {
  if (vocabulary.splits == core::text::bertSplits()) return {{"type", "BertPreTokenizer"}};
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

std::string continuationMark(const VocabularyData& vocabulary) {
  return vocabulary.wordMark.empty() ? vocabulary.continuationMark : "##";
}

Json decoderJson(const VocabularyData& vocabulary) {
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

Json postProcessorJson(const VocabularyData& vocabulary) {
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

}  // namespace app
