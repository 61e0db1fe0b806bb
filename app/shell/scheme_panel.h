#pragma once
#include <QWidget>

namespace app {

class Calibrator;
class JobRunner;
class SchemeList;
class Selection;

/// The schemes in the right panel: the box decides what is compared, a click on the name what single-scheme views show.
/// A line at its foot takes a scheme of one's own.
class SchemePanel : public QWidget {
  Q_OBJECT
 public:
  SchemePanel(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent = nullptr);
  void focusFilter();
  SchemeList* list() const { return m_list; }

 private:
  SchemeList* m_list;
};

}  // namespace app
