// Links: where the main window goes when one is followed, and the link of what it shows.
#include <QClipboard>
#include <QGuiApplication>

#include "app/selection/model_loader.h"
#include "app/shell/main_window.h"
#include "app/widgets/banner.h"

namespace app {

void MainWindow::openLink(const QString& text) {
  if (const auto link = Link::parse(text)) return openLink(*link);
  showError(tr("\"%1\" is no link into Quantscope. Links look like quantscope://bits/fp32/0x3eeaf790.")
                .arg(text.trimmed().left(120)));
}

void MainWindow::openLink(const Link& link) {
  const WorkspaceEntry* entry = findWorkspace(link.workspace);
  if (entry == nullptr) return showError(tr("There is no workspace \"%1\".").arg(link.workspace.left(120)));
  // A model that is on its way may be what the link speaks of; without any, tensors are the demo's.
  const bool needsModel = entry->needsModel || link.has(QStringLiteral("tensor"));
  if (!m_selection.model() && (needsModel || m_loader->isOpening())) {
    m_linkAfterOpening = link;
    if (!m_loader->isOpening()) openModel(QStringLiteral("demo"));
    return;
  }
  showWorkspace(link.workspace);
  const QString problem = workspaceOf(*entry)->openLink(link);
  if (problem.isEmpty())
    m_banner->dismiss();
  else
    showError(problem);
}

void MainWindow::copyLink() {
  const Workspace* workspace = currentWorkspace();
  if (workspace == nullptr) return;
  QGuiApplication::clipboard()->setText(workspace->link().toString());
}

}  // namespace app
