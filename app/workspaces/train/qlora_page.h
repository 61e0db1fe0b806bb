#pragma once
#include <QWidget>

#include "app/workspaces/train/train_state.h"

class QSettings;
class QTabWidget;

namespace app {

class FactBar;
class FactTable;
class MemoryLine;
class MemoryTable;
class QloraForm;
class ResultCard;
class RunBar;
class RunsTable;
class TrainChart;

/// Fine-tuning over a quantized base (QLoRA): facts that a person types, what the adapter knows of them while it
/// trains, and what the model forgets meanwhile.
class QloraPage : public QWidget {
  Q_OBJECT
 public:
  QloraPage(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);
  ~QloraPage() override;

  TrainState& state() { return *m_state; }
  QloraForm& form() { return *m_form; }
  /// Begins with what is set, if it can.
  void train();
  /// What stands above the button now. @param problem why it cannot be asked; empty: it can
  QloraLabSettings question(QString* problem) const;
  void ask();
  /// Shows what an earlier program left.
  void recall() { m_state->recall(); }
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 protected:
  void showEvent(QShowEvent* event) override;

 Q_SIGNALS:
  /// @param panes of Chat, the reference first  @param prompts to try there
  void chatWanted(const QString& panes, const QStringList& prompts);

 private:
  QWidget* buildPictures();
  void followModel();
  void refresh();
  void refreshChart();

  Selection& m_selection;
  TrainState* m_state;
  QloraForm* m_form;
  MemoryLine* m_memory;
  RunBar* m_bar;
  TrainChart* m_chart;
  FactTable* m_facts;
  FactBar* m_factBar;
  QTabWidget* m_side;
  MemoryTable* m_memoryTable;
  RunsTable* m_runs;
  ResultCard* m_result;
};

}  // namespace app
