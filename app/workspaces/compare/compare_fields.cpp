#include "app/workspaces/compare/compare_fields.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>

#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr int kRowHeight = 23;
}

QWidget* namedField(const QString& name, QWidget* field) {
  auto* pair = new QWidget;
  auto* row = new QHBoxLayout(pair);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  auto* label = new Label(Label::Style::Hint, name);
  label->setBuddy(field);
  field->setAccessibleName(name);
  row->addWidget(label);
  row->addWidget(field);
  return pair;
}

Card* flushCard(Label* title, const std::vector<QWidget*>& controls) {
  auto* card = new Card;
  card->setFlush(true);
  card->header()->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kHalf);
  title->setElide(Qt::ElideRight);
  card->header()->addWidget(title, 1);
  for (QWidget* control : controls) card->header()->addWidget(control);
  return card;
}

void setUpTable(QTableView& table, const QString& objectName, const QString& name) {
  table.setObjectName(objectName);
  table.setAccessibleName(name);
  table.setShowGrid(false);
  table.setFrameShape(QFrame::NoFrame);
  table.setSelectionBehavior(QAbstractItemView::SelectRows);
  table.setSelectionMode(QAbstractItemView::SingleSelection);
  table.setTabKeyNavigation(false);
  table.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table.setWordWrap(false);
  table.verticalHeader()->hide();
  table.verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRowHeight));
  table.horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table.horizontalHeader()->setHighlightSections(false);
  table.horizontalHeader()->setProperty("kind", QStringLiteral("compact"));
}

QPixmap swatch(SeriesMark mark, const QColor& color) {
  const int size = Theme::instance().px(12);
  QPixmap pixmap(size * 2, size * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  paintMark(painter, mark, QRectF(1, 1, size - 2, size - 2), color);
  return pixmap;
}

QString kvText(KvStorage storage) {
  const QString name = QString::fromUtf8(nameOf(storage).data()).toUpper();
  return name.startsWith(u'F') ? QStringLiteral("FP") + name.mid(1) : name;
}

}  // namespace app
