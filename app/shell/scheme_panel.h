#pragma once
#include <QWidget>

class QLineEdit;
class QListView;

namespace app {

class JobRunner;
class Label;
class SchemeListModel;
class Selection;

/// The list of schemes in the right panel: the box decides what is compared, a click on the name what single-scheme
/// views show. A line at its foot takes a scheme of one's own in text form.
class SchemePanel : public QWidget {
  Q_OBJECT
 public:
  SchemePanel(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);
  void focusList();

 private:
  void addOwn();

  Selection& m_selection;
  SchemeListModel* m_model;
  QListView* m_list;
  QLineEdit* m_own;
  Label* m_problem;
};

}  // namespace app
