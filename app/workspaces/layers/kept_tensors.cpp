#include "app/workspaces/layers/kept_tensors.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"

namespace app {

namespace {

/// Sorts by the number behind a column where there is one.
class Row : public QTreeWidgetItem {
 public:
  using QTreeWidgetItem::QTreeWidgetItem;
  bool operator<(const QTreeWidgetItem& other) const override {
    const int column = treeWidget() != nullptr ? treeWidget()->sortColumn() : 0;
    const QVariant own = data(column, Qt::UserRole);
    return own.isValid() ? own.toULongLong() < other.data(column, Qt::UserRole).toULongLong()
                         : text(column).localeAwareCompare(other.text(column)) < 0;
  }
};

constexpr int kName = 0, kReason = 1, kType = 2, kBytes = 3;

}  // namespace

KeptTensors::KeptTensors(QWidget* parent) : QTreeWidget(parent) {
  setHeaderLabels({tr("Tensor"), tr("Why it stays"), tr("Type"), tr("Bytes")});
  setRootIsDecorated(false);
  setUniformRowHeights(true);
  setAllColumnsShowFocus(true);
  setSelectionMode(QAbstractItemView::ExtendedSelection);
  setAlternatingRowColors(true);
  setFrameShape(QFrame::NoFrame);
  setAccessibleName(tr("Tensors that stay as stored"));
  setSortingEnabled(true);
  sortByColumn(kBytes, Qt::DescendingOrder);
  header()->setStretchLastSection(false);
  header()->setSectionResizeMode(kName, QHeaderView::Stretch);
  header()->setSectionResizeMode(kReason, QHeaderView::Stretch);
  header()->setSectionResizeMode(kType, QHeaderView::ResizeToContents);
  header()->setSectionResizeMode(kBytes, QHeaderView::ResizeToContents);
  setTextElideMode(Qt::ElideMiddle);
  connect(this, &QTreeWidget::itemActivated, this, [this](const QTreeWidgetItem* item) {
    Q_EMIT tensorActivated(static_cast<std::size_t>(item->data(kName, Qt::UserRole + 1).toULongLong()));
  });
}

void KeptTensors::show(const OpenModel* model, const core::model::RecipePlan* plan) {
  clear();
  m_summary.clear();
  if (model == nullptr) return;
  const auto tensors = model->checkpoint().tensors();
  std::uint64_t kept = 0, all = 0;
  QList<QTreeWidgetItem*> rows;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    all += tensors[i].bytes;
    if (!tensors[i].pieceOf.empty()) continue;  // goes with its weight
    const core::model::TensorChoice& choice = model->choices()[i];
    if ((plan != nullptr ? plan->tensors[i].fate() : choice.fate) == core::model::Fate::Quantize) continue;
    kept += tensors[i].bytes;
    const std::string& reason = plan != nullptr ? plan->tensors[i].kept : choice.reason;
    auto* row = new Row({QString::fromStdString(tensors[i].name), QString::fromStdString(reason), typeText(tensors[i]),
                         text::bytes(tensors[i].bytes)});
    row->setData(kName, Qt::UserRole + 1, QVariant::fromValue<qulonglong>(i));
    row->setData(kBytes, Qt::UserRole, QVariant::fromValue<qulonglong>(tensors[i].bytes));
    row->setTextAlignment(kBytes, Qt::AlignRight | Qt::AlignVCenter);
    for (const int column : {kName, kReason}) row->setToolTip(column, row->text(column));
    rows.append(row);
  }
  addTopLevelItems(rows);
  const double share = all > 0 ? static_cast<double>(kept) / static_cast<double>(all) : 0;
  m_summary =
      tr("%1 tensors, %2 of the bytes").arg(text::count(static_cast<std::uint64_t>(rows.size())), text::percent(share));
}

void KeptTensors::keyPressEvent(QKeyEvent* event) {
  if (!event->matches(QKeySequence::Copy)) return QTreeWidget::keyPressEvent(event);
  QStringList lines;
  for (const QTreeWidgetItem* item : selectedItems())
    lines << QStringList{item->text(kName), item->text(kReason), item->text(kType), item->text(kBytes)}.join(u'\t');
  QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

}  // namespace app
