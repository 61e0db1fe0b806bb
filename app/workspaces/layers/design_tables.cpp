#include "app/workspaces/layers/design_tables.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_items_model.h"
#include "app/workspaces/layers/design_words.h"

namespace app {

namespace {
constexpr int kRowHeight = 23;

/// A sentence, and behind it what will stand in its place.
QStackedWidget* behindSentence(const QString& sentence, QWidget* content) {
  auto* page = new QStackedWidget;
  auto* empty = new QWidget;
  auto* column = new QVBoxLayout(empty);
  column->setContentsMargins(space::kThree, space::kTwo, space::kThree, space::kTwo);
  auto* label = new Label(Label::Style::Muted, sentence);
  label->setWrapping();
  label->setAlignment(Qt::AlignCenter);
  column->addStretch();
  column->addWidget(label);
  column->addStretch();
  page->addWidget(empty);
  page->addWidget(content);
  return page;
}

}  // namespace

DesignTables::DesignTables(QWidget* parent)
    : Card({}, parent),
      m_items(new DesignItemsModel(this)),
      m_sorted(new QSortFilterProxyModel(this)),
      m_view(new QTableView),
      m_check(
          new TextTable({tr("recipe"), tr("bytes"), tr("KL"), tr("the design has")}, tr("Beside other recipes"), 1)),
      m_excluded(new TextTable({tr("tensor"), tr("scheme"), tr("why")}, tr("Candidates that were out"), 3)),
      m_itemsPage(behindSentence(tr("What every tensor becomes is listed here, with its bytes and its KL alone."),
                                 buildItems())),
      m_checkPage(behindSentence(
          tr("At the end the recipe is compared here with others of its size, on the text that takes no part."),
          m_check)),
      m_tabs(new QTabWidget) {
  setFlush(true);
  m_tabs->setObjectName(QStringLiteral("design-tables"));
  m_tabs->setDocumentMode(true);
  m_tabs->setUsesScrollButtons(false);
  m_check->setObjectName(QStringLiteral("design-rivals"));
  m_excluded->setObjectName(QStringLiteral("design-excluded"));
  m_check->fitColumns();
  m_check->wrapLastColumn();
  m_check->setColumnToolTip(1, tr("Of the whole model"));
  m_check->setColumnToolTip(2, tr("Nats per token on the text that took no part, ± its standard error over blocks"));
  m_check->setColumnToolTip(3, tr("Paired over blocks of text, with the interval at 95 %"));
  m_excluded->fitColumns();
  m_excluded->wrapLastColumn();
  m_tabs->addTab(m_itemsPage, tr("Tensors"));
  m_tabs->addTab(m_checkPage, tr("Beside others"));
  m_tabs->addTab(m_excluded, tr("Out"));
  m_tabs->setTabToolTip(2, tr("Candidates with which a tensor makes the model compute no numbers"));
  body()->addWidget(m_tabs, 1);
}

QTableView* DesignTables::buildItems() {
  m_sorted->setSourceModel(m_items);
  m_sorted->setSortRole(DesignItemsModel::kSortRole);
  m_view->setModel(m_sorted);
  m_view->setObjectName(QStringLiteral("design-items"));
  m_view->setAccessibleName(tr("What every tensor became"));
  m_view->setSortingEnabled(true);
  m_view->sortByColumn(-1, Qt::AscendingOrder);
  m_view->setShowGrid(false);
  m_view->setFrameShape(QFrame::NoFrame);
  m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_view->setTabKeyNavigation(false);
  m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_view->verticalHeader()->hide();
  m_view->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRowHeight));
  m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_view->horizontalHeader()->setHighlightSections(false);
  m_view->horizontalHeader()->setProperty("kind", QStringLiteral("compact"));
  m_view->installEventFilter(this);
  m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
  auto* copy = new QAction(icon(QStringLiteral("copy")), tr("Copy the table"), m_view);
  connect(copy, &QAction::triggered, this, &DesignTables::copyItems);
  m_view->addAction(copy);
  connect(m_view, &QTableView::activated, this, [this](const QModelIndex& index) {
    const auto row = static_cast<std::size_t>(index.data(DesignItemsModel::kRowRole).toInt());
    Q_EMIT tensorActivated(m_items->items()[row].tensors.front());
  });
  return m_view;
}

void DesignTables::show(const DesignOutcome* outcome, const Selection& selection, bool isOld) {
  const bool hasDesign = outcome != nullptr && outcome->design;
  QString shown = QStringLiteral("%1 %2").arg(isOld).arg(outcome == nullptr ? 0 : outcome->excluded.size());
  if (hasDesign)
    shown += QStringLiteral(" %1 %2 %3")
                 .arg(outcome->question.key())
                 .arg(outcome->measurements())
                 .arg(outcome->check.has_value());
  if (shown == m_shown) return;
  m_shown = shown;
  m_items->setItems(hasDesign ? outcome->design->items : std::vector<DesignedItem>(), isOld);
  m_itemsPage->setCurrentIndex(hasDesign ? 1 : 0);
  m_checkPage->setCurrentIndex(hasDesign && outcome->check ? 1 : 0);
  std::vector<QStringList> excluded;
  if (outcome != nullptr)
    for (const ExcludedCandidate& out : outcome->excluded)
      excluded.push_back({QString::fromStdString(out.item), schemeTitle(out.scheme), QString::fromStdString(out.why)});
  m_tabs->setTabVisible(2, !excluded.empty());
  m_tabs->setTabText(2, tr("Out (%1)").arg(excluded.size()));
  m_excluded->setLines(excluded);
  if (hasDesign && outcome->check)
    showCheck(*outcome, selection);
  else
    m_check->setLines({});
  m_check->setEnabled(!isOld);
}

void DesignTables::showCheck(const DesignOutcome& outcome, const Selection& selection) {
  const DesignCheck& check = *outcome.check;
  std::vector<QStringList> lines{
      {tr("the design"), text::count(outcome.design->bytes), text::estimate(check.kl), QString()}};
  for (const DesignRival& rival : check.rivals)
    lines.push_back(
        {selection.title(rival.recipe), text::count(rival.bytes), text::estimate(rival.kl), comparisonText(rival)});
  m_check->setLines(lines);
}

void DesignTables::copyItems() {
  QStringList lines, header;
  for (int column = 0; column < m_sorted->columnCount(); ++column)
    header << m_sorted->headerData(column, Qt::Horizontal).toString();
  lines << header.join(u'\t');
  for (int row = 0; row < m_sorted->rowCount(); ++row) {
    QStringList cells;
    for (int column = 0; column < m_sorted->columnCount(); ++column)
      cells << m_sorted->index(row, column).data().toString();
    lines << cells.join(u'\t');
  }
  QGuiApplication::clipboard()->setText(lines.join(u'\n') + u'\n');
}

bool DesignTables::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_view && event->type() == QEvent::KeyPress &&
      static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
    copyItems();
    return true;
  }
  return Card::eventFilter(watched, event);
}

}  // namespace app
