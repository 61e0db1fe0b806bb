#include "app/workspaces/inspect/tensor_browser.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QPainter>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/widgets/frozen_table.h"
#include "app/widgets/icon.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/name_delegate.h"
#include "app/workspaces/inspect/tensor_table_model.h"
#include "core/io/packed_weights.h"
#include "core/quant/load_tensor.h"

namespace app {

namespace {

constexpr int kNamePadding = 16, kNarrowName = 190, kWidestName = 620, kColumnPadding = 28;
constexpr int kTensorRole = Qt::UserRole;  ///< of a leaf of the tree: index of its tensor

/// A tensor's share of the model as a thin bar behind the number.
class ShareDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const double share = index.data(TensorTableModel::kShareRole).toDouble();
    QStyledItemDelegate::paint(painter, option, index);
    const QRectF track = QRectF(option.rect).adjusted(6, option.rect.height() - 5, -6, -2);
    QRectF bar = track;
    bar.setWidth(std::max(1.0, track.width() * share));
    painter->fillRect(bar, Theme::instance().colors().accent);
  }
};

/// "blk.3.attn_q.weight" → {"blk.3"}; "model.layers.0.self_attn.q_proj.weight" → {"model.layers.0", "self_attn"}.
QStringList groupsOf(const QString& name) {
  const QStringList parts = name.split(QLatin1Char('.'));
  int number = -1;
  for (int i = 0; i < parts.size() && number < 0; ++i) {
    bool isNumber = false;
    parts[i].toInt(&isNumber);
    if (isNumber && i > 0) number = i;
  }
  if (number < 0) return {};
  QStringList groups{QStringList(parts.mid(0, number + 1)).join(QLatin1Char('.'))};
  // A tensor's last two words ("q_proj.weight") are its own name.
  for (int i = number + 1; i < static_cast<int>(parts.size()) - 2; ++i) groups.append(parts[i]);
  return groups;
}

/// Leaves the pieces of packed weights out, unless everything is shown as the file has it.
class WeightsOnly : public QSortFilterProxyModel {
 public:
  WeightsOnly(const TensorTableModel& table, QObject* parent) : QSortFilterProxyModel(parent), m_table(table) {}

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override {
    const bool isPiece = m_table.index(row, 0).data(TensorTableModel::kPieceRole).toBool();
    if (isPiece && m_table.shown() == TensorTableModel::Shown::Weights) return false;
    return QSortFilterProxyModel::filterAcceptsRow(row, parent);
  }

 private:
  const TensorTableModel& m_table;
};

/// The module that a packed weight and its pieces belong to: "model.layers.0.self_attn.q_proj".
QString moduleOf(const core::io::TensorInfo& tensor) {
  QString module = QString::fromStdString(tensor.pieceOf.empty() ? tensor.name : tensor.pieceOf);
  if (module.endsWith(QLatin1String(".weight"))) module.chop(7);
  return module;
}

/// The groups of what the file holds: the pieces of a packed weight stand together under their module.
QStringList storedGroupsOf(const core::io::TensorInfo& tensor) {
  const QString name = storedNameText(tensor), module = moduleOf(tensor);
  const bool isPacked = !core::quant::elementType(tensor) || !tensor.pieceOf.empty();
  if (!isPacked || !name.startsWith(module + u'.')) return groupsOf(name);
  return groupsOf(module + QStringLiteral(".own.name"));  // two words that groupsOf leaves out
}

}  // namespace

TensorBrowser::TensorBrowser(Selection& selection, TensorFacts& facts, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_tableModel(new TensorTableModel(selection, facts, this)),
      m_tableProxy(new WeightsOnly(*m_tableModel, this)),
      m_treeModel(new QStandardItemModel(this)),
      m_treeProxy(new QSortFilterProxyModel(this)),
      m_filter(new QLineEdit),
      m_tabs(new QTabWidget),
      m_wide(new QToolButton),
      m_stored(new QToolButton) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_filter->setPlaceholderText(tr("Filter tensors…"));
  m_filter->setClearButtonEnabled(true);
  m_filter->setAccessibleName(tr("Filter tensors"));
  m_filter->setObjectName(QStringLiteral("tensor-filter"));
  connect(m_filter, &QLineEdit::textChanged, this, &TensorBrowser::filter);
  m_wide->setIcon(icon(QStringLiteral("expand")));
  keepIconSize(*m_wide, 18);
  m_wide->setCheckable(true);
  m_wide->setToolTip(tr("The table over the whole width, with every column"));
  m_wide->setAccessibleName(tr("Wide table"));
  m_wide->setObjectName(QStringLiteral("wide-table"));
  connect(m_wide, &QToolButton::toggled, this, [this](bool wide) {
    if (wide) m_tabs->setCurrentWidget(m_table);
    sizeColumns();
    Q_EMIT wideToggled(wide);
  });
  auto* head = new QHBoxLayout;
  head->setSpacing(space::kHalf);
  buildStored();
  head->addWidget(m_filter, 1);
  head->addWidget(m_wide);
  column->addLayout(head);
  m_tabs->addTab(buildTree(), tr("Tree"));
  m_tabs->addTab(buildTable(), tr("Table"));
  m_tabs->setDocumentMode(true);
  m_tabs->setCornerWidget(m_stored);
  column->addWidget(m_tabs, 1);
  connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
    if (m_tabs->currentWidget() != m_table) setWide(false);
  });
  connect(&facts, &TensorFacts::reset, this, [this] {
    m_stored->setVisible(m_tableModel->hasPieces());
    fillTree();
    sizeColumns();
    showSelection();
  });
  connect(&m_selection, &Selection::tensorChanged, this, &TensorBrowser::showSelection);
  fillTree();
  showSelection();
}

// There only where a file holds packed weights, or matrices the other way round.
void TensorBrowser::buildStored() {
  m_stored->setText(tr("Stored pieces"));
  m_stored->setCheckable(true);
  m_stored->setToolTip(
      tr("What the file really holds: packed codes under their own name, type and shape, their scales and zero-points; "
         "matrices in the shape that they are stored in"));
  m_stored->setObjectName(QStringLiteral("stored-pieces"));
  m_stored->setVisible(m_tableModel->hasPieces());
  connect(m_stored, &QToolButton::toggled, this, &TensorBrowser::showStored);
}

void TensorBrowser::showStored(bool stored) {
  m_tableModel->setShown(stored ? TensorTableModel::Shown::Stored : TensorTableModel::Shown::Weights);
  m_tableProxy->invalidate();
  fillTree();
  sizeColumns();
  showSelection();
  if (!m_filter->text().isEmpty()) m_tree->expandAll();
}

QWidget* TensorBrowser::buildTree() {
  m_tree = new QTreeView;
  m_treeProxy->setSourceModel(m_treeModel);
  m_treeProxy->setRecursiveFilteringEnabled(true);
  m_treeProxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
  m_treeProxy->setFilterRole(Qt::ToolTipRole);  // the whole name, not only its last part
  m_tree->setModel(m_treeProxy);
  m_tree->setHeaderHidden(false);
  m_tree->setUniformRowHeights(true);
  m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_tree->setAccessibleName(tr("Tensors as a tree"));
  m_tree->setObjectName(QStringLiteral("tensor-tree"));
  m_treeNames = new NameDelegate(m_tree->header(), m_tree);
  m_tree->setItemDelegateForColumn(0, m_treeNames);
  connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
    const QVariant tensor = index.siblingAtColumn(0).data(kTensorRole);
    if (!m_following && tensor.isValid()) m_selection.setTensor(tensor.toULongLong());
  });
  return m_tree;
}

QWidget* TensorBrowser::buildTable() {
  m_table = new FrozenTable;
  m_tableProxy->setSourceModel(m_tableModel);
  m_tableProxy->setSortRole(TensorTableModel::kSortRole);
  m_tableProxy->setFilterKeyColumn(TensorTableModel::Name);
  m_tableProxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setModel(m_tableProxy);
  m_table->setSortingEnabled(true);
  m_table->sortByColumn(TensorTableModel::Name, Qt::AscendingOrder);
  m_table->verticalHeader()->setDefaultSectionSize(28);
  m_tableNames = new NameDelegate(m_table->horizontalHeader(), m_table);  // the frozen part is as wide
  for (QTableView* table : {static_cast<QTableView*>(m_table), m_table->frozen()})
    table->setItemDelegateForColumn(TensorTableModel::Name, m_tableNames);
  sizeColumns();
  connect(m_table, &QTableView::activated, this, &TensorBrowser::tensorActivated);
  m_table->setItemDelegateForColumn(TensorTableModel::Share, new ShareDelegate(m_table));
  m_table->setAccessibleName(tr("Tensors as a table"));
  m_table->setObjectName(QStringLiteral("tensor-table"));
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
    if (!m_following && index.isValid())
      m_selection.setTensor(static_cast<std::size_t>(m_tableProxy->mapToSource(index).row()));
  });
  auto* copy = new QShortcut(QKeySequence::Copy, m_table, nullptr, nullptr, Qt::WidgetShortcut);
  connect(copy, &QShortcut::activated, this, &TensorBrowser::copyTable);
  return m_table;
}

void TensorBrowser::setWide(bool wide) { m_wide->setChecked(wide); }

// Wide enough for every text a column may get; the name takes what is left to it in the narrow table.
void TensorBrowser::sizeColumns() {
  const QFontMetrics metrics(m_table->font());
  const QFontMetrics bold(Theme::instance().textFont(0, QFont::DemiBold));
  const int number = metrics.horizontalAdvance(QStringLiteral("−1.23×10⁻¹²"));
  for (int column = 0; column < TensorTableModel::ColumnCount; ++column) {
    int width = column >= TensorTableModel::Bytes ? number : 0;
    if (column <= TensorTableModel::Type) {
      for (int row = 0; row < m_tableModel->rowCount(); ++row)
        width = std::max(width, metrics.horizontalAdvance(m_tableModel->index(row, column).data().toString()));
    }
    const QString title = m_tableModel->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    if (column == TensorTableModel::Name) m_tableNames->setWidest(width + kNamePadding);
    width = std::max(width, bold.horizontalAdvance(title)) + kColumnPadding;
    if (column == TensorTableModel::Name) width = std::min(width, m_wide->isChecked() ? kWidestName : kNarrowName);
    m_table->setColumnWidth(column, width);
  }
}

void TensorBrowser::fillTree() {
  m_treeModel->clear();
  m_treeModel->setHorizontalHeaderLabels({tr("Tensor"), tr("Shape")});
  if (!m_selection.model()) return;
  QHash<QString, QStandardItem*> groups;
  QList<QList<QStandardItem*>> rows;  // of the model, once each has all that is below it
  const auto appendTo = [&rows](QStandardItem* parent, QStandardItem* name, QStandardItem* shape) {
    if (parent != nullptr) return parent->appendRow({name, shape});
    rows.push_back(QList<QStandardItem*>{name, shape});
  };
  const auto tensors = m_selection.model()->checkpoint().tensors();
  const QFontMetrics metrics(m_tree->font());
  int widest = 0;
  const bool isStored = m_tableModel->shown() == TensorTableModel::Shown::Stored;
  const auto bytes = core::io::weightBytes(m_selection.model()->checkpoint());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!isStored && !tensors[i].pieceOf.empty()) continue;
    const QString name = isStored ? storedNameText(tensors[i]) : QString::fromStdString(tensors[i].name);
    QStandardItem* parent = nullptr;
    QString path;
    int indentation = m_tree->indentation();
    for (const QString& group : isStored ? storedGroupsOf(tensors[i]) : groupsOf(name)) {
      indentation += m_tree->indentation();
      path += (path.isEmpty() ? QString() : QStringLiteral(".")) + group;
      QStandardItem*& item = groups[path];
      if (item == nullptr) {
        item = new QStandardItem(group);
        appendTo(parent, item, new QStandardItem);
      }
      parent = item;
    }
    auto* leaf = new QStandardItem(path.isEmpty() ? name : name.mid(path.size() + 1));
    widest = std::max(widest, indentation + metrics.horizontalAdvance(leaf->text()) + kNamePadding);
    leaf->setData(QVariant::fromValue<qulonglong>(i), kTensorRole);
    leaf->setToolTip(QStringLiteral("%1 · %2").arg(name, text::bytes(isStored ? tensors[i].bytes : bytes[i])));
    appendTo(parent, leaf, new QStandardItem(shapeText(isStored ? storedShape(tensors[i]) : tensors[i].shape)));
  }
  for (const QList<QStandardItem*>& row : rows) m_treeModel->appendRow(row);
  m_treeNames->setWidest(widest);
  m_tree->header()->setStretchLastSection(false);
  m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
}

void TensorBrowser::filter(const QString& text) {
  m_tableProxy->setFilterFixedString(text);
  m_treeProxy->setFilterFixedString(text);
  if (!text.isEmpty()) m_tree->expandAll();
}

void TensorBrowser::showSelection() {
  if (!m_selection.tensor()) return;
  m_following = true;
  const int row = static_cast<int>(*m_selection.tensor());
  const QModelIndex inTable = m_tableProxy->mapFromSource(m_tableModel->index(row, 0));
  m_table->setCurrentIndex(inTable);
  m_table->scrollTo(inTable);
  const auto found =
      m_treeModel->match(m_treeModel->index(0, 0), kTensorRole, QVariant::fromValue<qulonglong>(*m_selection.tensor()),
                         1, Qt::MatchExactly | Qt::MatchRecursive);
  if (!found.isEmpty()) {
    const QModelIndex inTree = m_treeProxy->mapFromSource(found.first());
    m_tree->setCurrentIndex(inTree);
    m_tree->scrollTo(inTree);
  }
  m_following = false;
}

void TensorBrowser::copyTable() const {
  QString text;
  for (int row = -1; row < m_tableProxy->rowCount(); ++row) {
    QStringList cells;
    for (int column = 0; column < m_tableProxy->columnCount(); ++column) {
      cells.append(row < 0 ? m_tableModel->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString()
                           : m_tableProxy->index(row, column).data().toString());
    }
    text += cells.join(QLatin1Char('\t')) + QLatin1Char('\n');
  }
  QGuiApplication::clipboard()->setText(text);
}

}  // namespace app
