#pragma once
#include <QByteArray>
#include <QSize>
#include <QString>
#include <functional>

class QMenu;
class QPainter;
class QWidget;

namespace app {

/// A picture that a widget without a chart can give away: painted again, at any scale, instead of copied from the
/// screen.
struct Picture {
  QString title;       ///< file name and heading of the export
  QString provenance;  ///< what it was made from, under the heading
  QSize size;          ///< without the heading
  std::function<void(QPainter&)> paint;
  std::function<QByteArray()> csv;  ///< the same as numbers, C locale
};

/// @param fileName its ending (.png, .svg, .csv) chooses the kind
/// @return empty, or the sentence that says why it could not be written
QString exportPicture(const Picture& picture, const QString& fileName);
/// "Copy picture" and "Export as …" at the end of a menu. `failed` gets a sentence when a file cannot be written.
void addPictureActions(QMenu& menu, QWidget& owner, const Picture& picture,
                       const std::function<void(const QString&)>& failed);

}  // namespace app
