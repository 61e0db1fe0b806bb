#include "app/workspaces/compare/compare_fields.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QTableView>
#include <utility>

#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kRowHeight = 23;

/// Lives as long as its table.
class TableKeys : public QObject {
 public:
  TableKeys(QTableView& table, std::function<void()> enter, std::function<void()> copy)
      : QObject(&table), m_enter(std::move(enter)), m_copy(std::move(copy)) {
    table.installEventFilter(this);
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() != QEvent::KeyPress) return QObject::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (m_copy && key->matches(QKeySequence::Copy)) {
      m_copy();
      return true;
    }
    if (key->key() != Qt::Key_Return && key->key() != Qt::Key_Enter) return QObject::eventFilter(watched, event);
    m_enter();
    return true;
  }

 private:
  std::function<void()> m_enter, m_copy;
};

}  // namespace

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

void setTableKeys(QTableView& table, std::function<void()> enter, std::function<void()> copy) {
  new TableKeys(table, std::move(enter), std::move(copy));
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

}  // namespace app
