#include "app/widgets/picture_menu.h"

#include <QBuffer>
#include <QClipboard>
#include <QCoreApplication>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>

#include "app/widgets/icon.h"
#include "app/widgets/save_file.h"
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

QByteArray svgOf(const Picture& picture) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(picture.size);
  generator.setViewBox(QRect(QPoint(), picture.size));
  generator.setTitle(picture.title);
  QPainter painter(&generator);
  painter.fillRect(QRect(QPoint(), picture.size), Theme::instance().colors().surface);
  picture.paint(painter);
  painter.end();
  return bytes;
}

QByteArray pngOf(const Picture& picture) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  pixmapOf(picture).save(&buffer, "PNG");
  return bytes;
}

void askAndExport(QWidget& owner, const Picture& picture, const QString& ending,
                  const std::function<void(const QString&)>& failed) {
  auto* dialog = new QFileDialog(&owner, tr("Export"), QString(picture.title).replace(u'/', u'_') + u'.' + ending);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(ending);
  QObject::connect(dialog, &QFileDialog::fileSelected, &owner, [picture, failed](const QString& fileName) {
    if (const QString problem = exportPicture(picture, fileName); !problem.isEmpty()) failed(problem);
  });
  dialog->open();
}

}  // namespace

QString exportPicture(const Picture& picture, const QString& fileName) {
  const auto endsIn = [&fileName](const char* ending) {
    return fileName.endsWith(QLatin1String(ending), Qt::CaseInsensitive);
  };
  return saveFile(fileName, endsIn(".csv") ? picture.csv() : endsIn(".svg") ? svgOf(picture) : pngOf(picture));
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
