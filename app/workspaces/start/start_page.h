#pragma once
#include <QWidget>
#include <vector>

class QGridLayout;
class QPushButton;

namespace app {

class Card;
class Label;
class LessonPlayer;
class LocalModels;
class ModelList;
class ModelLoader;

/// What one sees first: what the program does, the demo model one click away, one's own models, and what can be done.
class StartPage : public QWidget {
  Q_OBJECT
 public:
  StartPage(ModelLoader& loader, LocalModels& models, LessonPlayer& lessons, QWidget* parent = nullptr);

 Q_SIGNALS:
  void openRequested(const QString& source);
  void fileRequested();
  void folderRequested();
  /// A model is to be got by its name.
  void nameRequested();
  /// A tile was clicked: show this workspace (with the demo model when none is open).
  void workspaceRequested(const QString& id);
  void lessonRequested(const QString& id);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildHero();
  QWidget* buildTiles();
  QWidget* buildLessons();
  QWidget* buildLists();
  void placeTiles();
  void refreshLessons();
  void refreshRecent();
  void refreshFound();
  void refreshOpening();

  ModelLoader& m_loader;
  LocalModels& m_models;
  LessonPlayer& m_lessons;
  QPushButton* m_demo;
  Label* m_opening;
  QWidget* m_art;
  ModelList *m_recent, *m_found;
  Label* m_more;  ///< models that the list has no room for
  QGridLayout* m_tileGrid = nullptr;
  std::vector<QWidget*> m_tiles;
  std::vector<ModelList*> m_lessonColumns;
};

}  // namespace app
