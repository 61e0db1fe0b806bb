#pragma once
#include <QObject>

class QHelpEvent;
class QWidget;

namespace app {

/// Explains terms of the glossary wherever they stand: where the pointer rests on a label, a button, a tab, the head or
/// a cell of a table, the title of an axis or a part of a painted picture whose text uses one, its tooltip gets the
/// explanation. One event filter for the whole program.
class GlossaryTips : public QObject {
  Q_OBJECT
 public:
  /// Filters the application's events while it lives.
  explicit GlossaryTips(QObject* parent = nullptr);
  /// The tooltip for a widget at a place of its own coordinates; empty where it uses no term.
  static QString tipFor(const QWidget& widget, QPoint place);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace app
