#pragma once
#include <QColor>
#include <QIcon>
#include <QPainter>
#include <QString>

namespace app {

/// One of the SVG icons of resources/icons in the theme's colours: muted at rest, accent when selected or checked,
/// faint when disabled. It follows theme changes and is sharp at every scale.
QIcon icon(const QString& name);

/// Draws an icon in one colour.
void paintIcon(QPainter& painter, const QString& name, const QRectF& rect, const QColor& color);

}  // namespace app
