#pragma once
#include <QPixmap>
#include <QString>

#include <vector>

#include "app/session/kv_layout.h"
#include "app/widgets/theme.h"

class QTableView;
class QWidget;

namespace app {

class Card;
class Label;

/// A field behind its name, as one thing that stays together.
QWidget* namedField(const QString& name, QWidget* field);
/// A card that is filled up to its edges (a chart, a table) below one line: what it shows, then controls.
Card* flushCard(Label* title, const std::vector<QWidget*>& controls);
/// The look and the keys that all tables of Compare have: whole rows, one at a time, as wide as their texts.
void setUpTable(QTableView& table, const QString& objectName, const QString& name);
/// A scheme's mark, as the first column of a table shows it.
QPixmap swatch(SeriesMark mark, const QColor& color);
/// "FP16", "INT8", "Q8_0".
QString kvText(KvStorage storage);

}  // namespace app
