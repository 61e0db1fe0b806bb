#pragma once
#include <QString>
#include <QWidget>
#include <functional>
#include <span>

#include "app/jobs/job_runner.h"
#include "app/selection/link.h"
#include "app/selection/selection.h"

class QSettings;

namespace app {

class Calibrator;
class LessonPlayer;
class ModelLoader;

/// What every workspace gets. All of it outlives the workspace.
struct WorkspaceContext {
  Selection* selection = nullptr;
  JobRunner* jobs = nullptr;
  ModelLoader* loader = nullptr;
  LessonPlayer* lessons = nullptr;
  Calibrator* calibrator = nullptr;
};

/// One page of the window (Inspect, Bits, Chat …). It shows the shared selection and may change it; workspaces never
/// know each other. It is built ahead of its first look, or for it, and may be built without a model.
class Workspace : public QWidget {
  Q_OBJECT
 public:
  explicit Workspace(const WorkspaceContext& context, QWidget* parent = nullptr)
      : QWidget(parent), m_context(context) {}

  /// A page fills its place. Where it is larger than that the window scrolls, by what the page needs at least; what it
  /// would like to have at its width is no reason.
  bool hasHeightForWidth() const override { return false; }

  /// Comes to the front or leaves it. A hidden workspace should not compute; it catches up when it becomes active.
  virtual void setActive(bool active) { Q_UNUSED(active) }
  /// A few sentences for F1: what this shows, what can be done here.
  virtual QString helpText() const = 0;
  /// What would be lost if the model went away: "the conversation in Chat"; empty for nothing.
  virtual QString unsavedWork() const { return {}; }
  /// What the end of the program would interrupt, and the next start take up again: "the training in Train"; empty for
  /// nothing.
  virtual QString runningWork() const { return {}; }
  /// Brings up something worth looking at (for screenshots and the newcomer): picks a tensor, types a prompt.
  virtual void showExample() {}
  /// Shows what a link to this workspace names. The window has brought it to the front and has opened a model where it
  /// needs one. Here: the keys of the one selection (followLink), and nothing else.
  /// @return empty, or the sentence that says what is wrong with the link (then nothing changed)
  virtual QString openLink(const Link& link);
  /// What is shown now, so that openLink shows it again.
  virtual Link link() const;
  /// State that outlives the program (splitter positions, an unfinished prompt). Keys are the workspace's own.
  virtual void saveState(QSettings& settings) const { Q_UNUSED(settings) }
  virtual void restoreState(QSettings& settings) { Q_UNUSED(settings) }

 Q_SIGNALS:
  /// A person followed a link to some workspace.
  void linkFollowed(const app::Link& link);
  /// Models were loaded onto a device or left it: bytes this program uses there and may use; 0 without a device.
  void deviceMemoryChanged(quint64 usedBytes, quint64 budgetBytes, quint64 hostBytes);

 protected:
  Selection& selection() const { return *m_context.selection; }
  JobRunner& jobs() const { return *m_context.jobs; }
  ModelLoader& loader() const { return *m_context.loader; }
  LessonPlayer& lessons() const { return *m_context.lessons; }
  Calibrator& calibrator() const { return *m_context.calibrator; }

 private:
  WorkspaceContext m_context;
};

/// How the window knows a workspace before it exists.
struct WorkspaceEntry {
  const char* id;           ///< "inspect": in settings, on the command line, in lessons
  const char* title;        ///< translated in context "Workspaces"
  const char* description;  ///< one line, for tooltips and the command palette; same context
  const char* icon;         ///< name of an icon in resources/icons
  bool needsModel;          ///< greyed out until a model is open
  std::function<Workspace*(const WorkspaceContext&)> create;

  QString translatedTitle() const;
  QString translatedDescription() const;
};

/// All workspaces in the order of the navigation rail. One line each, in workspaces/registry.cpp.
std::span<const WorkspaceEntry> workspaceEntries();
const WorkspaceEntry* findWorkspace(const QString& id);

}  // namespace app
