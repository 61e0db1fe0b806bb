#pragma once
#include <qcustomplot.h>

#include <QStringList>
#include <optional>
#include <vector>

namespace app {

/// The words under the bars of a strip, one at every whole number of the x axis: side by side where they fit, upright
/// where only their height fits, and otherwise those that matter, as many as there is room for.
class WordAxis : public QCPAbstractItem {
  Q_OBJECT
 public:
  static constexpr int kHeight = 50;  ///< room it needs below the axis rectangle

  explicit WordAxis(QCPAxis* axis);

  /// @param order indices by importance, most important first; what is missing comes last
  void setWords(QStringList words, std::vector<std::size_t> order);
  void setSelected(std::optional<std::size_t> index) { m_selected = index; }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  void drawAcross(QCPPainter& painter, const QFontMetricsF& metrics) const;
  void drawUpright(QCPPainter& painter, const QFontMetricsF& metrics, double slot) const;
  QColor colorOf(std::size_t index) const;

  QCPAxis* m_axis;
  QStringList m_words;
  std::vector<std::size_t> m_order;
  std::optional<std::size_t> m_selected;
};

}  // namespace app
