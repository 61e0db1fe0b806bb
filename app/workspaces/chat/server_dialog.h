#pragma once
#include <QDialog>
#include <optional>

#include "app/workspaces/chat/server_choice.h"

class QComboBox;
class QLineEdit;
class QPushButton;

namespace app {

class JobRunner;
class Label;

/// Which model of which server is to answer in a pane: address, key, model. Asks the server for its models on a click.
/// Nothing is sent before.
class ServerDialog : public QDialog {
  Q_OBJECT
 public:
  ServerDialog(JobRunner& jobs, const std::optional<ServerChoice>& now, QWidget* parent);

 Q_SIGNALS:
  void chosen(const app::ServerChoice& server);

 private:
  void listModels();
  /// Keeps the key and says which server it is.
  void take();
  void say(const QString& sentence, bool isError);
  void refresh();
  /// Nothing, after a sentence, where what was typed is no address.
  std::optional<std::string> url();

  JobRunner& m_jobs;
  QLineEdit *m_url, *m_key;
  QComboBox* m_model;
  QPushButton *m_list, *m_use;
  Label* m_notice;
};

}  // namespace app
