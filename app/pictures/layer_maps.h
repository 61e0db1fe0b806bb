#pragma once
#include <QStringList>
#include <limits>
#include <vector>

#include "app/pictures/cell_marks.h"
#include "app/pictures/layer_grid.h"
#include "app/pictures/layer_scale.h"
#include "app/plots/chart.h"
#include "app/widgets/theme.h"

namespace app {

class LayerMapsItem;

/// One small map per scheme: blocks side by side, kinds of matrix below each other, the error as colour; what a recipe
/// gives another scheme than most has that one's letter in its corner. Over each map the scheme with the mean and worst
/// of what it changes and the size of the model. A click selects a matrix and a scheme, a double click opens it;
/// dragging, Ctrl and Shift mark several.
class LayerMaps : public Chart {
  Q_OBJECT
 public:
  /// How a cell shares its figure with its neighbours: of a layer as a whole, of a kind in all layers.
  enum class Shared : std::uint8_t { No, WithLayer, WithKind };
  struct Cell {
    bool known = false;
    double value = 0;                                         ///< may be infinite: no error at all
    double error = std::numeric_limits<double>::quiet_NaN();  ///< standard error of the value; NaN: none is known
    bool isWithinError = false;                               ///< nothing was found: the value is drawn pale
    Shared shared = Shared::No;                               ///< drawn as one with its neighbours, hatched
    QString note;                                             ///< why there is no value
    QString detail;                                           ///< what more there is to say of the value
    bool nonFinite = false;  ///< values that are no numbers, stored or made by the scheme
    bool isKept = false;     ///< it stays as stored, for the reason in the note; then it has no value
    QString made;            ///< what a recipe makes of it, or what a kept one is stored as: "Q6_K"; may be empty
    int treatment = -1;      ///< into treatments, where it is not what most of the map has
  };
  /// A scheme that a recipe gives some tensors.
  struct Treatment {
    QString letter, title;
    QColor color;
  };
  struct SchemeMap {
    QString title;
    QColor color;
    SeriesMark mark = SeriesMark::Circle;
    QString summary;          ///< in place of mean and worst; may be empty
    bool isOld = false;       ///< an answer to another question than the one asked now: drawn pale
    QString size;             ///< of the whole model: "model 3.54 MiB · 5.67 bits/weight"; empty while unknown
    std::size_t kept = 0;     ///< tensors of the whole model that stay as stored
    std::vector<Cell> cells;  ///< one per matrix
  };
  struct Content {
    QStringList names;  ///< of the matrices
    LayerGrid grid;
    std::vector<SchemeMap> schemes;
    std::vector<Treatment> treatments;
    core::metrics::Metric metric = core::metrics::Metric::SqnrDb;
    LayerShading shading = LayerShading::PerScheme;
  };

  explicit LayerMaps(QWidget* parent = nullptr);

  void setContent(Content content);
  const Content& content() const { return m_content; }
  /// −1 for none.
  void setSelected(int matrix, int scheme);
  /// The matrices of every marked place, or of the selected one while none is marked.
  std::vector<int> marked() const;
  /// Height at which every row can be read.
  int heightFor(int width) const;
  ChartTable table() const override;
  /// Middle of a cell in widget coordinates, for tests.
  QPoint centerOf(int matrix, int scheme) const;
  /// A map with its head, in widget coordinates.
  QRect placeOf(int scheme) const;
  /// "mean 20.1 · worst 14.2 · 14 kept"
  QString summary(int scheme) const;

 Q_SIGNALS:
  void cellClicked(int matrix, int scheme);
  void cellActivated(int matrix, int scheme);
  void markedChanged();
  /// A context menu is about to open; what is added comes before the chart's own items.
  void menuOpens(QMenu* menu);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  friend class LayerMapsItem;
  using Place = LayerGrid::Place;
  struct Hit {
    int matrix = -1, scheme = -1;  ///< matrix −1: over the head of a map
    Place place;
  };
  static std::vector<double> scaled(const SchemeMap& map, bool isShared);
  std::optional<Hit> hitAt(QPointF pixel) const;
  /// The place of a map nearest to a pixel, with or without a matrix.
  Place nearestPlace(QPointF pixel, int scheme) const;
  const std::vector<int>& matricesAt(Place place) const;
  std::optional<Place> selectedPlace() const;
  /// The matrix of a place whose error is largest; −1 where there is none.
  int worstAt(Place place, int scheme) const;
  QString describe(const Hit& hit) const;
  void pan(double blocks);
  void zoomBlocks(double factor, double around);
  void step(int blocks, int kinds, Qt::KeyboardModifiers modifiers);
  bool markKey(const QKeyEvent& event);
  void mark(Place place, Qt::KeyboardModifiers modifiers);
  void showMarks();

  Content m_content;
  LayerScale m_scale, m_sharedScale;           ///< of single matrices; of what several share
  std::vector<std::vector<int>> m_matricesAt;  ///< kinds × blocks → matrices
  int m_selectedMatrix = -1, m_selectedScheme = -1;
  CellMarks m_marks;
  std::optional<Hit> m_pressed;  ///< by the left button, where a rectangle may begin
  Qt::KeyboardModifiers m_pressModifiers;
  bool m_isDragging = false;
  double m_panFrom = 0;
  LayerMapsItem* m_item;
};

}  // namespace app
