#include "core/text/vocabulary_gguf.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/pre_tokenizer_patterns.h"
#include "core/text/tokenizer_steps.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

namespace {

constexpr std::string_view kModel = "tokenizer.ggml.model";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kScores = "tokenizer.ggml.scores";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
constexpr std::string_view kMerges = "tokenizer.ggml.merges";

[[noreturn]] void fail(ErrorCode code, const std::string& sentence, std::string_view key) {
  throw Error(code, sentence, std::string(key));
}

const io::MetadataArray* arrayOfSize(const io::Metadata& metadata, std::string_view key, std::size_t expected) {
  const io::MetadataArray* array = metadata.array(key);
  if (array != nullptr && array->size() != expected) {
    fail(ErrorCode::InvalidFile,
         std::string(key) + " must have one value per token (" + std::to_string(expected) + "), found " +
             std::to_string(array->size()) + ".",
         key);
  }
  return array;
}

void readTokens(const io::Metadata& metadata, VocabularyData& data) {
  const io::MetadataArray* tokens = metadata.array(kTokens);
  if (tokens == nullptr)
    fail(ErrorCode::InvalidFile, "The file has no vocabulary: expected the key tokenizer.ggml.tokens.", kTokens);
  if (tokens->size() == 0 || tokens->size() > static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max())) {
    fail(ErrorCode::InvalidFile,
         "tokenizer.ggml.tokens must have 1 to 2147483647 tokens, found " + std::to_string(tokens->size()) + ".",
         kTokens);
  }
  data.tokens = tokens->strings();
}

void readTypesAndScores(const io::Metadata& metadata, VocabularyData& data) {
  const std::size_t count = data.tokens.size();
  data.types.assign(count, TokenType::Normal);
  data.scores.assign(count, 0.0F);
  if (const io::MetadataArray* types = arrayOfSize(metadata, kTypes, count)) {
    const std::vector<std::int64_t> values = types->integers();
    for (std::size_t i = 0; i < count; ++i) {
      const bool known = values[i] >= 0 && values[i] <= static_cast<std::int64_t>(TokenType::Byte);
      data.types[i] = known ? static_cast<TokenType>(values[i]) : TokenType::Undefined;
    }
  }
  if (const io::MetadataArray* scores = arrayOfSize(metadata, kScores, count)) {
    const std::vector<double> values = scores->numbers();
    for (std::size_t i = 0; i < count; ++i) {
      if (std::isnan(values[i]))
        fail(ErrorCode::InvalidFile, "The score of token " + std::to_string(i) + " is not a number.", kScores);
      data.scores[i] = static_cast<float>(values[i]);
    }
  }
}

std::optional<TokenId> tokenId(const io::Metadata& metadata, std::string_view key, std::size_t tokens) {
  constexpr std::uint64_t kNone = 0xFFFFFFFFU;  // how writers say "there is none": −1, stored with or without its sign
  const io::MetadataValue* stored = metadata.find(key);
  const std::int64_t* signedId = stored == nullptr ? nullptr : std::get_if<std::int64_t>(stored);
  if (signedId != nullptr && *signedId == -1) return std::nullopt;
  const std::optional<std::uint64_t> id = metadata.unsignedInteger(key);
  if (!id || *id == kNone) return std::nullopt;
  if (*id >= tokens) {
    fail(ErrorCode::InvalidFile,
         std::string(key) + " must be below the size of the vocabulary (" + std::to_string(tokens) + "), found " +
             std::to_string(*id) + ".",
         key);
  }
  return static_cast<TokenId>(*id);
}

/// @param isLlama SentencePiece files may leave out what holds for Llama
void readSpecialTokens(const io::Metadata& metadata, bool isLlama, VocabularyData& data) {
  const std::size_t count = data.tokens.size();
  const auto idOr = [&](std::string_view key, TokenId otherwise) -> std::optional<TokenId> {
    if (metadata.find(key) != nullptr || !isLlama) return tokenId(metadata, key, count);
    return static_cast<std::size_t>(otherwise) < count ? std::optional(otherwise) : std::nullopt;
  };
  data.bos = idOr("tokenizer.ggml.bos_token_id", 1);
  data.eos = idOr("tokenizer.ggml.eos_token_id", 2);
  data.unknown = idOr("tokenizer.ggml.unknown_token_id", 0);
  data.padding = tokenId(metadata, "tokenizer.ggml.padding_token_id", count);
  for (const std::string_view key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    if (const auto id = tokenId(metadata, key, count)) data.ends.push_back(*id);
  }
  data.addEos = metadata.boolean("tokenizer.ggml.add_eos_token").value_or(false) && data.eos;
  for (std::size_t i = 0; i < count; ++i) {
    const TokenType type = data.types[i];
    const bool isAdded = type == TokenType::Control || type == TokenType::UserDefined || type == TokenType::Unknown;
    if (isAdded) data.added.push_back({static_cast<TokenId>(i), type != TokenType::UserDefined});
  }
}

void readSentencePiece(const io::Metadata& metadata, VocabularyData& data) {
  data.kind = VocabularyKind::SentencePiece;
  readSpecialTokens(metadata, true, data);
  data.addBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(true) && data.bos;
  data.addSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
  if (data.addSpacePrefix) data.normalizers.push_back({NormalizerStep::Kind::Prepend, {}, std::string(kBlankMark)});
  data.normalizers.push_back({NormalizerStep::Kind::Replace, " ", std::string(kBlankMark)});
}

void readByteLevel(const io::Metadata& metadata, VocabularyData& data) {
  data.kind = VocabularyKind::ByteLevel;
  data.preTokenizer = metadata.string("tokenizer.ggml.pre").value_or("default");
  const PreTokenizerRule* const rule = preTokenizerRule(data.preTokenizer);
  if (rule == nullptr) {
    fail(ErrorCode::Unsupported, "The pre-tokenizer " + io::inQuotes(data.preTokenizer) + " is not supported (yet).",
         "tokenizer.ggml.pre");
  }
  for (const std::string_view pattern : rule->patterns)
    data.splits.push_back({SplitStep::Kind::Isolated, std::string(pattern)});
  data.ignoresMerges = rule->ignoresMerges;
  readSpecialTokens(metadata, false, data);
  data.addBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(rule->addsBos) && data.bos;
  data.addSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(false);
  const io::MetadataArray* const merges = metadata.array(kMerges);
  if (merges == nullptr) {
    fail(ErrorCode::InvalidFile, "The tokenizer gpt2 needs the key tokenizer.ggml.merges, which is missing.", kMerges);
  }
  data.merges = merges->strings();
}

/// The bytes of precompiled_charsmap, stored signed or not; empty where there is none.
std::string charsmapBytes(const io::Metadata& metadata) {
  constexpr std::string_view kKey = "tokenizer.ggml.precompiled_charsmap";
  const io::MetadataArray* const array = metadata.array(kKey);
  if (array == nullptr) return {};
  if (array->elementType() == io::MetadataType::String)
    fail(ErrorCode::InvalidFile, std::string(kKey) + " must be a list of bytes.", kKey);
  std::string bytes;
  for (const std::int64_t value : array->integers()) bytes += static_cast<char>(value);
  return bytes;
}

void readUnigram(const io::Metadata& metadata, VocabularyData& data) {
  data.kind = VocabularyKind::Unigram;
  readSpecialTokens(metadata, false, data);
  const auto idOr = [&](std::string_view key, std::optional<TokenId>& id, TokenId otherwise) {
    if (metadata.find(key) == nullptr && static_cast<std::size_t>(otherwise) < data.tokens.size()) id = otherwise;
  };
  idOr("tokenizer.ggml.eos_token_id", data.eos, 1);
  idOr("tokenizer.ggml.unknown_token_id", data.unknown, 2);
  data.addBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(false) && data.bos;
  data.addEos = metadata.boolean("tokenizer.ggml.add_eos_token").value_or(true) && data.eos;
  data.addSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
  data.fusesUnknown = true;
  if (std::string table = charsmapBytes(metadata); !table.empty())
    data.normalizers.push_back({NormalizerStep::Kind::Charsmap, {}, std::move(table)});
  if (metadata.boolean("tokenizer.ggml.remove_extra_whitespaces").value_or(false)) {
    data.normalizers.push_back({NormalizerStep::Kind::ReplaceMatches, " {2,}", " "});
    data.normalizers.push_back({NormalizerStep::Kind::ReplaceMatches, R"(\A | \z)", ""});
  }
  if (data.addSpacePrefix) data.normalizers.push_back({NormalizerStep::Kind::Prepend, {}, std::string(kBlankMark)});
  data.normalizers.push_back({NormalizerStep::Kind::Replace, " ", std::string(kBlankMark)});
}

void readWordPiece(const io::Metadata& metadata, VocabularyData& data) {
  data.kind = VocabularyKind::WordPiece;
  readSpecialTokens(metadata, false, data);
  const auto first = [&](std::initializer_list<std::string_view> keys, TokenId otherwise) -> std::optional<TokenId> {
    for (const std::string_view key : keys)
      if (const auto id = tokenId(metadata, key, data.tokens.size())) return id;
    return static_cast<std::size_t>(otherwise) < data.tokens.size() ? std::optional(otherwise) : std::nullopt;
  };
  // BERT's numbers, where the file is silent.
  data.bos = first({"tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"}, 101);
  data.eos = first({"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.eos_token_id"}, 102);  // spelled so
  data.unknown = first({"tokenizer.ggml.unknown_token_id"}, 100);
  data.addBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(true) && data.bos;
  data.addEos = data.eos.has_value();
  data.wordMark = kBlankMark;
  data.longestWord = 100;
  data.cleansUp = true;
  data.normalizers = bertNormalizers();
  data.splits = bertSplits();
}

struct Reader {
  std::string_view model;
  void (*read)(const io::Metadata&, VocabularyData&);
};
constexpr std::array<Reader, 4> kReaders = {
    {{"llama", readSentencePiece}, {"gpt2", readByteLevel}, {"t5", readUnigram}, {"bert", readWordPiece}}};

}  // namespace

VocabularyData ggufVocabulary(const io::Metadata& metadata) {
  const std::optional<std::string> model = metadata.string(kModel);
  if (!model)
    fail(ErrorCode::InvalidFile, "The file carries no tokenizer: expected the key tokenizer.ggml.model.", kModel);
  const auto* const row = std::ranges::find(kReaders, *model, &Reader::model);
  if (row == kReaders.end()) {
    fail(ErrorCode::Unsupported,
         "The tokenizer " + io::inQuotes(*model) +
             " is not supported; supported are llama (SentencePiece BPE), gpt2 (byte-level BPE), t5 (Unigram) and bert "
             "(WordPiece).",
         kModel);
  }
  VocabularyData data;
  readTokens(metadata, data);
  readTypesAndScores(metadata, data);
  row->read(metadata, data);
  return data;
}

}  // namespace core::text
