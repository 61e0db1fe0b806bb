#pragma once
#include <QWidget>
#include <optional>
#include <vector>

#include "app/selection/selection.h"
#include "app/workspaces/layers/design_question.h"

class QComboBox;
class QSettings;
class QSpinBox;

namespace app {

class FileChoice;

class DesignGoal;

/// What stands above the designer's picture: of what a recipe is made, how large or how good it has to be, on which
/// text that is measured, and on which it is checked.
class DesignForm : public QWidget {
  Q_OBJECT
 public:
  explicit DesignForm(Selection& selection, QWidget* parent = nullptr);

  /// What is asked, as far as it can be read. @param problem the sentence that says why not
  std::optional<DesignQuestion> question(QString* problem) const;
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void edited();

 private:
  void buildTexts();
  void followModel();
  std::vector<core::quant::Scheme> candidates() const;

  Selection& m_selection;
  QComboBox* m_candidates;
  DesignGoal* m_goal;
  QComboBox* m_grouping;
  FileChoice* m_text;
  QComboBox* m_positions;
  FileChoice* m_check;
  QSpinBox *m_tokens, *m_checkTokens;
};

}  // namespace app
