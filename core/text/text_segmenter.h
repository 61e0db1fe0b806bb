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
  explicit TextSegmenter(const VocabularyData& data);

  /// Calls `visit` with each Fragment in order: a token that is written out, or a word in which tokens merge.
  template <typename Visit>
  void forEach(std::string_view text, SpecialTokens special, const Visit& visit) const {
    for (const Fragment& fragment : m_raw.split(text, special)) {
      if (fragment.token) {
        visit(fragment);
        continue;
      }
      const bool isFirst = fragment.text.data() == text.data();
      if (m_normalizer.isIdentity() && m_normalized.isEmpty()) {
        forEachWord(fragment.text, isFirst, visit);
        continue;
      }
      const std::string normal = m_normalizer.apply(fragment.text);
      for (const Fragment& part : m_normalized.split(normal, special)) {
        if (part.token) {
          visit(part);
        } else {
          forEachWord(part.text, isFirst && part.text.data() == normal.data(), visit);
        }
      }
    }
  }

 private:
  template <typename Visit>
  void forEachWord(std::string_view text, bool isFirst, const Visit& visit) const {
    const PreTokenizer::Words words = m_preTokenizer.split(text, isFirst);
    for (const std::string_view word : words.parts) visit(Fragment{word, std::nullopt});
  }

  Normalizer m_normalizer;
  SpecialTokenSplitter m_raw;         ///< looks through the text as it is
  SpecialTokenSplitter m_normalized;  ///< looks through the normalized text
  PreTokenizer m_preTokenizer;
};

}  // namespace core::text
