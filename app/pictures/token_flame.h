#pragma once
#include "app/pictures/flame_cells.h"
#include "app/plots/chart.h"
#include "app/widgets/theme.h"

namespace app {

/// What the time of one decoded token goes to: the token over the parts of the model over their steps, each as long as
/// it took, and several models below each other on one scale. A click or the arrow keys choose a bar, whose figures are
/// said; a double click or Enter makes it as wide as the picture.
class TokenFlame : public Chart {
  Q_OBJECT
 public:
  struct Model {
    QString title;  ///< "NF4 · 64"
    QColor color;
    SeriesMark mark = SeriesMark::Circle;
    TokenProfile profile;
  };
  explicit TokenFlame(QWidget* parent = nullptr);
  ~TokenFlame() override;

  void setModels(std::vector<Model> models);
  const std::vector<Model>& models() const { return m_models; }
  const std::vector<FlameCell>& cells(std::size_t model) const { return m_cells[model]; }
  /// What is chosen, by model and cell; nothing when nothing is.
  struct Place {
    std::size_t model = 0;
    int cell = 0;
    bool operator==(const Place&) const = default;
  };
  const std::optional<Place>& chosen() const { return m_chosen; }
  /// Where a bar is drawn, in widget coordinates: empty behind the ends of the picture.
  QRectF rectOf(const Place& place) const;
  static QColor colorOf(FlameKind kind);
  /// Kinds of step that are there, in their order.
  std::vector<FlameKind> kinds() const;

  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;

 Q_SIGNALS:
  /// A bar was chosen: what describe() says of it, under its model's title.
  void described(const QString& text);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;

 private:
  class Drawing;
  std::optional<Place> placeAt(QPointF coordinates) const;
  /// "NF4 · 64: 12.3 ms a token, 81.3 tokens/s"
  QString titleOf(std::size_t model) const;
  QString textOf(const Place& place) const;
  void choose(const Place& place);
  void step(int key);
  void zoomTo(const Place& place);
  double longest() const;
  /// Of the whole, when a row of bars has so many pixels.
  int heightOf(int row) const;
  const FlameCell& at(const Place& place) const { return m_cells[place.model][static_cast<std::size_t>(place.cell)]; }

  std::vector<Model> m_models;
  std::vector<std::vector<FlameCell>> m_cells;  ///< of each model
  std::optional<Place> m_chosen;
};

}  // namespace app
