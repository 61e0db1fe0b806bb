// The menu of every chart: what a right click and the button beside a chart offer.
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QToolButton>

#include "app/plots/chart.h"
#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

void Chart::fillMenu(QMenu* menu) {
  menu->addAction(icon(QStringLiteral("refresh")), tr("Reset view"), this, &Chart::resetView);
  menu->addSeparator();
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy picture"), this,
                  [this] { QGuiApplication::clipboard()->setPixmap(picture()); });
  menu->addAction(tr("Copy numbers"), this,
                  [this] { QGuiApplication::clipboard()->setText(QString::fromUtf8(csv())); });
  menu->addSeparator();
  for (const char* ending : {"png", "svg", "pdf", "csv"}) {
    const QString name = QLatin1String(ending);
    menu->addAction(icon(QStringLiteral("export")), tr("Export as %1…").arg(name.toUpper()), this,
                    [this, name] { askAndExport(name); });
  }
}

void Chart::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  fillMenu(menu);
  menu->popup(event->globalPos());
}

QToolButton* Chart::createMenuButton() {
  auto* button = new QToolButton;
  button->setIcon(icon(QStringLiteral("export")));
  keepIconSize(*button, 18);
  button->setToolTip(tr("Export or copy this chart"));
  button->setAccessibleName(tr("Export or copy the chart"));
  button->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(button);
  fillMenu(menu);
  button->setMenu(menu);
  return button;
}

void Chart::askAndExport(const QString& ending) {
  QString name = m_title;
  name.replace(u'/', u'_');
  auto* dialog = new QFileDialog(this, tr("Export chart"), name + u'.' + ending);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(ending);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& fileName) {
    if (const QString problem = exportTo(fileName); !problem.isEmpty()) Q_EMIT exportFailed(problem);
  });
  dialog->open();
}

}  // namespace app
