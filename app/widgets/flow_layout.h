#pragma once
#include <QLayout>
#include <vector>

namespace app {

/// Widgets side by side at their own size, in as many lines as the width asks for. Those that expand need their least
/// width only, and share what their line has left.
class FlowLayout : public QLayout {
 public:
  explicit FlowLayout(QWidget* parent = nullptr) : QLayout(parent) { setContentsMargins(0, 0, 0, 0); }
  ~FlowLayout() override;

  /// What it asks for, so that it does not become a column. @param length of 100 % zoom
  void setLeastWidth(double length) { m_leastWidth = length; }

  void addItem(QLayoutItem* item) override { m_items.push_back(item); }
  int count() const override { return static_cast<int>(m_items.size()); }
  QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  Qt::Orientations expandingDirections() const override { return {}; }
  QSize sizeHint() const override { return minimumSize(); }
  /// As high as the width that it was last given asks for. (Layouts around one with a height for its width would take
  /// the height of its least width for its least height.)
  QSize minimumSize() const override;
  void setGeometry(const QRect& rect) override;

 private:
  enum class Placing { Measure, Move };
  /// @return the height taken
  int place(const QRect& rect, Placing placing) const;

  std::vector<QLayoutItem*> m_items;
  double m_leastWidth = 0;
  int m_width = 0;
};

}  // namespace app
