#pragma once
#include <QWidget>

namespace app {

class JobRunner;
class ModelLoader;

/// What one sees with no model open.
class StartPage : public QWidget {
  Q_OBJECT
 public:
  StartPage(ModelLoader& loader, JobRunner& jobs, QWidget* parent = nullptr);

 Q_SIGNALS:
  void openRequested(const QString& source);
  void fileRequested();
  void folderRequested();
  void workspaceRequested(const QString& id);

 private:
  ModelLoader& m_loader;
  JobRunner& m_jobs;
};

}  // namespace app
