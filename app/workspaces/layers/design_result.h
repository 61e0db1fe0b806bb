#pragma once
#include <QWidget>
#include <optional>

#include "app/selection/selection.h"
#include "app/workspaces/layers/design_run.h"

class QPushButton;

namespace app {

class Label;

/// What came out in one sentence, and what can be done with it: added to the schemes, saved.
class DesignResult : public QWidget {
  Q_OBJECT
 public:
  explicit DesignResult(Selection& selection, QWidget* parent = nullptr);

  /// @param outcome null: nothing is known
  void show(const DesignOutcome* outcome, bool isOld);

 Q_SIGNALS:
  /// @param problem empty, or why it was not
  void saved(const QString& file, const QString& problem);

 private:
  void showButtons();
  void add();
  void save();
  QString freeName() const;

  Selection& m_selection;
  Label* m_verdict;
  QPushButton *m_add, *m_save;
  std::optional<core::model::Recipe> m_recipe;  ///< that was designed
  QString m_size;                               ///< of it, as its name says it
};

}  // namespace app
