#pragma once
#include <QPixmap>
#include <QString>

#include <functional>
#include <vector>

#include "app/session/kv_layout.h"
#include "app/widgets/theme.h"

class QTableView;
class QWidget;

namespace app {

class Card;
class Label;

/// A card that is filled up to its edges (a chart, a table) below one line: what it shows, then controls.
Card* flushCard(Label* title, const std::vector<QWidget*>& controls);
/// The look and the keys that all tables of Compare have: whole rows, one at a time, as wide as their texts.
void setUpTable(QTableView& table, const QString& objectName, const QString& name);
/// What Enter, and with something to copy Ctrl+C, do in a table.
void setTableKeys(QTableView& table, std::function<void()> enter, std::function<void()> copy = {});
/// A scheme's mark, as the first column of a table shows it.
QPixmap swatch(SeriesMark mark, const QColor& color);

}  // namespace app
