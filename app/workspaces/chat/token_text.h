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
/// copies its text (Ctrl+C, context menu). Tokens of a thought that it begins with are pale, and can be folded away;
/// they keep their place in the count.
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
  /// How many of the first tokens are thought and no answer. @param text of it, to copy; empty for none
  void setThought(int tokens, const QString& text = {});
  /// Whether these are out of sight; at first they are.
  void setFolded(bool folded);
  bool isFolded() const { return m_isFolded; }
  /// Whether a token is folded away.
  bool isInFold(int index) const { return m_isFolded && index < m_thought; }
  /// Whether the answer leaves the other one while it thinks.
  bool partsInThought() const;
  int count() const { return static_cast<int>(m_tokens.size()); }
  const Token& token(int index) const { return m_tokens[static_cast<std::size_t>(index)]; }
  /// Without the thought.
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
  /// As it is seen: the answer has no blank before it.
  QString shownText(int index) const;
  void copy() const;
  int tokenAt(const QPoint& position) const;

  std::vector<Token> m_tokens;
  std::vector<int>
      m_starts;  ///< first character of each token in the layout; one that is folded away has no room there
  int m_thought = 0;
  bool m_isFolded = true;
  QString m_thoughtText;
  QTextLayout m_layout;
  std::optional<int> m_selected;
  ToolTipSource m_toolTip;
};

}  // namespace app
