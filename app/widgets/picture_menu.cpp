#include "app/widgets/picture_menu.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QSaveFile>
#include <QSvgGenerator>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kPixelScale = 2;

QString tr(const char* text) { return QCoreApplication::translate("Picture", text); }

QPixmap pixmapOf(const Picture& picture) {
  QPixmap pixmap(picture.size * kPixelScale);
  pixmap.setDevicePixelRatio(kPixelScale);
  pixmap.fill(Theme::instance().colors().surface);
  QPainter painter(&pixmap);
  picture.paint(painter);
  return pixmap;
}

bool exportSvg(const Picture& picture, const QString& fileName) {
  QSvgGenerator generator;
  generator.setFileName(fileName);
  generator.setSize(picture.size);
  generator.setViewBox(QRect(QPoint(), picture.size));
  generator.setTitle(picture.title);
  QPainter painter;
  if (!painter.begin(&generator)) return false;
  painter.fillRect(QRect(QPoint(), picture.size), Theme::instance().colors().surface);
  picture.paint(painter);
  return painter.end();
}

void askAndExport(QWidget& owner, const Picture& picture, const QString& ending,
                  const std::function<void(const QString&)>& failed) {
  auto* dialog = new QFileDialog(&owner, tr("Export"), QString(picture.title).replace(u'/', u'_') + u'.' + ending);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(ending);
  QObject::connect(dialog, &QFileDialog::fileSelected, &owner, [picture, failed](const QString& fileName) {
    if (!exportPicture(picture, fileName))
      failed(tr("The picture could not be written to %1. Choose another folder.").arg(fileName));
  });
  dialog->open();
}

}  // namespace

bool exportPicture(const Picture& picture, const QString& fileName) {
  if (fileName.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
    QSaveFile file(fileName);
    return file.open(QIODevice::WriteOnly) && file.write(picture.csv()) >= 0 && file.commit();
  }
  if (fileName.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) return exportSvg(picture, fileName);
  return pixmapOf(picture).save(fileName, "PNG");
}

void addPictureActions(QMenu& menu, QWidget& owner, const Picture& picture,
                       const std::function<void(const QString&)>& failed) {
  menu.addAction(icon(QStringLiteral("copy")), tr("Copy picture"), &owner,
                 [picture] { QGuiApplication::clipboard()->setPixmap(pixmapOf(picture)); });
  menu.addSeparator();
  for (const char* ending : {"png", "svg", "csv"}) {
    const QString name = QLatin1String(ending);
    menu.addAction(icon(QStringLiteral("export")), tr("Export as %1…").arg(name.toUpper()), &owner,
                   [&owner, picture, name, failed] { askAndExport(owner, picture, name, failed); });
  }
}

}  // namespace app
