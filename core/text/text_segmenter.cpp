#include "core/text/text_segmenter.h"

namespace core::text {

namespace {

/// A token that grows beyond this is too long to be looked for in the end, too; a file may hold many.
constexpr std::size_t kLongestOnTheWay = 16 * SpecialTokenSplitter::kLongest;

/// The added tokens that are looked for in the normalized text, or those in the text as it is.
std::vector<SpecialTokenSplitter::Wanted> wantedTokens(const VocabularyData& data, bool normalized,
                                                       const Normalizer& normalizer) {
  std::vector<SpecialTokenSplitter::Wanted> wanted;
  for (const AddedToken& token : data.added) {
    if (token.normalized != normalized) continue;
    const std::string& text = data.tokens.at(static_cast<std::size_t>(token.id));
    auto written = normalized ? normalizer.within(text, kLongestOnTheWay) : text;
    if (written) wanted.push_back({*std::move(written), token});
  }
  return wanted;
}

}  // namespace

TextSegmenter::TextSegmenter(const VocabularyData& data)
    : m_normalizer(data.normalizers),
      m_raw(wantedTokens(data, false, m_normalizer), data.search),
      m_normalized(wantedTokens(data, true, m_normalizer), data.search),
      m_preTokenizer(data.splits) {}

void TextSegmenter::forEach(std::string_view text, SpecialTokens special, PreTokenizer::Workspace& workspace,
                            const std::function<void(TokenId)>& token, const PreTokenizer::Visit& word) const {
  for (const Fragment& fragment : m_raw.split(text, special)) {
    if (fragment.token) {
      token(*fragment.token);
      continue;
    }
    const bool isFirst = fragment.text.data() == text.data();
    if (m_normalizer.isIdentity() && m_normalized.isEmpty()) {
      m_preTokenizer.forEachWord(fragment.text, isFirst, workspace, word);
      continue;
    }
    const std::string normal = m_normalizer.apply(fragment.text);
    for (const Fragment& part : m_normalized.split(normal, special)) {
      if (part.token) {
        token(*part.token);
      } else {
        m_preTokenizer.forEachWord(part.text, isFirst && part.text.data() == normal.data(), workspace, word);
      }
    }
  }
}

}  // namespace core::text
