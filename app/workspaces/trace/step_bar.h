#pragma once
#include <QAbstractButton>
#include <QWidget>
#include <array>

namespace app {

/// One step of the chain: its number and name, and what it came to.
class StepButton : public QAbstractButton {
  Q_OBJECT
 public:
  StepButton(int number, const QString& title, QWidget* parent = nullptr);
  void setResult(const QString& result);
  const QString& result() const { return m_result; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QString m_number, m_result;
};

/// The four steps from depth to the weight, side by side.
class StepBar : public QWidget {
  Q_OBJECT
 public:
  static constexpr int kSteps = 4;
  explicit StepBar(QWidget* parent = nullptr);
  int current() const { return m_current; }
  void setCurrent(int step);
  void setResult(int step, const QString& result);
  StepButton* button(int step) const { return m_buttons[static_cast<std::size_t>(step)]; }

 Q_SIGNALS:
  void chosen(int step);

 private:
  std::array<StepButton*, kSteps> m_buttons{};
  int m_current = 0;
};

}  // namespace app
