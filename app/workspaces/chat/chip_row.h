#pragma once
#include <QStringList>
#include <QWidget>
#include <vector>

class QPushButton;

namespace app {

/// Suggestions side by side, as many as fit whole; none is ever cut.
class ChipRow : public QWidget {
  Q_OBJECT
 public:
  explicit ChipRow(QWidget* parent = nullptr) : QWidget(parent) {}

  void setTexts(const QStringList& texts);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void clicked(const QString& text);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void arrange();

  std::vector<QPushButton*> m_chips;
};

}  // namespace app
