#include "app/session/gguf_from_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/model/config_writing.h"
#include "core/text/chat_template_source.h"
#include "core/text/tokenizer_steps.h"
#include "core/text/vocabulary_data.h"

namespace app {

using core::text::NormalizerStep;
using core::text::SplitStep;
using core::text::TokenType;
using core::text::VocabularyData;
using core::text::VocabularyKind;

namespace {

/// GGUF files write blanks, not U+2581, in tokens that are looked for in the text as it is.
std::string withBlanks(std::string text) {
  for (std::size_t at = text.find(core::text::kBlankMark); at != std::string::npos;
       at = text.find(core::text::kBlankMark, at + 1))
    text.replace(at, core::text::kBlankMark.size(), " ");
  return text;
}

/// GGUF files mark the tokens that begin a word, folders those that go on with one.
std::string wordPieceText(const VocabularyData& vocabulary, const std::string& text) {
  const std::string& mark = vocabulary.continuationMark;
  const bool goesOn = !mark.empty() && text.starts_with(mark);
  return goesOn ? text.substr(mark.size()) : std::string(core::text::kBlankMark) + text;
}

/// The embedding may have more rows than there are tokens: the rest gets names, as llama.cpp's converter gives them.
void addTokens(const VocabularyData& vocabulary, std::size_t count, core::io::GgufWriter& writer) {
  std::vector<std::string> tokens = vocabulary.tokens;
  std::vector<std::int32_t> types(tokens.size(), static_cast<std::int32_t>(TokenType::Normal));
  for (std::size_t i = 0; i < std::min(types.size(), vocabulary.types.size()); ++i)
    types[i] = static_cast<std::int32_t>(vocabulary.types[i]);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (types[i] == static_cast<std::int32_t>(TokenType::UserDefined)) tokens[i] = withBlanks(tokens[i]);
    if (vocabulary.kind != VocabularyKind::WordPiece) continue;
    if (types[i] == static_cast<std::int32_t>(TokenType::Normal)) tokens[i] = wordPieceText(vocabulary, tokens[i]);
    if (types[i] == static_cast<std::int32_t>(TokenType::Unknown))
      types[i] = static_cast<std::int32_t>(TokenType::Control);
  }
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i].empty() && types[i] == static_cast<std::int32_t>(TokenType::Unused))
      tokens[i] = fmt::format("[PAD{}]", i);
  while (tokens.size() < count) {
    tokens.push_back(fmt::format("[PAD{}]", tokens.size()));
    types.push_back(static_cast<std::int32_t>(TokenType::Unused));
  }
  writer.addStrings("tokenizer.ggml.tokens", tokens);
  if (vocabulary.kind == VocabularyKind::SentencePiece || vocabulary.kind == VocabularyKind::Unigram) {
    std::vector<float> scores = vocabulary.scores;
    scores.resize(tokens.size(), -10000.0F);
    writer.addF32s("tokenizer.ggml.scores", scores);
  }
  writer.addI32s("tokenizer.ggml.token_type", types);
}

/// Tokens that end an answer beside eos.
void addEnds(const VocabularyData& vocabulary, core::io::GgufWriter& writer, std::vector<std::string>& notes) {
  std::vector<core::text::TokenId> ends;
  for (const auto id : vocabulary.ends)
    if (vocabulary.eos != id && std::ranges::find(ends, id) == ends.end()) ends.push_back(id);
  constexpr std::array kKeys = {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};
  for (std::size_t i = 0; i < std::min(kKeys.size(), ends.size()); ++i)
    writer.addU32(kKeys[i], static_cast<std::uint32_t>(ends[i]));
  if (ends.size() > kKeys.size())
    notes.push_back(
        fmt::format("A GGUF file has words for two tokens that end an answer beside eos; {} more are left "
                    "out.",
                    ends.size() - kKeys.size()));
}

const char* modelName(VocabularyKind kind) {
  switch (kind) {
    case VocabularyKind::ByteLevel:
      return "gpt2";
    case VocabularyKind::Unigram:
      return "t5";
    case VocabularyKind::WordPiece:
      return "bert";
    case VocabularyKind::SentencePiece:
      break;
  }
  return "llama";
}

/// BERT's tokens in front of a text and behind it have names of their own; how a text is changed before has none.
void addWordPiece(const VocabularyData& vocabulary, core::io::GgufWriter& writer, std::vector<std::string>& notes) {
  if (vocabulary.bos) writer.addU32("tokenizer.ggml.cls_token_id", static_cast<std::uint32_t>(*vocabulary.bos));
  if (vocabulary.eos)  // spelled so
    writer.addU32("tokenizer.ggml.seperator_token_id", static_cast<std::uint32_t>(*vocabulary.eos));
  if (vocabulary.normalizers != core::text::bertNormalizers())
    notes.emplace_back(
        "Programs that read GGUF files read texts in small letters without accents where tokens are BERT's, and this "
        "tokenizer does not: some texts have other tokens there.");
}

/// What a text goes through before it is cut into SentencePiece's likeliest tokens.
void addTextChanges(const VocabularyData& vocabulary, core::io::GgufWriter& writer) {
  using core::io::MetadataType;
  using Kind = NormalizerStep::Kind;
  const auto table = std::ranges::find_if(vocabulary.normalizers, [](const NormalizerStep& step) {
    return step.kind == Kind::Charsmap || step.kind == Kind::CharsmapOfGraphemes;
  });
  if (table != vocabulary.normalizers.end())
    writer.addEntry({"tokenizer.ggml.precompiled_charsmap",
                     core::io::MetadataArray(MetadataType::U8, table->content.size(),
                                             std::as_bytes(std::span<const char>(table->content))),
                     MetadataType::Array});
  const bool joinsBlanks =
      std::ranges::any_of(vocabulary.normalizers, [](const NormalizerStep& step) { return step.pattern == " {2,}"; });
  const bool dropsBlanks = std::ranges::any_of(
      vocabulary.splits, [](const SplitStep& step) { return step.kind == SplitStep::Kind::Removed; });
  writer.addBool("tokenizer.ggml.remove_extra_whitespaces", joinsBlanks || dropsBlanks);
}

void addVocabulary(const VocabularyData& vocabulary, std::size_t count, core::io::GgufWriter& writer,
                   std::vector<std::string>& notes) {
  const bool isPiece = vocabulary.kind != VocabularyKind::ByteLevel;
  writer.addString("tokenizer.ggml.model", modelName(vocabulary.kind));
  const bool hasName = isPiece || !vocabulary.preTokenizer.empty();
  writer.addString("tokenizer.ggml.pre", isPiece || !hasName ? "default" : vocabulary.preTokenizer);
  if (!hasName)
    notes.emplace_back(
        "llama.cpp has no name for the way this tokenizer cuts text into words, so \"default\" is written, which cuts "
        "some texts in another way.");
  addTokens(vocabulary, count, writer);
  if (!isPiece) writer.addStrings("tokenizer.ggml.merges", vocabulary.merges);
  const auto id = [&](const char* key, const std::optional<core::text::TokenId>& token) {
    if (token) writer.addU32(key, static_cast<std::uint32_t>(*token));
  };
  id("tokenizer.ggml.bos_token_id", vocabulary.bos);
  id("tokenizer.ggml.eos_token_id", vocabulary.eos);
  id("tokenizer.ggml.unknown_token_id", vocabulary.unknown);
  id("tokenizer.ggml.padding_token_id", vocabulary.padding);
  addEnds(vocabulary, writer, notes);
  if (vocabulary.kind == VocabularyKind::WordPiece) addWordPiece(vocabulary, writer, notes);
  if (vocabulary.kind == VocabularyKind::Unigram) addTextChanges(vocabulary, writer);
  if (!vocabulary.afterBos.empty())
    notes.emplace_back("A GGUF file has words for one token in front of a text; those behind it are left out.");
  writer.addBool("tokenizer.ggml.add_bos_token", vocabulary.addBos);
  writer.addBool("tokenizer.ggml.add_eos_token", vocabulary.addEos);
  if (isPiece || vocabulary.addSpacePrefix)
    writer.addBool("tokenizer.ggml.add_space_prefix", vocabulary.addSpacePrefix);
}

/// A template that cannot be read costs the model its template, not the file.
void addChatTemplate(const core::io::Checkpoint& source, core::io::GgufWriter& writer,
                     std::vector<std::string>& notes) {
  try {
    if (const auto chat = core::text::chatTemplateOf(source)) writer.addString("tokenizer.chat_template", *chat);
  } catch (const core::Error& error) {
    notes.push_back(fmt::format("The file has no chat template. {}", error.what()));
  }
}

}  // namespace

void describeModel(const core::io::Checkpoint& source, const core::model::ModelConfig& config,
                   core::io::GgufWriter& writer, std::vector<std::string>& notes) {
  using core::io::FileFormat;
  writer.addString("general.architecture", core::model::architectureName(config, FileFormat::Gguf));
  writer.addString("general.type", "model");
  writer.addString("general.name", source.name());
  const auto words = core::model::describeConfig(config, FileFormat::Gguf);
  for (const auto& entry : words.metadata().entries()) writer.addEntry(entry);
  if (source.sideFile("tokenizer.json") != nullptr) {
    addVocabulary(core::text::vocabularyOf(source), config.vocabulary, writer, notes);
  } else {
    writer.addString("tokenizer.ggml.model", "no_vocab");  // as llama.cpp calls a file that only knows numbers
    notes.emplace_back("There is no tokenizer.json beside the model, and so the file has no tokenizer.");
  }
  addChatTemplate(source, writer, notes);
}

}  // namespace app
