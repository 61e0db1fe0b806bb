#include "app/lesson_view/glossary_tips.h"

// QCustomPlot uses Qt's old foreach keyword in its header.
#include <qcustomplot.h>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QGroupBox>
#include <QHeaderView>
#include <QHelpEvent>
#include <QLabel>
#include <QTabBar>
#include <QTextDocumentFragment>
#include <QTextLayout>
#include <QToolTip>
#include <cmath>

#include "app/lesson_view/lesson_text.h"
#include "app/lessons/glossary.h"
#include "app/widgets/accessible_parts.h"

namespace app {
namespace {

/// Of one text; more would be a page.
constexpr qsizetype kMostTerms = 3;

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

std::optional<Words> whole(QString text) {
  text.remove(u'&');
  return text.isEmpty() ? std::nullopt : std::optional(Words{std::move(text), -1});
}

std::optional<Words> labelWords(const QLabel& label, QPoint place) {
  if (label.textFormat() == Qt::RichText || (label.textFormat() == Qt::AutoText && Qt::mightBeRichText(label.text())))
    return whole(QTextDocumentFragment::fromHtml(label.text()).toPlainText());
  const qsizetype letter = letterAt(label, place);
  return letter < 0 ? std::nullopt : std::optional(Words{label.text(), letter});
}

/// The title of the axis under the pointer.
std::optional<Words> chartWords(const QCustomPlot& chart, QPoint place) {
  for (const QCPAxisRect* rect : chart.axisRects())
    for (const QCPAxis* axis : rect->axes())
      if (axis->visible() && axis->getPartAt(place) == QCPAxis::spAxisLabel) return whole(axis->label());
  return std::nullopt;
}

/// What a view has under the pointer: of a cell, or of the section of a header.
QVariant itemAt(const QAbstractItemView& view, QPoint place, int role) {
  if (const auto* header = qobject_cast<const QHeaderView*>(&view))
    return header->model()->headerData(header->logicalIndexAt(place), header->orientation(), role);
  return view.indexAt(place).data(role);
}

/// The smallest part of a painted widget under the pointer.
std::optional<AccessiblePart> partAt(const QWidget& widget, QPoint place) {
  const auto* parts = dynamic_cast<const AccessibleParts*>(&widget);
  std::optional<AccessiblePart> found;
  for (int i = 0; parts != nullptr && i < parts->partCount(); ++i) {
    AccessiblePart part = parts->part(i);
    if (!part.rect.contains(place)) continue;
    if (!found || part.rect.width() * part.rect.height() < found->rect.width() * found->rect.height())
      found = std::move(part);
  }
  return found;
}

std::optional<Words> wordsAt(const QWidget& widget, QPoint place) {
  if (const auto* label = qobject_cast<const QLabel*>(&widget)) return labelWords(*label, place);
  if (const auto* button = qobject_cast<const QAbstractButton*>(&widget))
    return whole(button->text().isEmpty() ? button->accessibleName() : button->text());
  if (const auto* box = qobject_cast<const QGroupBox*>(&widget)) return whole(box->title());
  if (const auto* box = qobject_cast<const QComboBox*>(&widget))
    return whole(box->currentText() + u'\n' + box->accessibleName());
  if (const auto* tabs = qobject_cast<const QTabBar*>(&widget)) return whole(tabs->tabText(tabs->tabAt(place)));
  if (const auto* chart = qobject_cast<const QCustomPlot*>(&widget)) return chartWords(*chart, place);
  if (const auto part = partAt(widget, place)) return whole(part->name + u' ' + part->description);
  // The pointer is over the viewport of a table, a list or a header.
  const auto* view = qobject_cast<const QAbstractItemView*>(widget.parentWidget());
  if (view != nullptr && view->model() != nullptr && view->viewport() == &widget)
    return whole(itemAt(*view, place, Qt::DisplayRole).toString());
  // A slider, a field, a picture: what it is called. Texts of lessons explain their own terms, one by one.
  const bool isLeaf = widget.findChild<const QWidget*>() == nullptr || qobject_cast<const QAbstractSpinBox*>(&widget);
  const bool saysItself =
      qobject_cast<const LessonText*>(&widget) != nullptr || dynamic_cast<const AccessibleParts*>(&widget) != nullptr;
  return isLeaf && !saysItself ? whole(widget.accessibleName()) : std::nullopt;
}

/// What the widget says itself.
QString ownTip(const QWidget& widget, QPoint place) {
  if (const auto* tabs = qobject_cast<const QTabBar*>(&widget)) return tabs->tabToolTip(tabs->tabAt(place));
  if (const auto* view = qobject_cast<const QAbstractItemView*>(widget.parentWidget()); view && view->model())
    return itemAt(*view, place, Qt::ToolTipRole).toString();
  if (const auto part = partAt(widget, place)) return part->name;
  return widget.toolTip();
}

QString asHtml(const QString& tip) {
  if (tip.isEmpty() || Qt::mightBeRichText(tip)) return tip;
  return QStringLiteral("<p>%1</p>").arg(tip.toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
}

}  // namespace

GlossaryTips::GlossaryTips(QObject* parent) : QObject(parent) { qApp->installEventFilter(this); }

QString GlossaryTips::tipFor(const QWidget& widget, QPoint place) {
  const auto words = wordsAt(widget, place);
  if (!words) return {};
  QList<const Glossary::Term*> terms;
  for (const Glossary::Match& match : Glossary::instance().matches(words->text)) {
    const bool isThere =
        words->letter < 0 || (words->letter >= match.start && words->letter < match.start + match.length);
    if (isThere && !terms.contains(match.term) && terms.size() < kMostTerms) terms << match.term;
  }
  if (terms.isEmpty()) return {};
  QString tip = asHtml(ownTip(widget, place));
  for (const Glossary::Term* term : terms) tip += Glossary::toolTip(*term);
  return tip;
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
