#pragma once
#include <QTextLayout>
#include <QWidget>
#include <functional>
#include <optional>
#include <vector>

#include "app/pictures/token_diff.h"

namespace app {

/// An answer, token by token: flows like text, marks the tokens that differ from the reference (tint and wavy
/// underline: never colour alone), shows each token's probabilities on hover, selects one on click or with the arrows,
/// copies its text (Ctrl+C, context menu).
class TokenText : public QWidget {
  Q_OBJECT
 public:
  struct Token {
    QString text;
    TokenMark mark = TokenMark::Same;
  };

  explicit TokenText(QWidget* parent = nullptr);

  /// Says what is known of a token when the mouse rests on it.
  using ToolTipSource = std::function<QString(int index)>;
  void setToolTipSource(ToolTipSource source) { m_toolTip = std::move(source); }

  void append(Token token);
  void setMarks(const std::vector<TokenMark>& marks);
  void clear();
  int count() const { return static_cast<int>(m_tokens.size()); }
  const Token& token(int index) const { return m_tokens[static_cast<std::size_t>(index)]; }
  QString text() const;
  void setSelected(std::optional<int> index);
  std::optional<int> selected() const { return m_selected; }
  /// Middle of a token in widget coordinates, for tests and for the pane that scrolls to it.
  QPoint centerOf(int index) const;

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void tokenClicked(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool event(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  void layOut(QTextLayout& layout, int width) const;
  void refresh();
  void copy() const;
  int tokenAt(const QPoint& position) const;

  std::vector<Token> m_tokens;
  std::vector<int> m_starts;  ///< first character of each token in m_text
  QString m_text;
  QTextLayout m_layout;
  std::optional<int> m_selected;
  ToolTipSource m_toolTip;
};

}  // namespace app
