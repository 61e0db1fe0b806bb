#include "app/widgets/picture_menu.h"

#include <QBuffer>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>

#include "app/text/tr.h"
#include "app/widgets/icon.h"
#include "app/widgets/save_file.h"
#include "app/widgets/theme.h"

namespace app {

using text::tr;

namespace {

constexpr double kPixelScale = 2;
constexpr int kHeading = 48;

QSize wholeSize(const Picture& picture) { return picture.size + QSize(0, kHeading); }

void paintWhole(QPainter& painter, const Picture& picture) {
  const Theme& theme = Theme::instance();
  const QRect page(QPoint(), wholeSize(picture));
  painter.fillRect(page, theme.colors().surface);
  const auto line = [&](int top, const QFont& font, const QColor& color, const QString& text) {
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(QRect(space::kOneHalf, top, page.width() - 2 * space::kOneHalf, kHeading / 2),
                     Qt::AlignLeft | Qt::AlignVCenter, text);
  };
  painter.save();
  line(0, theme.textFont(1, QFont::DemiBold), theme.colors().text, picture.title);
  line(kHeading / 2, theme.textFont(-1), theme.colors().textMuted, picture.provenance);
  painter.restore();
  painter.translate(0, kHeading);
  picture.paint(painter);
}

QPixmap pixmapOf(const Picture& picture) {
  QPixmap pixmap(wholeSize(picture) * kPixelScale);
  pixmap.setDevicePixelRatio(kPixelScale);
  QPainter painter(&pixmap);
  paintWhole(painter, picture);
  return pixmap;
}

QByteArray svgOf(const Picture& picture) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(wholeSize(picture));
  generator.setViewBox(QRect(QPoint(), wholeSize(picture)));
  generator.setTitle(picture.title);
  generator.setDescription(picture.provenance);
  QPainter painter(&generator);
  paintWhole(painter, picture);
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
