#pragma once
#include <QWidget>

class QPushButton;

namespace app {

class Card;
class JobRunner;
class Label;
class ModelList;
class ModelLoader;

/// What one sees first: what the program does, the demo model one click away, one's own models, and what can be done.
class StartPage : public QWidget {
  Q_OBJECT
 public:
  StartPage(ModelLoader& loader, JobRunner& jobs, QWidget* parent = nullptr);

 Q_SIGNALS:
  void openRequested(const QString& source);
  void fileRequested();
  void folderRequested();
  /// A tile was clicked: show this workspace (with the demo model when none is open).
  void workspaceRequested(const QString& id);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildHero();
  QWidget* buildTiles();
  QWidget* buildLists();
  void refreshRecent();
  void refreshFound();
  void refreshOpening();

  ModelLoader& m_loader;
  JobRunner& m_jobs;
  QPushButton* m_demo;
  Label* m_opening;
  QWidget* m_art;
  ModelList *m_recent, *m_found;
};

}  // namespace app
