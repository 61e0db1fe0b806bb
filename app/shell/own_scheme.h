#pragma once
#include <QWidget>
#include <optional>

#include "app/selection/selection.h"

class QLineEdit;
class QStringListModel;

namespace app {

class JobRunner;
class Label;

/// Where a person types a scheme of one's own (completed, with a sentence that says what it is or what is wrong) and
/// keeps it under a name, or takes a recipe from a file.
class OwnScheme : public QWidget {
  Q_OBJECT
 public:
  OwnScheme(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);
  /// Takes the recipe of a file into the list; problems are said under the line.
  void openFile(const QString& file);

 Q_SIGNALS:
  void added(const core::model::Recipe& recipe);

 private:
  void buildLine();
  void follow();
  void add();
  void openTyped(const QString& text);
  void keep(const core::model::Recipe& recipe, const QString& name);
  void askForFile();
  void say(const QString& sentence, bool isProblem);

  Selection& m_selection;
  JobRunner& m_jobs;
  QLineEdit *m_text, *m_name;
  QStringListModel* m_completions;
  Label* m_sentence;
};

}  // namespace app
