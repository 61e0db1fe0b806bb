#pragma once
#include <QString>
#include <optional>
#include <string>
#include <vector>

#include "app/pictures/token_diff.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

/// What can be drawn over the tokens of an answer, all in nats.
enum class TokenFigure : std::uint8_t {
  Kl,        ///< KL(reference ‖ compared)
  Surprise,  ///< −ln p of the token
  Entropy    ///< of the distribution it was drawn from
};

/// Of one place, under either model; nothing where it is not known. KL is the compared model's.
struct FigurePair {
  std::optional<double> reference, compared;
};

/// One side of a token's read-out.
struct TokenOpinion {
  QString title;
  std::optional<core::model::Recipe> scheme;
  std::vector<core::model::TokenProbability> top;  ///< most probable first; empty when it did not read the same words
  std::optional<core::text::TokenId> chosen;       ///< what it wrote here, if it wrote here
  std::optional<double> surprise, entropy;         ///< −ln p of the token in question, and of its distribution; nats
};

/// All that is known of one place of an answer.
struct TokenReading {
  std::size_t index = 0, count = 0;  ///< of the answer's tokens, from 0
  std::size_t position = 0;          ///< in the model's context, prompt included, from 0
  core::text::TokenId id = 0;
  std::optional<std::string> foreign;  ///< the text of a server's token that is none of this vocabulary
  double probability = 0;              ///< under the model that wrote it
  std::optional<double> kl;            ///< KL(reference ‖ compared) in nats
  TokenOpinion reference, compared;
  QString context;  ///< what the two had read
};

/// An answer of the reference and one of a compared pane to the same prompt, and what follows from them. Either may be
/// missing (null) while nothing was answered. Refers to the conversation, which must stay as it is meanwhile.
class AnswerPair {
 public:
  AnswerPair(const Answer* reference, const Answer* compared) : m_reference(reference), m_compared(compared) {}

  const Answer* reference() const { return m_reference; }
  const Answer* compared() const { return m_compared; }
  bool isComplete() const { return m_reference != nullptr && m_compared != nullptr; }
  /// Both read the same prompt.
  bool hasSamePrompt() const;
  /// Whether there is a comparison of this very pair.
  bool isCompared() const;

  /// Index of the first token that differs. Nothing when the answers are equal, where a server's tokens are others, and
  /// while the answer that is behind may still write the same token.
  std::optional<std::size_t> parting() const;
  std::vector<TokenMark> referenceMarks() const;
  std::vector<TokenMark> comparedMarks() const;

  std::size_t length() const { return m_reference != nullptr ? m_reference->tokens.size() : 0; }
  /// Of a token of the reference's answer.
  std::optional<double> kl(std::size_t index) const;
  FigurePair figure(TokenFigure figure, std::size_t index) const;
  /// First token of the reference's answer that was not compared; length() when all were.
  std::size_t firstUncomparedToken() const;
  /// Over the tokens compared so far.
  std::optional<double> meanKl() const;

  /// @param pane 0: the token of the reference's answer, else of the compared one's
  std::optional<TokenReading> reading(std::size_t pane, std::size_t index) const;
  /// "NF4 · 64 against BF16 as stored: first difference at token 4 · mean KL 0.81 nats over 31 tokens · both read …"
  QString verdict() const;
  /// What both had read at the places that were compared: "both read the question and the reference's words".
  QString context() const;

 private:
  const Answer* m_reference;
  const Answer* m_compared;
};

/// "branched at token 4: “␣is” instead of “␣has”"
QString branchText(const Branch& branch);

/// What an answer had read before it: "the question alone", "the conversation as BF16 wrote it".
QString contextOf(const AnswerSource& source);

}  // namespace app
