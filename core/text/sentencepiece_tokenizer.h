#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/text/special_tokens.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// SentencePiece BPE as GGUF stores it (tokenizer.ggml.model = "llama"): of all neighbouring pieces whose union is a
/// token, the pair with the best score merges first; what is no token in the end becomes byte tokens, or unknown.
/// Blanks are written U+2581. Kudo and Richardson 2018; file keys as documented in ggml's gguf.md.
class SentencePieceTokenizer : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(const io::Metadata& metadata);

  std::size_t size() const override { return m_vocabulary.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override;
  std::string bytes(TokenId id) const override;
  std::string piece(TokenId id) const override { return m_vocabulary.piece(id); }
  std::optional<TokenId> bos() const override { return m_vocabulary.bos(); }
  std::optional<TokenId> eos() const override { return m_vocabulary.eos(); }
  bool addsBos() const override { return m_vocabulary.addsBos(); }
  bool addsSpacePrefix() const override { return m_vocabulary.addsSpacePrefix(); }
  bool isEndOfGeneration(TokenId id) const override { return m_vocabulary.endsGeneration(id); }

 private:
  void encodeText(const std::string& escaped, std::vector<TokenId>& out) const;
  void appendToken(std::string_view symbol, std::vector<TokenId>& out) const;

  Vocabulary m_vocabulary;
  SpecialTokenSplitter m_splitter;
  std::array<std::optional<TokenId>, 256> m_byteTokens;
};

}  // namespace core::text
