#pragma once
#include <QString>
#include <vector>

class QWidget;

namespace app {

class Chart;
class Label;
class ResultCard;

/// How both labs are arranged: what is asked in a column on the left, above the buttons, which never scroll away; on
/// the right what comes of it.
/// @param asked below each other, in a column that scrolls where it is too high
void layOutLab(QWidget* page, const std::vector<QWidget*>& asked, QWidget* buttons, QWidget* pictures);
/// The right side: what came out, pictures side by side, a table of words below.
/// @param share of the height that pictures have at first
QWidget* stackLab(const QString& objectName, QWidget* result, QWidget* pictures, QWidget* table, double share = 0.6);
/// A card filled by a chart below its name and its menu.
QWidget* chartCard(Label* title, Chart* chart);
/// A card filled by a table. @param above what stands over it; may be null
QWidget* tableCard(QWidget* table, QWidget* above = nullptr);

}  // namespace app
