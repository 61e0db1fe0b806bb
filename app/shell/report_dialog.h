#pragma once
#include <QDialog>
#include <map>

#include "app/report/report_data.h"

class QCheckBox;
class QGridLayout;
class QLineEdit;
class QPushButton;

namespace app {

class FileChoice;

class Label;

/// Asks what the report of the open model is to measure, on what, where it goes, and which older one it is compared
/// with. What is ticked is remembered.
class ReportDialog : public QDialog {
  Q_OBJECT
 public:
  explicit ReportDialog(const OpenModel& model, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// Folder, parts and the older report's folder; the model and what is compared are the window's.
  void reportWanted(const report::Request& request);

 private:
  void addPart(QGridLayout& grid, report::Part part, const QString& name, const QString& hint, const QString& whyNot);
  QWidget* buildTexts();
  QWidget* buildFolder(QLineEdit& edit, const QString& name, const QString& objectName);
  void refresh();
  void start();

  std::map<report::Part, QCheckBox*> m_parts;
  FileChoice *m_text, *m_tasks;
  QLineEdit *m_folder, *m_against;
  Label* m_note;
  QPushButton* m_write;
};

}  // namespace app
