#pragma once
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/workspaces/chat/answer_pair.h"
#include "core/text/tokenizer.h"

namespace app {

class Selection;

/// What both models thought of the place of one token: probability, surprise, KL divergence, position, context, entropy
/// and both lists of most probable tokens with their shares as bars. Stays open beside the answers; left and right walk
/// the tokens, up and down the alternatives, and a click or Enter on one says that the conversation should go on there.
class TokenReadout : public QWidget {
  Q_OBJECT
 public:
  explicit TokenReadout(const Selection& selection, QWidget* parent = nullptr);

  void setTokenizer(std::shared_ptr<const core::text::Tokenizer> tokenizer) { m_tokenizer = std::move(tokenizer); }
  /// Nothing: says how to choose a token.
  void setReading(std::optional<TokenReading> reading);
  const std::optional<TokenReading>& reading() const { return m_reading; }
  /// Whether alternatives may be chosen.
  void setBranchable(bool branchable);
  /// Everything it shows, as lines of text.
  QString text() const;

  /// Middle of an alternative in widget coordinates, for tests; nothing where it does not fit.
  std::optional<QPoint> centerOf(bool compared, std::size_t row) const;

  QSize sizeHint() const override { return {360, 176}; }
  QSize minimumSizeHint() const override { return {236, 150}; }

 Q_SIGNALS:
  /// −1 or 1
  void stepped(int step);
  void alternativeChosen(core::text::TokenId token);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  /// One line of a list of most probable tokens.
  struct Alternative {
    QRectF place;
    core::model::TokenProbability choice;
    bool compared = false;
  };
  std::vector<Alternative> alternatives() const;
  std::vector<Alternative> alternativesOf(const TokenOpinion& opinion, bool compared) const;
  QRectF roomFor(bool compared) const;
  std::optional<std::size_t> alternativeAt(const QPointF& position) const;
  void moveCursor(int step);
  void paintHead(QPainter& painter) const;
  void paintTitle(QPainter& painter, const TokenOpinion& opinion, const QRectF& room) const;
  void paintAlternative(QPainter& painter, const Alternative& alternative, const TokenOpinion& opinion) const;
  void paintOpinion(QPainter& painter, const TokenOpinion& opinion, bool compared, const QString& ifNothing) const;
  QString headline() const;
  QString numbers() const;
  void copy() const;

  const Selection& m_selection;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::optional<TokenReading> m_reading;
  bool m_isBranchable = false;
  std::optional<std::size_t> m_cursor;  ///< the alternative under the pointer or the arrow keys
};

/// A token as people recognise it: spaces and line ends visible. Ids where there is no tokenizer.
QString pieceText(core::text::TokenId id, const core::text::Tokenizer* tokenizer);
/// The same of one that was written; a server's that is none of this vocabulary shows the server's own text.
QString pieceText(const core::model::GeneratedToken& token, const core::text::Tokenizer* tokenizer);
/// All of a reading as lines of text.
QString describe(const TokenReading& reading, const core::text::Tokenizer* tokenizer);

}  // namespace app
