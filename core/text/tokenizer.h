#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/text/token.h"

namespace core::text {

enum class SpecialTokens : std::uint8_t {
  AsText,  ///< control tokens in the input ("</s>") are ordinary text; user-defined ones still match, as in
           ///< SentencePiece
  Parse    ///< control and user-defined tokens in the input become their ids (for rendered chat templates)
};

struct VocabularyData;

/// Text ↔ ids, made from what a model file says of it. Immutable, safe from any thread.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// @throws Error (InvalidFile or Unsupported) naming what is missing, malformed or of an unknown kind.
  static std::shared_ptr<const Tokenizer> fromCheckpoint(const io::Checkpoint& checkpoint);
  static std::shared_ptr<const Tokenizer> fromData(const VocabularyData& data);

  /// Tokens it knows: ids 0 … size() − 1. The model's vocabulary may be larger (embeddings are padded): nothing should
  /// choose such an id, and where one turns up it shows as "<token 32001>".
  virtual std::size_t size() const = 0;
  /// Ids of a valid or invalid UTF-8 text (invalid bytes go through byte fallback). Adds no BOS or EOS.
  /// @throws Error (InvalidArgument) for a text of more than 256 MiB
  virtual std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const = 0;
  /// encode with BOS, and what follows it, in front where the model asks for it (add_bos_token).
  std::vector<TokenId> encodePrompt(std::string_view text, SpecialTokens special) const;
  /// A text that is read as a whole: as encodePrompt, and with EOS behind it where the model asks for that ([SEP]).
  std::vector<TokenId> encodeWhole(std::string_view text, SpecialTokens special) const;
  /// The raw bytes one token stands for, whatever the id; possibly part of a UTF-8 character; empty for control tokens.
  virtual std::string bytes(TokenId id) const = 0;
  /// The token as the vocabulary writes it ("▁the", "<0x0A>", "<|user|>"), for people; any id has one.
  virtual std::string piece(TokenId id) const = 0;
  /// Whole text of a sequence; control tokens give nothing; invalid UTF-8 becomes U+FFFD.
  std::string decode(std::span<const TokenId> ids) const;

  virtual std::optional<TokenId> bos() const = 0;
  virtual std::optional<TokenId> eos() const = 0;
  virtual bool addsBos() const = 0;
  virtual bool addsEos() const { return false; }
  /// More tokens that encodePrompt puts behind BOS ("[gMASK]" is followed by "<sop>").
  virtual const std::vector<TokenId>& afterBos() const;
  /// Whether encoding puts a blank in front of a text, which decoding then takes away again.
  virtual bool addsSpacePrefix() const { return false; }
  /// End of sequence, end of turn: generation stops at these.
  virtual bool isEndOfGeneration(TokenId id) const = 0;

 protected:
  /// @throws Error (InvalidArgument) for a text longer than any context could hold
  static void checkLength(std::string_view text);
};

/// What an id without a token shows: "<token 32001>".
std::string placeholder(TokenId id);

}  // namespace core::text
