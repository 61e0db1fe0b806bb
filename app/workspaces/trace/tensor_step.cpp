#include "app/workspaces/trace/tensor_step.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/bar_delegate.h"
#include "app/workspaces/trace/part_model.h"
#include "app/workspaces/trace/tensor_map.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

TensorStep::TensorStep(TraceState& state, QWidget* parent)
    : Card(QString(), parent),
      m_state(state),
      m_measure(new QComboBox),
      m_splitter(new QSplitter),
      m_map(new TensorMap),
      m_table(new QTreeView),
      m_parts(new PartModel(this)),
      m_sum(new Label(Label::Style::Hint)) {
  setFlush(true);
  header()->setContentsMargins(space::kTwo, space::kOne, space::kOne, 0);
  header()->addWidget(new Label(Label::Style::Heading, tr("Which tensors")));
  header()->addStretch(1);
  m_measure->addItem(tr("Contribution"));
  m_measure->addItem(tr("Restored alone"));
  m_measure->setItemData(0, tr("Integrated gradients: all parts add up to the whole"), Qt::ToolTipRole);
  m_measure->setItemData(1, tr("What giving back this tensor alone changes, by a run of the model"), Qt::ToolTipRole);
  m_measure->setObjectName(QStringLiteral("trace-measure"));
  m_measure->setAccessibleName(tr("What the colours mean"));
  header()->addWidget(m_measure);
  header()->addWidget(m_map->createMenuButton());
  buildTable();
  m_splitter->setHandleWidth(space::kOne);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(m_map);
  m_splitter->addWidget(m_table);
  m_splitter->setStretchFactor(0, 1);
  m_splitter->setStretchFactor(1, 1);
  m_splitter->setSizes({450, 450});
  m_splitter->setObjectName(QStringLiteral("trace-tensors"));
  body()->addWidget(m_splitter, 1);
  auto* foot = new QHBoxLayout;
  foot->setContentsMargins(space::kTwo, 0, space::kTwo, space::kOne);
  m_sum->setObjectName(QStringLiteral("trace-sum"));
  m_sum->setWrapping();
  foot->addWidget(m_sum);
  body()->addLayout(foot);
  connect(m_measure, &QComboBox::currentIndexChanged, this, &TensorStep::fillMap);
  connect(m_map, &TensorMap::cellClicked, this,
          [this](int cell) { m_state.selectTensor(static_cast<std::size_t>(cell)); });
  connect(m_map, &TensorMap::cellActivated, this, [this](int cell) {
    m_state.selectTensor(static_cast<std::size_t>(cell));
    Q_EMIT tensorActivated();
  });
  refresh();
}

void TensorStep::buildTable() {
  m_table->setModel(m_parts);
  m_table->setObjectName(QStringLiteral("trace-parts"));
  m_table->setAccessibleName(tr("Parts, the largest first"));
  m_table->setRootIsDecorated(false);
  m_table->setUniformRowHeights(true);
  m_table->setFrameShape(QFrame::NoFrame);
  m_table->setAllColumnsShowFocus(true);
  m_table->setItemDelegateForColumn(PartModel::Contribution, new BarDelegate(PartModel::kShareRole, this));
  m_table->header()->setProperty("kind", QStringLiteral("compact"));
  m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->setTextElideMode(Qt::ElideMiddle);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
    if (!index.isValid()) return;
    if (const auto& row = m_parts->rows()[static_cast<std::size_t>(index.row())]; row.tensor)
      m_state.selectTensor(*row.tensor);
  });
  connect(m_table, &QTreeView::activated, this, [this](const QModelIndex& index) {
    if (m_parts->rows()[static_cast<std::size_t>(index.row())].tensor) Q_EMIT tensorActivated();
  });
}

TensorStep::Measure TensorStep::shownMeasure() const {
  const bool isAttributed = m_state.trace() != nullptr && m_state.trace()->attribution;
  return isAttributed && m_measure->currentIndex() == 0 ? Measure::Contribution : Measure::Restored;
}

void TensorStep::refresh() {
  const Trace* trace = m_state.trace();
  const bool isKnown = trace != nullptr && (trace->restoration || trace->attribution);
  const bool isSame = trace != nullptr && trace->depth && trace->tensors.empty() && m_state.isComplete();
  m_map->setMessage(
      isKnown  ? QString()
      : isSame ? tr("Both have the same weights: what parts them is the device, or the type of keys and values.")
      : m_state.isRunning() ? tr("Restoring one layer after the other…")
                            : tr("Not reached."));
  m_measure->setEnabled(trace != nullptr && trace->attribution);
  if (trace == m_shown) return;
  m_shown = trace;
  fillMap();
  {
    const QSignalBlocker blocked(m_table->selectionModel());
    m_parts->show(m_state);
  }
  m_sum->setText(sumText());
  refreshPlace();
}

void TensorStep::fillMap() {
  std::vector<TensorMap::Cell> cells;
  const Trace* trace = m_state.trace();
  const bool isContribution = shownMeasure() == Measure::Contribution;
  for (std::size_t i = 0; trace != nullptr && i < trace->tensors.size(); ++i) {
    TensorMap::Cell cell;
    cell.name = QString::fromStdString(trace->tensors[i].name);
    const auto* known = m_state.contribution(i);
    const auto* effect = m_state.effect(i);
    if (isContribution && known != nullptr) {
      cell.isKnown = true;
      cell.value = known->sum;
    } else if (!isContribution && effect != nullptr) {
      cell.isKnown = true;
      cell.value = effect->restored.logitDifference - trace->restoration->compared.logitDifference;
    }
    if (effect != nullptr) {
      cell.restores = m_state.restores(effect->restored);
      cell.note = tr("restored alone: logit difference %1").arg(text::number(effect->restored.logitDifference, 3));
      if (trace->found().agreement == core::trace::Agreement::Parted)
        cell.note += cell.restores ? tr(", the word is back") : tr(", the word stays wrong");
    }
    cells.push_back(std::move(cell));
  }
  m_map->setCells(std::move(cells), isContribution ? tr("contributes") : tr("restored, it changes the difference by"));
  const auto at = m_state.tensor();
  m_map->setSelected(at ? static_cast<int>(*at) : -1);
}

QString TensorStep::sumText() const {
  const Trace* trace = m_state.trace();
  if (trace == nullptr || !trace->restoration) return {};
  if (!trace->attribution) return tr("Contributions follow; colours are what restoring each tensor alone changes.");
  const auto& sums = *trace->attribution;
  const OtherParts parts = otherParts(sums);
  double tensors = 0.0;
  for (const auto& tensor : sums.tensors) tensors += tensor.sum;
  QString text = tr("%1 → %2: weights %3")
                     .arg(text::number(sums.compared, 3), text::number(sums.reference, 3), signedNumber(tensors));
  if (parts.hasInputs) text += tr(" + rounded activations %1").arg(signedNumber(parts.inputs));
  if (parts.hasCache) text += tr(" + rounded keys and values %1").arg(signedNumber(parts.cache));
  text += tr(" + remainder %1.").arg(signedNumber(parts.remainder, 2));
  return trace->found().agreement == core::trace::Agreement::Parted
             ? text + tr(" ✓ restored alone, it brings the word back.")
             : text;
}

void TensorStep::refreshPlace() {
  const auto at = m_state.tensor();
  m_map->setSelected(at ? static_cast<int>(*at) : -1);
  const QSignalBlocker blocked(m_table->selectionModel());
  const int row = at ? m_parts->rowOf(*at) : -1;
  const QModelIndex index = row < 0 ? QModelIndex() : m_parts->index(row, 0);
  m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  if (index.isValid()) m_table->scrollTo(index);
  m_table->viewport()->update();
}

void TensorStep::selectLayer(std::uint32_t layer) {
  const Trace* trace = m_state.trace();
  std::optional<std::size_t> best;
  const auto size = [this](std::size_t tensor) {
    const auto* known = m_state.contribution(tensor);
    return known == nullptr ? 0.0 : std::abs(known->sum);
  };
  for (std::size_t i = 0; trace != nullptr && i < trace->tensors.size(); ++i)
    if (trace->tensors[i].layer == layer && (!best || size(i) > size(*best))) best = i;
  if (best) m_state.selectTensor(*best);
}

QString TensorStep::result() const {
  const Trace* trace = m_state.trace();
  if (trace == nullptr || trace->tensors.empty()) return m_state.isRunning() ? tr("computing…") : QString();
  const auto& rows = m_parts->rows();
  if (rows.empty() || !rows.front().tensor) return {};
  const QString value = rows.front().contribution ? signedNumber(*rows.front().contribution) : QString();
  const auto restoring = std::ranges::count_if(rows, [](const PartModel::Row& row) { return row.restoresWord; });
  if (restoring == 0) return shortTensorName(rows.front().name.toStdString()) + u' ' + value;
  return restoring == 1 ? tr("one restores the word") : tr("%1 restore the word").arg(restoring);
}

}  // namespace app
