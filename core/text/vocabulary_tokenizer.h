#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/text/text_segmenter.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"
#include "core/text/word_cache.h"

namespace core::text {

/// What tokenizers of a vocabulary have in common: the text is cut into words, and what a word became is remembered.
class VocabularyTokenizer : public Tokenizer {
 public:
  ~VocabularyTokenizer() override;
  std::size_t size() const override { return m_vocabulary.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const final;
  std::string piece(TokenId id) const override { return m_vocabulary.piece(id); }
  std::optional<TokenId> bos() const override { return m_vocabulary.bos(); }
  std::optional<TokenId> eos() const override { return m_vocabulary.eos(); }
  bool addsBos() const override { return m_vocabulary.addsBos(); }
  bool addsEos() const override { return m_vocabulary.addsEos(); }
  const std::vector<TokenId>& afterBos() const override { return m_vocabulary.afterBos(); }
  bool isEndOfGeneration(TokenId id) const override { return m_vocabulary.endsGeneration(id); }

 protected:
  /// @throws Error (InvalidFile, Unsupported) as Vocabulary and TextSegmenter
  explicit VocabularyTokenizer(const VocabularyData& data);
  const Vocabulary& vocabulary() const { return m_vocabulary; }
  /// Appends the tokens of a word. What a word becomes must not depend on where it stands.
  virtual void encodeWord(std::string_view word, std::vector<TokenId>& out) const = 0;
  /// Calls `visit` with the parts of a word that become tokens independently of each other.
  virtual void forEachPart(std::string_view word, const PreTokenizer::Visit& visit) const { visit(word); }

 private:
  struct Workspace;
  class Loan;

  Vocabulary m_vocabulary;
  TextSegmenter m_segmenter;
  mutable std::mutex m_mutex;
  mutable std::vector<std::unique_ptr<Workspace>> m_idle;  ///< that no call is using now
};

}  // namespace core::text
