#pragma once
#include <QWidget>

#include "app/workspaces/train/train_state.h"

class QSettings;

namespace app {

class AnswersTable;
class Label;
class LevelsChart;
class MemoryLine;
class QatForm;
class ResultCard;
class RunBar;
class TrainChart;

/// Quantization-aware training: what is asked on the left, on the right what becomes of it while it runs.
class QatPage : public QWidget {
  Q_OBJECT
 public:
  QatPage(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);
  ~QatPage() override;

  TrainState& state() { return *m_state; }
  QatForm& form() { return *m_form; }
  /// Begins with what is set, if it can.
  void train();
  /// Trains for it from now on, as long and as fast as such schemes are.
  void followScheme(const QString& scheme);
  /// What stands above the button is another question now.
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
  QatLabSettings question(QString* problem) const;
  void followModel();
  void refresh();
  void refreshChart();

  Selection& m_selection;
  TrainState* m_state;
  QatForm* m_form;
  MemoryLine* m_memory;
  RunBar* m_bar;
  TrainChart* m_chart;
  LevelsChart* m_levels;
  Label* m_levelsTitle;
  AnswersTable* m_answers;
  ResultCard* m_result;
};

}  // namespace app
