#pragma once
#include <QWidget>
#include <functional>

class QHBoxLayout;
class QMenu;
class QPushButton;

namespace app {

class BitRows;
class BitsState;
class Label;

/// Conversions one after the other: a button per format (what to convert to, how to round, where in the chain), the
/// bits after every step with what it cuts off and changes, its errors, and whether the chain ends where one rounding
/// would.
class ChainView : public QWidget {
  Q_OBJECT
 public:
  explicit ChainView(BitsState& state, QWidget* parent = nullptr);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void rebuildButtons();
  QPushButton* formatButton(int index);
  void fillMenu(QMenu* menu, int index);
  void fillFormats(QMenu* menu, const std::function<void(const QString&)>& choose);
  void add(const QString& format);
  void replace(int index, const QString& format);
  void move(int index, int direction);
  void remove(int index);
  void refresh();

  BitsState& m_state;
  QHBoxLayout* m_buttons;
  BitRows* m_rows;
  Label* m_verdict;
};

}  // namespace app
