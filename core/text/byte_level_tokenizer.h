#pragma once
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/text/pre_tokenizer.h"
#include "core/text/special_tokens.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// Byte-level BPE as GGUF stores it (tokenizer.ggml.model = "gpt2"; Radford et al. 2019): a pre-tokenizer cuts the
/// text into words; within a word, pairs merge in the order of the file's list, beginning with single bytes. In
/// vocabulary and merges a byte is written as one printable character (0x20 as U+0120).
class ByteLevelTokenizer : public Tokenizer {
 public:
  explicit ByteLevelTokenizer(const io::Metadata& metadata);

  std::size_t size() const override { return m_vocabulary.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override;
  std::string bytes(TokenId id) const override;
  std::string piece(TokenId id) const override { return m_vocabulary.piece(id); }
  std::optional<TokenId> bos() const override { return m_vocabulary.bos(); }
  std::optional<TokenId> eos() const override { return m_vocabulary.eos(); }
  bool addsBos() const override { return m_vocabulary.addsBos(); }
  bool isEndOfGeneration(TokenId id) const override { return m_vocabulary.endsGeneration(id); }

 private:
  /// Number of a text that occurs in merges; it need not be a token.
  using SymbolId = std::uint32_t;
  struct Rule {
    std::uint32_t rank;
    SymbolId merged;
  };
  struct PairHash {
    std::size_t operator()(std::uint64_t pair) const;
  };

  ByteLevelTokenizer(const io::Metadata& metadata, const std::string& preTokenizer);
  void readMerges(const io::Metadata& metadata);
  SymbolId intern(const std::string& text);
  void encodeText(std::string_view text, std::vector<TokenId>& out) const;
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const;
  void appendSymbol(SymbolId symbol, std::vector<TokenId>& out) const;

  PreTokenizer m_preTokenizer;
  Vocabulary m_vocabulary;
  SpecialTokenSplitter m_splitter;
  std::array<SymbolId, 256> m_byteSymbols{};
  std::unordered_map<std::string, SymbolId> m_symbolIds;
  std::vector<std::string> m_symbolTexts;  ///< as the vocabulary writes them
  std::vector<std::optional<TokenId>> m_symbolTokens;
  std::unordered_map<std::uint64_t, Rule, PairHash> m_rules;  ///< key: left << 32 | right
};

}  // namespace core::text
