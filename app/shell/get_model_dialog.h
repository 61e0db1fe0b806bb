#pragma once
#include <QDialog>
#include <memory>

#include "app/remote/remote_model.h"

class QLineEdit;
class QPushButton;

namespace app {

class JobRunner;
class Label;
class StopNotice;
class TextTable;

/// Asks for the name of a model elsewhere, asks its server what there is (only when a person says so), and shows every
/// form of it with its size and whether it fits this computer. What is chosen is downloaded by somebody else.
class GetModelDialog : public QDialog {
  Q_OBJECT
 public:
  explicit GetModelDialog(JobRunner& jobs, QWidget* parent = nullptr);
  ~GetModelDialog() override;

 Q_SIGNALS:
  /// @param variant its name; it may be here already
  void wanted(const std::shared_ptr<const remote::RemoteModel>& model, const QString& variant);

 private:
  QWidget* buildName();
  void lookUp();
  void show(remote::RemoteModel model);
  void forget();
  void refresh();
  void choose();
  const remote::RemoteVariant* chosen() const;

  JobRunner& m_jobs;
  StopNotice* m_stopNotice;
  QLineEdit* m_name;
  QPushButton *m_lookUp, *m_get;
  Label* m_note;
  TextTable* m_forms;
  std::shared_ptr<const remote::RemoteModel> m_model;  ///< what was listed; null before
};

}  // namespace app
