#pragma once
#include <QHash>
#include <QMainWindow>
#include <QSet>
#include <QTimer>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/widgets/theme.h"
#include "app/workspaces/workspace.h"

class QActionGroup;
class QSettings;

namespace app {

class Banner;
class Calibrator;
class CommandPalette;
class DropOverlay;
class HelpPanel;
class LessonPanel;
class LessonPlayer;
class ModelLoader;
class NavRail;
class PageStack;
class SchemePanel;
class SidePanel;
class StartPage;
class LocalModels;
class StatusLine;
struct ExportOrder;

/// The window: navigation rail, the workspace in front, scheme panel, status line, menus and the command palette.
/// It owns selection, jobs and loader; workspaces are built ahead, one at a time, or when first shown.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  Selection& selection() { return m_selection; }
  JobRunner& jobs() { return m_jobs; }
  ModelLoader& loader() { return *m_loader; }
  LessonPlayer& lessons() { return *m_lessons; }
  Calibrator& calibrator() { return *m_calibrator; }

  /// @param source a file, a folder or "demo"; asks what becomes of an open model where something would be lost
  void openModel(const QString& source);
  /// The start page ("start") or a workspace of the registry. Unknown ids are ignored.
  void showWorkspace(const QString& id);
  /// Goes where a link points; the demo model is opened for a workspace that needs one and has none. What is wrong with
  /// the link is said in the banner.
  void openLink(const Link& link);
  void openLink(const QString& text);
  /// Of what is shown now, onto the clipboard.
  void copyLink();
  /// The workspace in front, or null on the start page.
  Workspace* currentWorkspace() const;
  void showError(const QString& sentence);
  QString errorText() const;
  /// Shows or hides the schemes panel, also where the window is narrow.
  void togglePanel();
  void openCommandPalette();
  /// The dialog for it; nothing without a model.
  void exportModel();
  void closeCommandPalette();
  void saveState() const;
  void restoreState();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void buildLayout();
  void fitToScreen(QSize wanted);
  void buildMenus();
  void buildFileMenu();
  void buildModelMenu();
  void buildSchemeMenu();
  void buildViewMenu();
  void buildHelpMenu();
  void connectSelection();
  void connectLessons();
  void refreshRecentMenu();
  void refreshAvailability();
  void frontChanged();
  Workspace* workspaceOf(const WorkspaceEntry& entry);
  /// Its widgets, not yet in the window.
  void makeFor(const WorkspaceEntry& entry);
  void buildAhead();
  void decideAboutSecond();
  void closeModel();
  QStringList unsavedWork() const;
  /// Asks where work is running that the next start would have to take up. @return whether somebody is asked now
  bool asksBeforeClosing();
  void writeModel(const ExportOrder& order);
  void writeReport();
  void askForCompared();
  void askForComparedFolder();
  void askForFile();
  void askForFolder();
  void askForName();
  void toggleHelp();
  void fillHelp();
  void showAbout();
  void detectDevice();
  void setThemeMode(ThemeMode mode);
  void setPanelShown(bool shown);
  std::vector<struct PaletteItem> paletteItems();
  std::vector<struct PaletteItem> lessonItems();

  Selection m_selection;
  JobRunner m_jobs;
  Calibrator* m_calibrator;
  ModelLoader* m_loader;
  LessonPlayer* m_lessons;
  NavRail* m_rail;
  PageStack* m_pages;
  LocalModels* m_localModels;
  StartPage* m_start;
  Banner* m_banner;
  LessonPanel* m_lessonPanel;
  SidePanel* m_panel;
  StatusLine* m_status;
  CommandPalette* m_palette;
  DropOverlay* m_dropOverlay;
  HelpPanel* m_help;
  QMenu* m_recentMenu = nullptr;
  QAction *m_backAction = nullptr, *m_forwardAction = nullptr, *m_panelAction = nullptr, *m_closeModelAction = nullptr,
          *m_exportAction = nullptr, *m_reportAction = nullptr, *m_compareAction = nullptr,
          *m_compareFolderAction = nullptr, *m_calibrateAction = nullptr, *m_endCompareAction = nullptr;
  QActionGroup* m_themeActions = nullptr;
  std::unique_ptr<Workspace> m_made;  ///< the next one, before it is in the window
  const WorkspaceEntry* m_madeFor = nullptr;
  QHash<QString, Workspace*> m_workspaces;
  QSet<QString> m_polished;  ///< workspaces whose widgets have been styled ahead
  QTimer m_ahead;
  QString m_workspaceAfterOpening;
  std::optional<Link> m_linkAfterOpening;
  bool m_panelWanted = true;     ///< where there is room for it
  bool m_closesAnyway = false;   ///< somebody was asked
  bool m_panelInNarrow = false;  ///< asked for in a window that is too narrow; until the window changes its width
};

}  // namespace app
