#pragma once
#include <QColor>
#include <QWidget>
#include <optional>
#include <vector>

namespace app {

/// KL divergence of the compared model from the reference over the tokens of the reference's answer: one bar a token,
/// in nats, on a logarithmic scale from 10⁻⁶ to 10. A line marks where the answers parted; behind it both models read
/// the reference's words.
class KlStrip : public QWidget {
  Q_OBJECT
 public:
  explicit KlStrip(QWidget* parent = nullptr);
  void clear();
  void setValue(std::size_t index, double kl);
  double value(std::size_t index) const { return m_values[index].value_or(-1); }  ///< −1 where there is none
  std::size_t count() const { return m_values.size(); }
  /// The first token whose answers differ.
  void setParted(std::optional<std::size_t> index);
  /// Said behind the last bar while more are being computed.
  void setPending(bool pending);
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
  void paintParting(QPainter& painter, double x) const;
  static QString title();
  static int titleWidth(const QPainter& painter);

  std::vector<std::optional<double>> m_values;
  std::optional<int> m_selected;
  std::optional<std::size_t> m_parted;
  bool m_pending = false;
  QColor m_color;
};

}  // namespace app
