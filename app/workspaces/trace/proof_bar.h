#pragma once
#include <QWidget>

class QMenu;
class QPushButton;
class QToolButton;

namespace app {

class HandChanges;
class Label;
class TraceState;

/// What was proved, in a sentence, and what can be done with it: tried in Chat, broken by hand, saved.
class ProofBar : public QWidget {
  Q_OBJECT
 public:
  ProofBar(TraceState& state, HandChanges& changes, QWidget* parent = nullptr);
  void refresh();

 Q_SIGNALS:
  void failed(const QString& sentence);

 private:
  void fillBreak();
  void save();
  void refreshChange();
  void refreshUse();

  TraceState& m_state;
  HandChanges& m_changes;
  Label *m_sentence, *m_change, *m_inUse;
  QPushButton *m_try, *m_break, *m_save, *m_use;
  QWidget *m_changeRow, *m_useRow;
  QToolButton* m_undo;
  QMenu* m_breakMenu;
};

}  // namespace app
