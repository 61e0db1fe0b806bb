#pragma once
#include <QImage>
#include <QWidget>
#include <cstdint>
#include <optional>

#include "core/metrics/matrix_map.h"

namespace app {

/// The matrix as a picture, rows × columns, made smaller without losing an extreme: blue negative, red positive,
/// neutral zero. Outlier rows and columns stand out as lines. A click selects the weight under the pointer.
class MatrixView : public QWidget {
  Q_OBJECT
 public:
  explicit MatrixView(QWidget* parent = nullptr);

  void setMap(core::metrics::MatrixMap map);
  /// Text instead of the picture ("Computing…").
  void setMessage(const QString& message);
  void setMarked(std::optional<std::pair<std::uint64_t, std::uint64_t>> rowAndColumn);
  QSize sizeHint() const override { return {360, 260}; }
  QSize minimumSizeHint() const override { return {160, 120}; }

 Q_SIGNALS:
  void weightClicked(quint64 row, quint64 column);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void draw();
  QRectF plotRect() const;
  /// Cell under a point: row, column of the map.
  std::optional<std::pair<std::size_t, std::size_t>> cellAt(QPointF position) const;

  core::metrics::MatrixMap m_map;
  QImage m_image;
  QString m_message;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> m_marked;
};

}  // namespace app
