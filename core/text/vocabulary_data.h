#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/text/token.h"

namespace core::text {

/// What stands for a blank in pieces of SentencePiece: U+2581.
inline constexpr std::string_view kBlankMark = "\xE2\x96\x81";

enum class VocabularyKind : std::uint8_t {
  SentencePiece,  ///< GGUF's "llama": blanks are written U+2581, bytes without a token of their own <0x0A>
  ByteLevel,      ///< GGUF's "gpt2": every byte is written as one printable character
  Unigram,        ///< GGUF's "t5": written as SentencePiece's, but the likeliest sequence of tokens is chosen
  WordPiece       ///< GGUF's "bert": of each word the longest token that it begins with, and so on
};

/// A change of a text before it is cut into words, in the order of the file.
struct NormalizerStep {
  enum class Kind : std::uint8_t {
    Prepend,         ///< `content` in front of every stretch of text between added tokens
    Replace,         ///< every `pattern` (a text, no expression) by `content`
    ReplaceMatches,  ///< what the expression `pattern` matches by `content`
    Nfc,             ///< Unicode's normal forms
    Nfd,
    Nfkc,
    Nfkd,
    Charsmap,             ///< SentencePiece's table `content` (core/text/charsmap.h), in SentencePiece's way
    CharsmapOfGraphemes,  ///< and in Hugging Face's
    TrimLeft,             ///< white space at the front
    TrimRight,
    Lowercase,
    StripMarks,            ///< general category M
    StripNonspacingMarks,  ///< only Mn
    BertClean,             ///< control characters go, white space becomes a blank
    IsolateIdeographs,     ///< a blank on both sides of each CJK ideograph
    NmtClean               ///< SentencePiece's NMT rules
  };
  Kind kind;
  std::string pattern = {}, content = {};
  bool operator==(const NormalizerStep&) const = default;
};

/// A cut of a text into the words within which tokens merge; each one cuts what the ones before it left.
struct SplitStep {
  enum class Kind : std::uint8_t {
    Isolated,            ///< what `expression` matches and what lies between matches
    Removed,             ///< what lies between matches of `expression`; the matches are dropped
    MergedWithPrevious,  ///< as Isolated, but a match belongs to what lies in front of it,
    MergedWithNext,      ///< or behind it
    Contiguous,          ///< as Isolated, but matches that follow each other are one
    Blank,               ///< nothing is cut: a blank goes in front of a part that does not begin with one (ByteLevel)
    Metaspace,  ///< blanks become U+2581, as `prefix` says one goes in front; cut before each where `cuts` is set
  };
  enum class Prefix : std::uint8_t { Never, First, Always };  ///< First: only at the very start of the text
  Kind kind;
  std::string expression = {};  ///< PCRE2 with UTF and UCP
  bool isInverted = false;      ///< matches and what lies between change places
  Prefix prefix = Prefix::Never;
  bool cuts = true;

  bool hasExpression() const { return kind != Kind::Blank && kind != Kind::Metaspace; }
  bool operator==(const SplitStep&) const = default;
};

/// A token that is found in a text before anything else happens to it.
struct AddedToken {
  TokenId id;
  bool special = false;     ///< a control token: found only where SpecialTokens::Parse
  bool stripsLeft = false;  ///< takes the white space in front of it along
  bool stripsRight = false;
  bool singleWord = false;  ///< not found inside a word
  bool normalized = false;  ///< looked for in the normalized text, itself normalized; else in the text as it is
};

/// What a file says of its tokenizer: the metadata of a GGUF file, or tokenizer.json and what lies beside it in a
/// Hugging Face folder. Plain and unchecked against itself beyond what its reader needs; Vocabulary checks it.
struct VocabularyData {
  VocabularyKind kind = VocabularyKind::SentencePiece;
  std::vector<std::string> tokens;  ///< as the file writes them; empty for an id that is none (TokenType::Unused)
  std::vector<TokenType> types;     ///< one per token, or none: all Normal
  /// One per token, or none. SentencePiece without merges joins by them, Unigram adds them up; of a folder, which has
  /// none, they follow from the ranks of the merges, so that a GGUF file made with them joins in the same order.
  std::vector<float> scores;
  std::vector<std::string> merges;  ///< "a b", best first; where there are any they decide, else the scores
  /// tokenizer.ggml.pre: of a GGUF file as it stands there ("default" where it is silent); of a folder llama.cpp's name
  /// for `splits`, empty where it has none. Only for ByteLevel.
  std::string preTokenizer;
  std::vector<NormalizerStep> normalizers;
  std::vector<SplitStep> splits;
  bool ignoresMerges = false;  ///< a word that is a token as a whole is taken as it is
  bool fusesUnknown = false;   ///< neighbouring unknown characters are one unknown token

  /// WordPiece: what is written in front of a token that begins a word (U+2581 in GGUF files) or goes on with one
  /// ("##").
  std::string wordMark, continuationMark;
  std::uint32_t longestWord = 0;  ///< WordPiece: characters; longer words are unknown. 0: none is
  bool cleansUp = false;          ///< WordPiece: decoding takes blanks in front of marks away ("a ." is "a.")

  /// Which of several written-out tokens is found: llama.cpp looks for the longest of all first, Hugging Face's
  /// tokenizers go through the text and take the longest of those that begin first.
  enum class Search : std::uint8_t { LongestFirst, LeftmostLongest };
  Search search = Search::LongestFirst;
  std::vector<AddedToken> added;

  std::optional<TokenId> bos, eos, unknown, padding;
  std::vector<TokenId> ends;  ///< that end an answer beside eos: end of turn, end of message
  bool addBos = false, addEos = false;
  std::vector<TokenId> afterBos;  ///< more tokens that encoding puts in front of a text where it puts bos
  /// Whether encoding puts a blank in front of a text, which decoding takes away: tokenizer.ggml.add_space_prefix.
  bool addSpacePrefix = false;
};

/// @throws Error (InvalidFile, Unsupported) with one sentence about what is missing, malformed, contradictory or of an
/// unknown kind
VocabularyData vocabularyOf(const io::Checkpoint& checkpoint);

}  // namespace core::text
