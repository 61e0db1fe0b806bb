#pragma once
#include <QColor>

#include "app/plots/chart.h"
#include "app/workspaces/chat/answer_pair.h"

namespace app {

class WordAxis;

/// A figure over the tokens of the reference's answer, in nats, one place a token over its word. KL divergence of the
/// compared model from the reference stands on a logarithmic scale with a tick at every power of ten from 10⁻⁶ to 100;
/// surprise and entropy stand on a linear one, both models' bars side by side. A line marks where the answers part;
/// behind it both models read the reference's words.
class TokenStrip : public Chart {
  Q_OBJECT
 public:
  struct Content {
    TokenFigure figure = TokenFigure::Kl;
    QStringList words;                             ///< of the reference's tokens
    std::vector<std::optional<double>> values;     ///< of the compared model, one a word; nothing where not compared
    std::vector<std::optional<double>> reference;  ///< of the reference; KL has none
    std::optional<std::size_t> parting;            ///< the first token at which the answers differ
    QString note;                                  ///< said where there are no bars yet
    bool operator==(const Content&) const = default;
  };

  explicit TokenStrip(QWidget* parent = nullptr);

  void setContent(Content content);
  const Content& content() const { return m_content; }
  void setColor(const QColor& color);
  void setSelected(std::optional<std::size_t> index);
  double value(std::size_t index) const { return m_content.values[index].value_or(-1); }  ///< −1 where there is none
  std::size_t count() const { return m_content.values.size(); }
  /// Middle of a token's bar in widget coordinates, for tests.
  QPoint centerOf(std::size_t index) const;
  ChartTable table() const override;

  QSize sizeHint() const override { return {420, 168}; }
  QSize minimumSizeHint() const override { return {200, 150}; }

 Q_SIGNALS:
  void tokenClicked(int index);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  bool isLogarithmic() const { return m_content.figure == TokenFigure::Kl; }
  void setScale();
  void showBars();
  void showParting();
  void showWords();
  void showContent();
  void labelDecades();
  std::optional<std::size_t> tokenAt(QPointF coordinates) const;

  Content m_content;
  QColor m_color;
  std::optional<std::size_t> m_selected;
  QCPBars *m_bars, *m_referenceBars;
  QCPItemRect* m_selection;
  QCPItemStraightLine* m_parting;
  QCPItemText *m_partingText, *m_note;
  WordAxis* m_words;
};

/// "KL divergence", "Surprise", "Entropy"
QString nameOf(TokenFigure figure);

}  // namespace app
