#pragma once
#include <QWidget>

namespace app {

class Selection;

/// First row of the scheme list: the weights as they are stored, what everything is compared with. Always grey.
class ReferenceRow : public QWidget {
  Q_OBJECT
 public:
  explicit ReferenceRow(Selection& selection, QWidget* parent = nullptr);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Selection& m_selection;
};

}  // namespace app
