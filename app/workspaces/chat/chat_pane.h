#pragma once
#include <QWidget>
#include <optional>
#include <vector>

#include "app/selection/selection.h"
#include "app/workspaces/chat/answer_token.h"
#include "app/workspaces/chat/chat_engine.h"
#include "app/workspaces/chat/token_text.h"

class QComboBox;
class QScrollArea;
class QVBoxLayout;

namespace app {

class Label;

/// One side of the conversation: which scheme runs, what it costs, and its transcript.
class ChatPane : public QWidget {
  Q_OBJECT
 public:
  /// @param index 0 is the reference
  ChatPane(int index, Selection& selection, QWidget* parent = nullptr);

  std::optional<core::quant::Scheme> scheme() const { return m_scheme; }
  void setScheme(std::optional<core::quant::Scheme> scheme);
  /// "BF16 as stored", "NF4 · 64"
  QString schemeTitle() const;

  void setFacts(const PaneFacts& facts);
  void setSpeed(const core::model::GenerationResult& result);
  /// What is happening or went wrong, under the header; empty for nothing.
  void setNotice(const QString& text, bool isError = false);

  void addQuestion(const QString& text);
  /// Starts a new, empty answer below the last question.
  void beginAnswer();
  void appendToken(const core::model::GeneratedToken& token);
  /// What the other pane's model thought of a token of this answer, having read the same words before it.
  void setOther(std::size_t index, double kl, std::vector<core::model::TokenProbability> top);
  /// Takes the last answer away (regenerate).
  void removeLastAnswer();
  void clearTranscript();
  /// Ids of the last answer's tokens.
  const std::vector<core::text::TokenId>& answerIds() const { return m_ids; }
  /// The last answer's tokens with what both models thought of them.
  const std::vector<AnswerToken>& answerTokens() const { return *m_tokens; }
  void setMarks(const std::vector<TokenMark>& marks);
  void setSelectedToken(std::optional<int> index);
  TokenText* answer() const { return m_answer; }
  /// What the other pane runs, for tooltips.
  void setOtherTitle(const QString& title) { m_otherTitle = title; }
  /// Decides how a token's piece is written in tooltips.
  void setTokenizer(std::shared_ptr<const core::text::Tokenizer> tokenizer) { m_tokenizer = std::move(tokenizer); }

 Q_SIGNALS:
  void schemeChosen();
  void tokenClicked(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void buildHeader(QVBoxLayout* column);
  void fillSchemes();
  void scrollToEnd();
  void forgetTokens();

  int m_index;
  Selection& m_selection;
  std::optional<core::quant::Scheme> m_scheme;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  QComboBox* m_schemes;
  Label* m_facts;
  Label* m_speed;
  Label* m_notice;
  QScrollArea* m_scroll;
  QVBoxLayout* m_transcript;
  TokenText* m_answer = nullptr;
  std::vector<core::text::TokenId> m_ids;
  std::shared_ptr<std::vector<AnswerToken>> m_tokens;  ///< of the last answer; its tooltips share it
  QString m_otherTitle;
};

}  // namespace app
