#pragma once
#include <QWidget>
#include <optional>
#include <vector>

namespace app {

/// KL divergence of the compared pane from the reference over the tokens of the answer: one bar a token, in nats, on a
/// logarithmic scale from 10⁻⁶ to 10. Where the contexts have parted there is nothing to compare, and it says so.
class KlStrip : public QWidget {
  Q_OBJECT
 public:
  explicit KlStrip(QWidget* parent = nullptr);
  void clear();
  void append(std::optional<double> kl);
  void setColor(const QColor& color);
  void setSelected(std::optional<int> index);
  QSize sizeHint() const override { return {300, 76}; }
  QSize minimumSizeHint() const override { return {160, 76}; }

 Q_SIGNALS:
  void tokenClicked(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRectF plotRect() const;
  double barWidth() const;
  int tokenAt(double x) const;

  std::vector<std::optional<double>> m_values;
  std::optional<int> m_selected;
  QColor m_color;
};

}  // namespace app
