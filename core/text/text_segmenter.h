#pragma once
#include <string_view>

#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/special_tokens.h"

namespace core::text {

/// What happens to a text before its tokens merge: tokens that are written out are found, what lies between is
/// normalized and cut into words. The order is that of Hugging Face's tokenizers; GGUF files have fewer steps.
class TextSegmenter {
 public:
  /// @throws Error as Normalizer and PreTokenizer
  explicit TextSegmenter(const VocabularyData& data);
  const PreTokenizer& preTokenizer() const { return m_preTokenizer; }

  /// Calls `token` with each token that is written out and `word` with each word in which tokens merge, in order.
  void forEach(std::string_view text, SpecialTokens special, PreTokenizer::Workspace& workspace,
               const std::function<void(TokenId)>& token, const PreTokenizer::Visit& word) const;

 private:
  Normalizer m_normalizer;
  SpecialTokenSplitter m_raw;         ///< looks through the text as it is
  SpecialTokenSplitter m_normalized;  ///< looks through the normalized text
  PreTokenizer m_preTokenizer;
};

}  // namespace core::text
