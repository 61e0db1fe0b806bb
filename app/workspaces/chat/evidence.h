#pragma once
#include <QWidget>
#include <memory>
#include <optional>

#include "app/workspaces/chat/answer_pair.h"
#include "core/text/tokenizer.h"

class QComboBox;
class QSplitter;
class QToolButton;

namespace app {

class TokenStrip;
class Label;
class Selection;
class TokenReadout;

/// What is known about a pair of answers, under them: the verdict, the strip over the reference's words (KL divergence,
/// surprise or entropy), and the read-out of the selected token. Shows one pair at a time and nothing that is not of
/// that pair.
class Evidence : public QWidget {
  Q_OBJECT
 public:
  explicit Evidence(const Selection& selection, QWidget* parent = nullptr);

  void setTokenizer(std::shared_ptr<const core::text::Tokenizer> tokenizer);
  /// @param isComparing more comparisons of this pair are under way
  void show(const AnswerPair& pair, bool isComparing);
  /// @param pane that wrote the token; nothing: no token is selected
  void select(const AnswerPair& pair, std::optional<std::size_t> pane, std::size_t index);
  QSplitter* splitter() const { return m_splitter; }
  /// Whether alternatives of the read-out may be chosen.
  void setBranchable(bool branchable);
  TokenFigure figure() const;
  void setFigure(TokenFigure figure);

 Q_SIGNALS:
  /// A token of the reference's answer.
  void tokenClicked(int index);
  void stepped(int step);
  void alternativeChosen(core::text::TokenId token);
  void figureChanged();
  /// Why the selected token is what it is.
  void traceWanted();

 private:
  const Selection& m_selection;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  QSplitter* m_splitter;
  Label* m_verdict;
  QComboBox* m_figure;
  TokenStrip* m_strip;
  TokenReadout* m_readout;
  QToolButton* m_trace;
};

}  // namespace app
