#pragma once
#include <QWidget>

class QMenu;
class QPushButton;
class QToolButton;

namespace app {

class Label;

/// Above the maps: what is marked, a button that gives it a scheme, and undo.
class PaintBar : public QWidget {
  Q_OBJECT
 public:
  explicit PaintBar(QWidget* parent = nullptr);

  /// @param marked "12 tensors in NF4 · 64"; empty: nothing can be painted
  void showMarked(const QString& marked, const QString& lastPainting, bool canUndo);

 Q_SIGNALS:
  /// The menu of the button is about to open, empty.
  void menuOpens(QMenu* menu);
  void undoWanted();

 private:
  Label* m_text;
  QPushButton* m_give;
  QToolButton* m_undo;
};

}  // namespace app
