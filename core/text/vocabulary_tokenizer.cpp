#include "core/text/vocabulary_tokenizer.h"

namespace core::text {

/// What one call of encode needs beside the text.
struct VocabularyTokenizer::Workspace {
  explicit Workspace(const PreTokenizer& preTokenizer) : splitting(preTokenizer) {}
  PreTokenizer::Workspace splitting;
  WordCache cache;
};

/// A workspace for the time of one call: one that an earlier call has filled, where none other uses it.
class VocabularyTokenizer::Loan {
 public:
  explicit Loan(const VocabularyTokenizer& lender) : m_lender(lender) {
    const std::lock_guard lock(lender.m_mutex);
    if (lender.m_idle.empty()) return;
    m_workspace = std::move(lender.m_idle.back());
    lender.m_idle.pop_back();
  }
  ~Loan() {
    constexpr std::size_t kMostIdle = 16;
    const std::lock_guard lock(m_lender.m_mutex);
    if (m_workspace && m_lender.m_idle.size() < kMostIdle) m_lender.m_idle.push_back(std::move(m_workspace));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  Workspace& workspace() {
    if (!m_workspace) m_workspace = std::make_unique<Workspace>(m_lender.m_segmenter.preTokenizer());
    return *m_workspace;
  }

 private:
  const VocabularyTokenizer& m_lender;
  std::unique_ptr<Workspace> m_workspace;
};

VocabularyTokenizer::VocabularyTokenizer(const VocabularyData& data) : m_vocabulary(data), m_segmenter(data) {
  m_idle.reserve(16);
}

VocabularyTokenizer::~VocabularyTokenizer() = default;

std::vector<TokenId> VocabularyTokenizer::encode(std::string_view text, SpecialTokens special) const {
  checkLength(text);
  Loan loan(*this);
  Workspace& workspace = loan.workspace();
  std::vector<TokenId> out;
  const auto encodePart = [&](std::string_view part) {
    if (workspace.cache.append(part, out)) return;
    const std::size_t before = out.size();
    encodeWord(part, out);
    workspace.cache.keep(part, std::span(out).subspan(before));
  };
  m_segmenter.forEach(
      text, special, workspace.splitting, [&](TokenId token) { out.push_back(token); },
      [&](std::string_view word) { forEachPart(word, encodePart); });
  return out;
}

}  // namespace core::text
