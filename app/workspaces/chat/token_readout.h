#pragma once
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "app/workspaces/chat/answer_pair.h"
#include "core/text/tokenizer.h"

namespace app {

class Selection;

/// What both models thought of the place of one token: probability, KL divergence, position, context and both lists of
/// most probable tokens with their shares as bars. Stays open beside the answers; left and right walk the tokens.
class TokenReadout : public QWidget {
  Q_OBJECT
 public:
  explicit TokenReadout(const Selection& selection, QWidget* parent = nullptr);

  void setTokenizer(std::shared_ptr<const core::text::Tokenizer> tokenizer) { m_tokenizer = std::move(tokenizer); }
  /// Nothing: says how to choose a token.
  void setReading(std::optional<TokenReading> reading);
  const std::optional<TokenReading>& reading() const { return m_reading; }
  /// Everything it shows, as lines of text.
  QString text() const;

  QSize sizeHint() const override { return {330, 168}; }
  QSize minimumSizeHint() const override { return {236, 150}; }

 Q_SIGNALS:
  /// −1 or 1
  void stepped(int step);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  double paintHead(QPainter& painter) const;
  void paintOpinion(QPainter& painter, const TokenOpinion& opinion, const QRectF& room, const QString& ifNothing) const;
  QString headline() const;
  QString numbers() const;
  void copy() const;

  const Selection& m_selection;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::optional<TokenReading> m_reading;
};

/// A token as people recognise it: spaces and line ends visible. Ids where there is no tokenizer.
QString pieceText(core::text::TokenId id, const core::text::Tokenizer* tokenizer);
/// All of a reading as lines of text.
QString describe(const TokenReading& reading, const core::text::Tokenizer* tokenizer);

}  // namespace app
