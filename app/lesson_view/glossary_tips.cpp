#include "app/lesson_view/glossary_tips.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QHelpEvent>
#include <QLabel>
#include <QTabBar>
#include <QTextLayout>
#include <QToolTip>
#include <cmath>

#include "app/lessons/glossary.h"

namespace app {
namespace {

/// Where in the text of a label a place lies; −1 for beside it.
qsizetype letterAt(const QLabel& label, QPoint place) {
  const QRect room = label.contentsRect();
  QTextLayout layout(label.text(), label.font());
  QTextOption option(label.alignment() & Qt::AlignHorizontal_Mask);
  option.setWrapMode(label.wordWrap() ? QTextOption::WordWrap : QTextOption::NoWrap);
  layout.setTextOption(option);
  layout.beginLayout();
  double height = 0;
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(room.width());
    line.setPosition({0, height});
    height += line.height();
  }
  layout.endLayout();
  const double top = label.alignment() & Qt::AlignTop      ? 0
                     : label.alignment() & Qt::AlignBottom ? room.height() - height
                                                           : (room.height() - height) / 2;
  const QPointF at = QPointF(place - room.topLeft()) - QPointF(0, top);
  for (int i = 0; i < layout.lineCount(); ++i) {
    const QTextLine line = layout.lineAt(i);
    if (line.naturalTextRect().adjusted(-3, 0, 3, 0).contains(at))
      return line.xToCursor(at.x(), QTextLine::CursorOnCharacter);
  }
  return -1;
}

/// The text under the pointer, and which letter of it; −1: the whole text counts.
struct Words {
  QString text;
  qsizetype letter = -1;
};

/// What a view has under the pointer: of a cell, or of the section of a header.
QVariant itemAt(const QAbstractItemView& view, QPoint place, int role) {
  if (const auto* header = qobject_cast<const QHeaderView*>(&view))
    return header->model()->headerData(header->logicalIndexAt(place), header->orientation(), role);
  return view.indexAt(place).data(role);
}

std::optional<Words> wordsAt(const QWidget& widget, QPoint place) {
  if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
    if (label->textFormat() == Qt::RichText) return std::nullopt;
    const qsizetype letter = letterAt(*label, place);
    return letter < 0 ? std::nullopt : std::optional(Words{label->text(), letter});
  }
  if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) return Words{button->text().remove(u'&'), -1};
  if (const auto* tabs = qobject_cast<const QTabBar*>(&widget)) {
    const int tab = tabs->tabAt(place);
    return tab < 0 ? std::nullopt : std::optional(Words{tabs->tabText(tab).remove(u'&'), -1});
  }
  if (const auto* box = qobject_cast<const QComboBox*>(&widget)) return Words{box->currentText(), -1};
  // The pointer is over the viewport of a table, a list or a header.
  const auto* view = qobject_cast<const QAbstractItemView*>(widget.parentWidget());
  if (view == nullptr || view->model() == nullptr || view->viewport() != &widget) return std::nullopt;
  return Words{itemAt(*view, place, Qt::DisplayRole).toString(), -1};
}

/// What the widget says itself.
QString ownTip(const QWidget& widget, QPoint place) {
  if (const auto* tabs = qobject_cast<const QTabBar*>(&widget)) return tabs->tabToolTip(tabs->tabAt(place));
  if (const auto* view = qobject_cast<const QAbstractItemView*>(widget.parentWidget()); view && view->model())
    return itemAt(*view, place, Qt::ToolTipRole).toString();
  return widget.toolTip();
}

}  // namespace

GlossaryTips::GlossaryTips(QObject* parent) : QObject(parent) { qApp->installEventFilter(this); }

QString GlossaryTips::tipFor(const QWidget& widget, QPoint place) {
  const auto words = wordsAt(widget, place);
  if (!words) return {};
  for (const Glossary::Match& match : Glossary::instance().matches(words->text)) {
    const bool isThere =
        words->letter < 0 || (words->letter >= match.start && words->letter < match.start + match.length);
    if (!isThere) continue;
    const QString own = ownTip(widget, place);
    const QString before =
        own.isEmpty() ? QString()
        : Qt::mightBeRichText(own)
            ? own
            : QStringLiteral("<p>%1</p>").arg(own.toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
    return before + Glossary::toolTip(*match.term);
  }
  return {};
}

bool GlossaryTips::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::ToolTip || !watched->isWidgetType()) return false;
  auto* widget = static_cast<QWidget*>(watched);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString tip = tipFor(*widget, help->pos());
  if (tip.isEmpty()) return false;
  QToolTip::showText(help->globalPos(), tip, widget);
  return true;
}

}  // namespace app
