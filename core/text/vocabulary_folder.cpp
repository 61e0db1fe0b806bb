#include "core/text/vocabulary_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/io/tokenizer_json.h"
#include "core/text/folder_special_tokens.h"
#include "core/text/pre_tokenizer_patterns.h"
#include "core/text/tokenizer_steps.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

namespace {

constexpr std::string_view kFile = "tokenizer.json";

[[noreturn]] void refuse(std::string_view detail, ErrorCode code = ErrorCode::InvalidFile) {
  throw Error(code, fmt::format("\"{}\": {}.", kFile, detail), std::string(kFile));
}

/// Puts the tokens where their numbers say. Added tokens may lie beyond the vocabulary, with gaps.
void placeTokens(const io::TokenizerJson& file, VocabularyData& data) {
  const std::size_t named = file.vocabulary.size() + file.added.size();
  std::uint32_t last = 0;
  for (const auto& token : file.vocabulary) last = std::max(last, token.id);
  for (const auto& token : file.added) last = std::max(last, token.id);
  if (named == 0) refuse("it names no token");
  if (last > 4 * named + 1024) refuse(fmt::format("it numbers its {} tokens up to {}", named, last));
  data.tokens.resize(std::size_t{last} + 1);
  data.types.assign(data.tokens.size(), TokenType::Unused);
  const auto place = [&](const std::string& text, std::uint32_t id, TokenType type) {
    if (data.types[id] != TokenType::Unused && data.tokens[id] != text) {
      refuse(fmt::format("it gives the number {} to two tokens, {} and {}", id, io::inQuotes(data.tokens[id]),
                         io::inQuotes(text)));
    }
    data.tokens[id] = text;
    data.types[id] = type;
  };
  for (const auto& token : file.vocabulary) place(token.text, token.id, TokenType::Normal);
  if (!file.scores.empty()) {
    data.scores.assign(data.tokens.size(), 0.0F);
    std::ranges::transform(file.scores, data.scores.begin(), [](double score) { return static_cast<float>(score); });
  }
  for (const auto& token : file.added) {
    if (token.content.empty()) continue;
    place(token.content, token.id, token.special ? TokenType::Control : TokenType::UserDefined);
    data.added.push_back({static_cast<TokenId>(token.id), token.special, token.stripsLeft, token.stripsRight,
                          token.singleWord, token.normalized});
  }
}

TokenIds idsOf(const VocabularyData& data) {
  TokenIds ids;
  ids.reserve(data.tokens.size());
  for (std::size_t i = 0; i < data.tokens.size(); ++i) {
    if (data.types[i] == TokenType::Unused) continue;
    const auto [known, isNew] = ids.try_emplace(data.tokens[i], static_cast<TokenId>(i));
    if (!isNew)
      refuse(fmt::format("it gives two numbers, {} and {}, to {}", known->second, i, io::inQuotes(known->first)));
  }
  return ids;
}

/// "<0x0A>" is a byte where the model falls back to bytes.
bool isByteToken(std::string_view text) {
  unsigned value = 0;
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return false;
  return std::from_chars(text.data() + 3, text.data() + 5, value, 16).ptr == text.data() + 5;
}

/// Every merge must join two tokens to a third. Of SentencePiece the tokens get scores that join in the same order.
void checkMerges(const TokenIds& ids, VocabularyData& data) {
  constexpr float kNeverJoined = -1e9F;
  if (data.kind == VocabularyKind::Unigram) return;
  data.scores.assign(data.tokens.size(), 0.0F);
  if (data.kind == VocabularyKind::SentencePiece) data.scores.assign(data.tokens.size(), kNeverJoined);
  std::string joined;
  for (std::size_t rank = 0; rank < data.merges.size(); ++rank) {
    const std::string& merge = data.merges[rank];
    const std::size_t blank = merge.find(' ', 1);
    if (blank == std::string::npos || blank + 1 == merge.size())
      refuse(fmt::format("merge {} should be two texts with a blank between, but is {}", rank, io::inQuotes(merge)));
    const std::string_view left = std::string_view(merge).substr(0, blank);
    const std::string_view right = std::string_view(merge).substr(blank + 1);
    joined.assign(left).append(right);
    TokenId made = 0;
    for (const std::string_view text : {left, right, std::string_view(joined)}) {
      const auto found = ids.find(text);
      if (found == ids.end()) refuse(fmt::format("merge {} names {}, which is no token", rank, io::inQuotes(text)));
      made = found->second;
    }
    float& score = data.scores[static_cast<std::size_t>(made)];
    if (score == kNeverJoined) score = -static_cast<float>(rank);
  }
}

VocabularyKind kindOf(const io::TokenizerJson& file, const VocabularyData& data, bool isByteLevel) {
  using Model = io::TokenizerJson::Model;
  if (file.model != Model::Bpe && isByteLevel)
    refuse("a ByteLevel pre-tokenizer in front of another model than a BPE is not supported (yet)",
           ErrorCode::Unsupported);
  if (file.model == Model::Unigram) return VocabularyKind::Unigram;
  if (file.model == Model::WordPiece) return VocabularyKind::WordPiece;
  if (isByteLevel) return VocabularyKind::ByteLevel;
  const auto marksBlanks = [](const NormalizerStep& step) { return step.content == kBlankMark; };
  const bool isSentencePiece =
      file.byteFallback || std::ranges::any_of(data.normalizers, marksBlanks) ||
      std::ranges::any_of(data.splits, [](const SplitStep& s) { return s.kind == SplitStep::Kind::Metaspace; });
  if (isSentencePiece) return VocabularyKind::SentencePiece;
  refuse("a BPE that is neither byte-level nor SentencePiece's is not supported (yet)", ErrorCode::Unsupported);
}

void readModel(io::TokenizerJson& file, VocabularyData& data) {
  const std::string source = fmt::format("\"{}\"", kFile);
  PreTokenizerSteps steps = preTokenizerSteps(file.preTokenizer, source);
  const DecoderSettings decoder = decoderSettings(file.decoder);
  data.normalizers = normalizerSteps(file.normalizer, source);
  data.splits = std::move(steps.splits);
  data.kind = kindOf(file, data, steps.isByteLevel);
  data.search = VocabularyData::Search::LeftmostLongest;
  data.merges = std::move(file.merges);
  if (file.model == io::TokenizerJson::Model::Bpe && data.merges.empty()) refuse("its model has no merges");
  data.ignoresMerges = file.ignoresMerges;
  data.fusesUnknown = file.fusesUnknown || data.kind == VocabularyKind::Unigram;
  if (steps.isByteLevel) data.preTokenizer = preTokenizerName(data.splits, data.ignoresMerges);
  data.addSpacePrefix = !steps.isByteLevel && decoder.stripsFirstBlank;
  if (data.kind != VocabularyKind::WordPiece) return;
  data.merges.clear();
  data.continuationMark = file.continuationMark;
  // Longer ones cost more than they are worth; nobody writes them.
  constexpr std::uint64_t kLongestWord = 4096;
  data.longestWord = static_cast<std::uint32_t>(std::min(file.longestWord, kLongestWord));
  data.cleansUp = decoder.cleansUp;
}

void markSpecialKinds(const io::TokenizerJson& file, const TokenIds& ids, VocabularyData& data) {
  if (file.unknown) {
    const auto found = ids.find(*file.unknown);
    if (found == ids.end()) refuse(fmt::format("its unknown token {} is no token", io::inQuotes(*file.unknown)));
    data.unknown = found->second;
    data.types[static_cast<std::size_t>(found->second)] = TokenType::Unknown;
  }
  if (file.unknownId) {
    if (*file.unknownId >= file.vocabulary.size()) refuse(fmt::format("its unk_id {} is no token's", *file.unknownId));
    data.unknown = static_cast<TokenId>(*file.unknownId);
    data.types[*file.unknownId] = TokenType::Unknown;
  }
  if (!file.byteFallback) return;
  for (std::size_t i = 0; i < data.tokens.size(); ++i) {
    if (data.types[i] == TokenType::Normal && isByteToken(data.tokens[i])) data.types[i] = TokenType::Byte;
  }
}

[[noreturn]] void refuseMissing(const io::Checkpoint& checkpoint) {
  const bool hasModel = checkpoint.sideFile("tokenizer.model") != nullptr;
  throw Error(ErrorCode::Unsupported,
              hasModel ? "The folder has no tokenizer.json, only a tokenizer.model, which is not read (yet)."
                       : "The model carries no tokenizer: expected a tokenizer.json beside it that can be read.",
              std::string(kFile));
}

}  // namespace

VocabularyData folderVocabulary(const io::Checkpoint& checkpoint) {
  const io::SideFile* const side = checkpoint.sideFile(kFile);
  if (side == nullptr) refuseMissing(checkpoint);
  const std::string source = fmt::format("\"{}\"", kFile);
  io::TokenizerJson file = io::readTokenizerJson(side->bytes, source);
  VocabularyData data;
  readModel(file, data);
  placeTokens(file, data);
  const TokenIds ids = idsOf(data);
  checkMerges(ids, data);
  markSpecialKinds(file, ids, data);
  const Surroundings surroundings = surroundingsOf(file.postProcessor, source);
  for (const auto* list : {&surroundings.front, &surroundings.behind}) {
    for (const TokenId id : *list) {
      if (static_cast<std::size_t>(id) >= data.tokens.size())
        refuse(fmt::format("its post_processor names token {}, but there are {}", id, data.tokens.size()));
    }
  }
  readFolderSpecialTokens(checkpoint, ids, surroundings, data);
  return data;
}

}  // namespace core::text
