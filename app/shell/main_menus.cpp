// The menus of the main window and the items of its command palette.
#include <QActionGroup>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QToolButton>

#include "app/calibration/calibration_dialog.h"
#include "app/selection/local_models.h"
#include "app/selection/model_loader.h"
#include "app/shell/command_palette.h"
#include "app/shell/help_panel.h"
#include "app/shell/main_window.h"
#include "app/shell/scheme_panel.h"
#include "app/shell/side_panel.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"

namespace app {

void MainWindow::buildMenus() {
  buildFileMenu();
  buildModelMenu();
  buildSchemeMenu();
  buildViewMenu();
  buildHelpMenu();
  auto* corner = new QWidget;
  auto* row = new QHBoxLayout(corner);
  row->setContentsMargins(0, 0, space::kHalf, 0);
  row->setSpacing(2);
  for (QAction* action : {m_backAction, m_forwardAction}) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setFocusPolicy(Qt::TabFocus);
    row->addWidget(button);
  }
  auto* find = new QToolButton;
  find->setText(tr("Find anything   Ctrl+K"));
  find->setIcon(icon(QStringLiteral("search")));
  find->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  find->setToolTip(tr("Tensors, workspaces, schemes and commands by a few of their letters"));
  find->setFocusPolicy(Qt::TabFocus);
  find->setObjectName(QStringLiteral("find-anything"));
  connect(find, &QToolButton::clicked, this, &MainWindow::openCommandPalette);
  row->addWidget(find);
  menuBar()->setCornerWidget(corner, Qt::TopRightCorner);
}

void MainWindow::buildFileMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&File"));
  menu->addAction(icon(QStringLiteral("open-file")), tr("&Open file…"), QKeySequence::Open, this,
                  &MainWindow::askForFile);
  menu->addAction(icon(QStringLiteral("open-folder")), tr("Open &folder…"), QKeySequence(tr("Ctrl+Shift+O")), this,
                  &MainWindow::askForFolder);
  menu->addAction(icon(QStringLiteral("download")), tr("&Get a model by name…"), this, &MainWindow::askForName);
  menu->addAction(icon(QStringLiteral("cube")), tr("Open the &demo model"), QKeySequence(tr("Ctrl+D")), this,
                  [this] { openModel(QStringLiteral("demo")); });
  menu->addAction(icon(QStringLiteral("cube")), tr("Open the demo model as &trained, without outlier channels"), this,
                  [this] { openModel(QStringLiteral("demo-smooth")); });
  m_recentMenu = menu->addMenu(icon(QStringLiteral("clock")), tr("Open &recent"));
  refreshRecentMenu();
  m_compareAction = menu->addAction(icon(QStringLiteral("compare")), tr("Co&mpare with another model…"), this,
                                    &MainWindow::askForCompared);
  m_compareFolderAction = menu->addAction(tr("Compare with a model fo&lder…"), this, &MainWindow::askForComparedFolder);
  m_endCompareAction =
      menu->addAction(tr("&End the comparison"), this, [this] { m_selection.setComparedModel(nullptr); });
  menu->addSeparator();
  m_exportAction = menu->addAction(icon(QStringLiteral("export")), tr("E&xport quantized model…"),
                                   QKeySequence(tr("Ctrl+E")), this, &MainWindow::exportModel);
  m_reportAction = menu->addAction(tr("&Write report…"), this, &MainWindow::writeReport);
  menu->addSeparator();
  m_closeModelAction = menu->addAction(tr("&Close model"), this, &MainWindow::closeModel);
  // Ctrl+W everywhere, whatever else a desktop calls it.
  QList<QKeySequence> close = QKeySequence::keyBindings(QKeySequence::Close);
  close.removeAll(QKeySequence(tr("Ctrl+W")));
  close.prepend(QKeySequence(tr("Ctrl+W")));
  m_closeModelAction->setShortcuts(close);
  menu->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);
}

void MainWindow::refreshRecentMenu() {
  m_recentMenu->clear();
  for (const QString& source : m_loader->recent()) {
    QAction* action =
        m_recentMenu->addAction(ModelLoader::displayName(source), this, [this, source] { openModel(source); });
    action->setToolTip(source);
  }
  m_recentMenu->setToolTipsVisible(true);
  m_recentMenu->setEnabled(!m_loader->recent().isEmpty());
  if (m_loader->recent().isEmpty()) return;
  m_recentMenu->addSeparator();
  m_recentMenu->addAction(tr("Forget recent models"), m_loader, &ModelLoader::forgetRecent);
}

void MainWindow::buildModelMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Model"));
  m_backAction = menu->addAction(icon(QStringLiteral("back")), tr("&Back"), QKeySequence(tr("Alt+Left")), &m_selection,
                                 &Selection::back);
  m_forwardAction = menu->addAction(icon(QStringLiteral("forward")), tr("&Forward"), QKeySequence(tr("Alt+Right")),
                                    &m_selection, &Selection::forward);
  m_backAction->setToolTip(tr("Back to what was selected before (Alt+Left)"));
  m_forwardAction->setToolTip(tr("Forward again (Alt+Right)"));
  m_backAction->setEnabled(false);
  m_forwardAction->setEnabled(false);
  menu->addSeparator();
  const auto step = [this](int by) {
    const auto& model = m_selection.model();
    if (!model || !m_selection.tensor()) return;
    const auto count = static_cast<qsizetype>(model->checkpoint().tensors().size());
    const qsizetype next = static_cast<qsizetype>(*m_selection.tensor()) + by;
    if (next >= 0 && next < count) m_selection.setTensor(static_cast<std::size_t>(next));
  };
  menu->addAction(tr("&Previous tensor"), QKeySequence(tr("Alt+Up")), this, [step] { step(-1); });
  menu->addAction(tr("&Next tensor"), QKeySequence(tr("Alt+Down")), this, [step] { step(1); });
  menu->addSeparator();
  m_calibrateAction = menu->addAction(tr("&Calibrate…"), this, [this] {
    if (m_selection.model()) (new CalibrationDialog(m_selection, *m_calibrator, this))->open();
  });
}

void MainWindow::buildSchemeMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Scheme"));
  menu->addAction(tr("Go to the scheme &list"), QKeySequence(tr("Ctrl+L")), this, [this] {
    if (!m_panel->isVisible()) togglePanel();
    m_panel->schemes()->focusFilter();
  });
  menu->addAction(tr("&Uncheck all"), this, [this] {
    for (const auto& scheme : m_selection.checkedRecipes()) m_selection.setChecked(scheme, false);
  });
}

void MainWindow::buildViewMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&View"));
  menu->addAction(icon(QStringLiteral("search")), tr("&Find anything…"), QKeySequence(tr("Ctrl+K")), this,
                  &MainWindow::openCommandPalette);
  menu->addSeparator();
  menu->addAction(icon(QStringLiteral("home")), tr("&Start page"), QKeySequence(tr("Ctrl+0")), this,
                  [this] { showWorkspace(QStringLiteral("start")); });
  int number = 1;
  for (const WorkspaceEntry& entry : workspaceEntries()) {
    const QString id = QLatin1String(entry.id);
    menu->addAction(icon(QLatin1String(entry.icon)), entry.translatedTitle(),
                    QKeySequence(QStringLiteral("Ctrl+%1").arg(number++)), this, [this, id] { showWorkspace(id); });
  }
  menu->addSeparator();
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy lin&k to this view"), QKeySequence(tr("Ctrl+Shift+C")), this,
                  &MainWindow::copyLink);
  m_panelAction = menu->addAction(icon(QStringLiteral("panel")), tr("Scheme &panel"), QKeySequence(tr("F9")), this,
                                  &MainWindow::togglePanel);
  m_panelAction->setCheckable(true);
  m_panelAction->setChecked(true);
  menu->addSeparator();
  m_themeActions = new QActionGroup(this);
  const std::pair<ThemeMode, QString> modes[] = {{ThemeMode::FollowDesktop, tr("&Follow the desktop")},
                                                 {ThemeMode::Light, tr("&Light")},
                                                 {ThemeMode::Dark, tr("&Dark")}};
  QMenu* appearance = menu->addMenu(icon(QStringLiteral("moon")), tr("&Appearance"));
  for (const auto& [mode, text] : modes) {
    QAction* action = appearance->addAction(text, this, [this, themeMode = mode] { setThemeMode(themeMode); });
    action->setCheckable(true);
    action->setChecked(Theme::instance().mode() == mode);
    action->setData(static_cast<int>(mode));
    m_themeActions->addAction(action);
  }
  const auto zoomBy = [](int direction) { Theme::instance().setZoom(Theme::instance().nextZoom(direction)); };
  QAction* larger = menu->addAction(tr("Zoom &in"), this, [zoomBy] { zoomBy(1); });
  larger->setShortcuts({QKeySequence(tr("Ctrl++")), QKeySequence(tr("Ctrl+="))});
  menu->addAction(tr("Zoom &out"), QKeySequence(tr("Ctrl+-")), this, [zoomBy] { zoomBy(-1); });
  menu->addAction(tr("&Actual size"), QKeySequence(tr("Ctrl+Shift+0")), this, [] { Theme::instance().setZoom(100); });
  menu->addAction(tr("&Switch light and dark"), QKeySequence(tr("Ctrl+Shift+L")), this,
                  [this] { setThemeMode(Theme::instance().isDark() ? ThemeMode::Light : ThemeMode::Dark); });
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    for (QAction* action : m_themeActions->actions())
      action->setChecked(action->data().toInt() == static_cast<int>(Theme::instance().mode()));
  });
}

void MainWindow::buildHelpMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Help"));
  menu->addAction(icon(QStringLiteral("help")), tr("&What is this?"), QKeySequence(tr("F1")), this,
                  &MainWindow::toggleHelp);
  menu->addAction(icon(QStringLiteral("info")), tr("&About Quantscope"), this, &MainWindow::showAbout);
}

void MainWindow::toggleHelp() {
  if (m_help->isVisible()) return m_help->dismiss();
  fillHelp();
  m_help->open();
}

void MainWindow::fillHelp() {
  if (m_help == nullptr) return;
  const Workspace* workspace = currentWorkspace();
  const WorkspaceEntry* entry = findWorkspace(m_selection.workspace());
  const QString text = workspace ? workspace->helpText()
                                 : tr("Open a model file or folder, or the demo model. Everything else happens in the "
                                      "workspaces at the left.");
  QList<std::pair<QString, QString>> keys;
  for (const QAction* menu : menuBar()->actions()) {
    for (const QAction* action : menu->menu() ? menu->menu()->actions() : QList<QAction*>())
      if (!action->shortcut().isEmpty())
        keys.append({action->shortcut().toString(QKeySequence::NativeText), action->text().remove(u'&')});
  }
  m_help->setContent(entry ? entry->translatedTitle() : tr("Start"), text, keys);
}

void MainWindow::showAbout() {
  auto* box = new QMessageBox(
      QMessageBox::NoIcon, tr("About Quantscope"),
      tr("<h3>Quantscope %1</h3><p>Open a model, see its numbers, quantize them in front of you, and chat with the "
         "result beside the original.</p><p>Free software under the GNU GPL, version 3 or later.</p>")
          .arg(QStringLiteral(QS_VERSION)),
      QMessageBox::Close, this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->open();
}

void MainWindow::openCommandPalette() {
  if (!m_localModels->isScanned()) m_localModels->scan();
  m_palette->open(paletteItems());
}

void MainWindow::closeCommandPalette() { m_palette->dismiss(); }

std::vector<PaletteItem> MainWindow::paletteItems() {
  std::vector<PaletteItem> items;
  const std::function<void(QMenu*)> addMenu = [&](QMenu* menu) {
    for (QAction* action : menu->actions()) {
      if (action->isSeparator() || !action->isEnabled()) continue;
      if (action->menu()) {
        addMenu(action->menu());
        continue;
      }
      items.push_back({action->text().remove(u'&'), action->shortcut().toString(QKeySequence::NativeText),
                       menu->title().contains(tr("View")) ? QStringLiteral("panel") : QStringLiteral("play"),
                       [action] { action->trigger(); }});
    }
  };
  for (const WorkspaceEntry& entry : workspaceEntries())
    items.push_back({entry.translatedTitle(), entry.translatedDescription(), QLatin1String(entry.icon),
                     [this, id = QString(QLatin1String(entry.id))] { showWorkspace(id); }});
  for (QAction* action : menuBar()->actions())
    if (action->menu()) addMenu(action->menu());
  for (const LocalModels::Entry& entry : m_localModels->entries()) {
    QStringList detail{text::bytes(entry.model.bytes), QString::fromStdString(entry.model.origin)};
    if (entry.verdict && !entry.verdict->type.empty()) detail.insert(1, QString::fromStdString(entry.verdict->type));
    if (const auto why = entry.verdict ? shortly(*entry.verdict) : std::string(); !why.empty())
      detail << QString::fromStdString(why);
    items.push_back({QString::fromStdString(entry.model.name), detail.join(QStringLiteral(" · ")),
                     QStringLiteral("cube"),
                     [this, source = QString::fromStdString(entry.model.source)] { openModel(source); }});
  }
  for (PaletteItem& item : lessonItems()) items.push_back(std::move(item));
  for (const SchemeEntry& entry : m_selection.schemes())
    items.push_back({entry.title, entry.recipe.asScheme() ? tr("scheme") : tr("recipe"), QStringLiteral("quantize"),
                     [this, recipe = entry.recipe] {
                       m_selection.setChecked(recipe, true);
                       m_selection.setCurrentRecipe(recipe);
                     }});
  if (const auto& model = m_selection.model()) {
    const auto tensors = model->checkpoint().tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i)
      items.push_back({QString::fromStdString(tensors[i].name), QString::fromStdString(tensors[i].shape.toString()),
                       QStringLiteral("tensor"), [this, i] { m_selection.goTo(QStringLiteral("inspect"), i); }});
  }
  return items;
}

}  // namespace app
