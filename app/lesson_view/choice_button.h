#pragma once
#include <QAbstractButton>

namespace app {

/// One choice as a row that wraps its text; afterwards it says whether it was the right one, in sign and colour.
class ChoiceButton : public QAbstractButton {
  Q_OBJECT
 public:
  enum class Mark { None, Right, Wrong };
  ChoiceButton(int number, const QString& text, QWidget* parent = nullptr);
  void setMark(Mark mark);
  Mark mark() const { return m_mark; }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {120, heightForWidth(std::max(width(), 120))}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int m_number;
  Mark m_mark = Mark::None;
};

}  // namespace app
