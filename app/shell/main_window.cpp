#include "app/shell/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLocale>
#include <QMimeData>
#include <QScreen>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include "app/calibration/calibrator.h"
#include "app/lesson_view/lesson_panel.h"
#include "app/lessons/lesson_files.h"
#include "app/lessons/lesson_player.h"
#include "app/plots/chart.h"
#include "app/selection/local_models.h"
#include "app/selection/model_loader.h"
#include "app/shell/command_palette.h"
#include "app/shell/device_label.h"
#include "app/shell/drop_overlay.h"
#include "app/shell/help_panel.h"
#include "app/shell/nav_rail.h"
#include "app/shell/page_stack.h"
#include "app/shell/scheme_list.h"
#include "app/shell/scheme_panel.h"
#include "app/shell/side_panel.h"
#include "app/shell/status_line.h"
#include "app/text/numbers.h"
#include "app/widgets/banner.h"
#include "app/widgets/window_style.h"
#include "app/workspaces/start/start_page.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace app {
namespace {
const QString kStart = QStringLiteral("start");
/// Below this width the scheme panel makes room for the workspace.
constexpr Length kPanelNeedsWidth{1160};
/// Between two pieces of work done ahead, so that input comes first.
constexpr int kAheadMs = 20;
constexpr QSize kSmallest(1024, 640), kFirstSize(1280, 800);

/// Gives the memory of a closed model back to the system, which glibc would keep for later.
void trimHeap() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/// Splitters with a name are remembered.
QString splitterKey(const QSplitter& splitter) { return QStringLiteral("splitter/") + splitter.objectName(); }

/// A file manager proposes to move, and would delete its file: opening is a copy, whatever it proposes.
void takeAsCopy(QDropEvent& event) {
  if (!event.possibleActions().testFlag(Qt::CopyAction)) return event.ignore();
  event.setDropAction(Qt::CopyAction);
  event.accept();
}

CourseSource ownCourse() {
  CourseSource source{kLessonFolder, QLocale().name(), {}};
  for (const WorkspaceEntry& entry : workspaceEntries()) source.workspaces << QLatin1String(entry.id);
  return source;
}
}  // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent),
      m_calibrator(new Calibrator(m_selection, m_jobs, this)),
      m_loader(new ModelLoader(m_selection, m_jobs, this)),
      m_lessons(new LessonPlayer(m_jobs, ownCourse(), this)),
      m_rail(new NavRail),
      m_pages(new PageStack),
      m_localModels(new LocalModels(m_jobs, this)),
      m_start(new StartPage(*m_loader, *m_localModels, *m_lessons)),
      m_banner(new Banner),
      m_lessonPanel(new LessonPanel(*m_lessons, m_jobs)),
      m_panel(new SidePanel(m_selection, m_jobs, *m_calibrator)),
      m_status(new StatusLine(m_jobs)),
      m_palette(nullptr),
      m_dropOverlay(nullptr),
      m_help(nullptr) {
  setWindowTitle(tr("Quantscope"));
  setWindowIcon(QIcon(QStringLiteral(":/icons/quantscope.svg")));
  dressWindow(*this);
  setAcceptDrops(true);
  setMinimumSize(kSmallest);
  fitToScreen(kFirstSize);
  buildLayout();
  buildMenus();
  m_palette = new CommandPalette(this);
  connect(m_palette, &CommandPalette::linkFollowed, this, qOverload<const QString&>(&MainWindow::openLink));
  m_dropOverlay = new DropOverlay(this);
  m_help = new HelpPanel(this);
  connectSelection();
  connectLessons();
  m_ahead.setSingleShot(true);
  m_ahead.setInterval(kAheadMs);
  connect(&m_ahead, &QTimer::timeout, this, &MainWindow::buildAhead);
  detectDevice();
  m_selection.setWorkspace(kStart);
}

MainWindow::~MainWindow() {
  // Jobs end before anything they could deliver to.
  m_jobs.shutdown();
  m_loader->disconnect();
  m_selection.disconnect();
}

// With its frame the window must not stand over the edge of the screen.
void MainWindow::fitToScreen(QSize wanted) {
  const QScreen* display = screen();
  if (display == nullptr) return resize(wanted);
  constexpr QSize kFrame(8, 40);  // a title bar and borders, which are not known before the window is shown
  const QRect room = display->availableGeometry();
  const QSize size = wanted.boundedTo(room.size() - kFrame).expandedTo(minimumSize());
  resize(size);
  const QRect frame = frameGeometry();
  if (!room.contains(frame))
    move(std::max(room.left(), std::min(frame.left(), room.right() - size.width())),
         std::max(room.top(), std::min(frame.top(), room.bottom() - size.height() - kFrame.height())));
}

void MainWindow::buildLayout() {
  auto* center = new QWidget;
  auto* columns = new QHBoxLayout(center);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(0);
  auto* middle = new QVBoxLayout;
  middle->setContentsMargins(0, 0, 0, 0);
  middle->setSpacing(0);
  middle->addWidget(m_banner);
  // A page that is larger than its place (a small window, a large zoom) scrolls instead of being cut.
  auto* place = new QScrollArea;
  place->setWidgetResizable(true);
  place->setFrameShape(QFrame::NoFrame);
  place->setFocusPolicy(Qt::NoFocus);
  place->setObjectName(QStringLiteral("page-place"));
  place->setWidget(m_pages);
  middle->addWidget(place, 1);
  columns->addWidget(m_rail);
  columns->addLayout(middle, 1);
  columns->addWidget(m_lessonPanel);
  columns->addWidget(m_panel);
  setCentralWidget(center);
  setStatusBar(m_status);
  m_pages->addWidget(m_start);
  m_rail->add(kStart, tr("Start"), QStringLiteral("home"), tr("Open a model"));
  for (const WorkspaceEntry& entry : workspaceEntries())
    m_rail->add(QLatin1String(entry.id), entry.translatedTitle(), QLatin1String(entry.icon),
                entry.translatedDescription());
}

void MainWindow::connectSelection() {
  connect(m_rail, &NavRail::chosen, this, &MainWindow::showWorkspace);
  connect(&m_selection, &Selection::workspaceChanged, this, &MainWindow::frontChanged);
  connect(&m_selection, &Selection::modelChanged, this, &MainWindow::refreshAvailability);
  connect(&m_selection, &Selection::modelChanged, this, [this] {
    // Behind what the workspaces do to let go of it.
    QTimer::singleShot(0, this, [this] {
      m_jobs.run(
          this, {QStringLiteral("trim"), {}, Lane::Inference}, [](const core::JobContext&) { trimHeap(); }, [] {});
    });
  });
  connect(&m_selection, &Selection::historyChanged, this, [this] {
    m_backAction->setEnabled(m_selection.canGoBack());
    m_forwardAction->setEnabled(m_selection.canGoForward());
  });
  connect(m_loader, &ModelLoader::recentChanged, this, &MainWindow::refreshRecentMenu);
  connect(m_loader, &ModelLoader::failed, this, &MainWindow::showError);
  connect(m_loader, &ModelLoader::failed, this, [this] { m_linkAfterOpening.reset(); });
  connect(m_loader, &ModelLoader::secondArrived, this, &MainWindow::decideAboutSecond);
  connect(&m_selection, &Selection::comparedModelChanged, this, &MainWindow::refreshAvailability);
  connect(m_loader, &ModelLoader::opened, this, [this] {
    m_banner->dismiss();
    const QString wanted = std::exchange(m_workspaceAfterOpening, QString());
    const std::optional<Link> link = std::exchange(m_linkAfterOpening, std::nullopt);
    if (link)
      openLink(*link);
    else if (!wanted.isEmpty())
      showWorkspace(wanted);
    else if (m_selection.workspace() == kStart && !workspaceEntries().empty())
      showWorkspace(QLatin1String(workspaceEntries().front().id));
  });
  connect(&m_jobs, &JobRunner::failed, this, &MainWindow::showError);
  connect(m_calibrator, &Calibrator::failed, this, &MainWindow::showError);
  connect(m_panel->schemes()->list(), &SchemeList::failed, this, &MainWindow::showError);
  connect(m_start, &StartPage::openRequested, this, &MainWindow::openModel);
  connect(m_start, &StartPage::fileRequested, this, &MainWindow::askForFile);
  connect(m_start, &StartPage::folderRequested, this, &MainWindow::askForFolder);
  connect(m_start, &StartPage::nameRequested, this, &MainWindow::askForName);
  connect(m_start, &StartPage::workspaceRequested, this, [this](const QString& id) {
    const WorkspaceEntry* entry = findWorkspace(id);
    if (entry && entry->needsModel && !m_selection.model()) {
      m_workspaceAfterOpening = id;
      openModel(QStringLiteral("demo"));
    } else {
      showWorkspace(id);
    }
  });
  connect(&Theme::instance(), &Theme::changed, this, [this] { setPanelShown(m_panelWanted); });
  refreshAvailability();
}

void MainWindow::detectDevice() {
  m_jobs.run(
      this, {QStringLiteral("device"), {}, Lane::Inference}, [](const core::JobContext&) { return describeDevice(); },
      [this](const QString& text) { m_status->setDevice(text); },
      [this](const QString& sentence) { m_status->setDevice(sentence); });
}

void MainWindow::showWorkspace(const QString& id) {
  const WorkspaceEntry* entry = findWorkspace(id);
  if (id != kStart && !entry) return;
  if (entry && entry->needsModel && !m_selection.model()) {
    m_workspaceAfterOpening = m_loader->isOpening() ? id : QString();
    if (!m_loader->isOpening())
      showError(tr("%1 shows a model. Open one first: File → Open, or the demo model.").arg(entry->translatedTitle()));
    m_rail->setCurrent(m_selection.workspace());
    return;
  }
  m_selection.setWorkspace(id);
}

void MainWindow::frontChanged() {
  const QString id = m_selection.workspace();
  Workspace* before = currentWorkspace();
  if (id == kStart) {
    m_pages->setCurrentWidget(m_start);
  } else if (const WorkspaceEntry* entry = findWorkspace(id)) {
    m_pages->setCurrentWidget(workspaceOf(*entry));
  }
  if (before && before != currentWorkspace()) before->setActive(false);
  if (Workspace* now = currentWorkspace(); now && now != before) now->setActive(true);
  m_rail->setCurrent(id);
  fillHelp();
  setPanelShown(m_panelWanted);
}

void MainWindow::makeFor(const WorkspaceEntry& entry) {
  m_made.reset(entry.create({&m_selection, &m_jobs, m_loader, m_lessons, m_calibrator}));
  m_madeFor = &entry;
}

Workspace* MainWindow::workspaceOf(const WorkspaceEntry& entry) {
  const QString id = QLatin1String(entry.id);
  Workspace*& workspace = m_workspaces[id];
  if (workspace) return workspace;
  if (m_made == nullptr || m_madeFor != &entry) makeFor(entry);
  workspace = m_made.release();
  workspace->setObjectName(QStringLiteral("workspace-") + id);
  workspace->setAccessibleName(entry.translatedTitle());
  m_pages->addWidget(workspace);
  for (const Chart* chart : workspace->findChildren<Chart*>())
    connect(chart, &Chart::exportFailed, this, &MainWindow::showError);
  connect(workspace, &Workspace::linkFollowed, this, [this](const Link& link) { openLink(link); });
  connect(workspace, &Workspace::deviceMemoryChanged, m_status, &StatusLine::setDeviceMemory);
  QSettings settings;
  settings.beginGroup(QStringLiteral("workspace-") + id);
  workspace->restoreState(settings);
  for (QSplitter* splitter : workspace->findChildren<QSplitter*>())
    if (!splitter->objectName().isEmpty()) splitter->restoreState(settings.value(splitterKey(*splitter)).toByteArray());
  return workspace;
}

// The first look at a workspace should not wait for its widgets: one workspace at a time they are made, put into the
// window and styled while the start page has nothing to do, each in a turn of its own.
void MainWindow::buildAhead() {
  for (const WorkspaceEntry& entry : workspaceEntries()) {
    const QString id = QLatin1String(entry.id);
    if (m_polished.contains(id)) continue;
    if (m_workspaces.contains(id)) {
      m_polished.insert(id);
      for (QWidget* widget : m_workspaces[id]->findChildren<QWidget*>()) widget->ensurePolished();
    } else if (m_made != nullptr && m_madeFor == &entry) {
      workspaceOf(entry);
    } else {
      makeFor(entry);
    }
    m_ahead.start();
    return;
  }
}

void MainWindow::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  m_ahead.start();
}

Workspace* MainWindow::currentWorkspace() const { return qobject_cast<Workspace*>(m_pages->currentWidget()); }

void MainWindow::refreshAvailability() {
  const auto& model = m_selection.model();
  for (const WorkspaceEntry& entry : workspaceEntries())
    m_rail->setAvailable(QLatin1String(entry.id), !entry.needsModel || model != nullptr
                                                      ? QString()
                                                      : tr("Not yet: it shows a model. Open one first (Ctrl+O), or the "
                                                           "demo model (Ctrl+D)."));
  const auto& compared = m_selection.comparedModel();
  for (QAction* action :
       {m_closeModelAction, m_exportAction, m_reportAction, m_compareAction, m_compareFolderAction, m_calibrateAction})
    action->setEnabled(model != nullptr);
  m_endCompareAction->setEnabled(compared != nullptr);
  const auto nameOf = [](const OpenModel& open) {
    return text::shortened(QString::fromStdString(open.checkpoint().name()));
  };
  setWindowTitle(!model     ? tr("Quantscope")
                 : compared ? tr("%1 compared with %2 — Quantscope").arg(nameOf(*model), nameOf(*compared))
                            : tr("%1 — Quantscope").arg(nameOf(*model)));
  const WorkspaceEntry* front = findWorkspace(m_selection.workspace());
  if (!model && front && front->needsModel) m_selection.setWorkspace(kStart);
}

void MainWindow::showError(const QString& sentence) { m_banner->showError(sentence); }

QString MainWindow::errorText() const { return m_banner->text(); }

void MainWindow::setPanelShown(bool shown) {
  m_panelWanted = shown;
  const bool onPage = m_selection.workspace() != kStart, inLesson = m_lessons->lesson() != nullptr;
  m_lessonPanel->fitInto(width());
  m_lessonPanel->setVisible(inLesson && onPage);
  const int taken = inLesson ? m_lessonPanel->width() : 0;
  const bool fits = width() - taken >= kPanelNeedsWidth || m_panelInNarrow;
  m_panel->setVisible(shown && fits && onPage);
  m_panelAction->setChecked(shown);
}

void MainWindow::togglePanel() {
  const bool show = !m_panel->isVisible();
  const int taken = m_lessonPanel->isVisible() ? m_lessonPanel->width() : 0;
  m_panelInNarrow = show && width() - taken < kPanelNeedsWidth;
  setPanelShown(show || m_panelInNarrow);
}

void MainWindow::setThemeMode(ThemeMode mode) { Theme::instance().setMode(mode); }

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) m_panelInNarrow = false;
  setPanelShown(m_panelWanted);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!event->mimeData()->hasUrls() || !event->mimeData()->urls().constFirst().isLocalFile()) return;
  takeAsCopy(*event);
  m_dropOverlay->showFor(ModelLoader::displayName(event->mimeData()->urls().constFirst().toLocalFile()));
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { m_dropOverlay->hide(); }

void MainWindow::dropEvent(QDropEvent* event) {
  m_dropOverlay->hide();
  if (!event->mimeData()->hasUrls()) return;
  takeAsCopy(*event);
  openModel(event->mimeData()->urls().constFirst().toLocalFile());
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && !m_jobs.visibleJobs().empty())
    m_jobs.cancel(m_jobs.visibleJobs().front().id);
  else if (event->key() == Qt::Key_Escape && !m_banner->isHidden())
    m_banner->dismiss();
  else
    QMainWindow::keyPressEvent(event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!m_closesAnyway && asksBeforeClosing()) return event->ignore();
  m_ahead.stop();
  saveState();
  m_jobs.shutdown();
  QMainWindow::closeEvent(event);
}

void MainWindow::saveState() const {
  QSettings settings;
  settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
  settings.setValue(QStringLiteral("window/panel"), m_panelWanted);
  settings.setValue(QStringLiteral("window/theme"), static_cast<int>(Theme::instance().mode()));
  settings.setValue(QStringLiteral("window/zoom"), Theme::instance().zoom());
  m_lessons->saveState(settings);
  settings.setValue(QStringLiteral("recent"), m_loader->recent());
  settings.setValue(QStringLiteral("schemes"), m_selection.saveSchemes());
  settings.setValue(QStringLiteral("schemes-by-size"), m_panel->schemes()->list()->order() == SchemeOrder::BySize);
  for (auto it = m_workspaces.begin(); it != m_workspaces.end(); ++it) {
    settings.beginGroup(QStringLiteral("workspace-") + it.key());
    it.value()->saveState(settings);
    for (const QSplitter* splitter : it.value()->findChildren<QSplitter*>())
      if (!splitter->objectName().isEmpty()) settings.setValue(splitterKey(*splitter), splitter->saveState());
    settings.endGroup();
  }
}

void MainWindow::restoreState() {
  const QSettings settings;
  if (restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray()) && !isMaximized())
    fitToScreen(size());
  setPanelShown(settings.value(QStringLiteral("window/panel"), true).toBool());
  m_lessons->restoreState(settings);
  m_loader->setRecent(settings.value(QStringLiteral("recent")).toStringList());
  m_selection.restoreSchemes(settings.value(QStringLiteral("schemes")).toStringList());
  const bool bySize = settings.value(QStringLiteral("schemes-by-size"), false).toBool();
  m_panel->schemes()->list()->setOrder(bySize ? SchemeOrder::BySize : SchemeOrder::ByGroup);
}

}  // namespace app
