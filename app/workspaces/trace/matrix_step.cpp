#include "app/workspaces/trace/matrix_step.h"

#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/block_map.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

MatrixStep::MatrixStep(TraceState& state, QWidget* parent)
    : Card(QString(), parent),
      m_state(state),
      m_title(new Label(Label::Style::Heading)),
      m_detail(new Label(Label::Style::Hint)),
      m_map(new BlockMap) {
  setFlush(true);
  header()->setContentsMargins(space::kTwo, space::kOne, space::kOne, 0);
  m_title->setElide(Qt::ElideMiddle);
  header()->addWidget(m_title, 1);
  header()->addWidget(m_map->createMenuButton());
  body()->addWidget(m_map, 1);
  auto* foot = new QHBoxLayout;
  foot->setContentsMargins(space::kTwo, 0, space::kTwo, space::kOne);
  m_detail->setObjectName(QStringLiteral("trace-matrix-detail"));
  m_detail->setWrapping();
  foot->addWidget(m_detail);
  body()->addLayout(foot);
  connect(m_map, &BlockMap::blockClicked, this, &MatrixStep::select);
  connect(m_map, &BlockMap::blockActivated, this, [this](quint64 row, quint64 block) {
    select(row, block);
    Q_EMIT blockActivated();
  });
  refresh();
}

// The block is selected by its first weight; one that is selected in it already stays.
void MatrixStep::select(quint64 row, quint64 block) {
  const auto tensor = m_state.tensor();
  if (!tensor) return;
  const TracedTensor& of = m_state.trace()->tensors[*tensor];
  const std::uint64_t first = row * of.width + block * of.blockSize;
  const auto now = m_state.weight();
  if (now && m_state.blockOf(*tensor, *now) == m_state.blockOf(*tensor, first)) return;
  m_state.selectWeight(*tensor, first);
}

void MatrixStep::refresh() {
  const auto trace = m_state.result().trace;
  const auto tensor = m_state.tensor();
  const bool isKnown = trace && trace->attribution && tensor && m_state.contribution(*tensor) != nullptr;
  const auto* info = m_state.selection().tensorInfo();
  m_title->setText(info != nullptr ? QString::fromStdString(info->name) : tr("The matrix"));
  m_map->setMessage(
      isKnown ? QString()
      : trace && trace->attribution && info != nullptr
          ? tr("%1 is the same in both models. Select a tensor in step 2.").arg(QString::fromStdString(info->name))
      : m_state.isRunning() ? tr("Adding up what every weight did…")
                            : tr("Not reached."));
  if (trace == m_shown && tensor == m_tensor) return refreshPlace();
  const bool isOther =
      !m_shown || !trace || tensor != m_tensor || m_shown->attribution.has_value() != trace->attribution.has_value();
  m_shown = trace;
  m_tensor = tensor;
  if (!isKnown) {
    m_map->clearData();
    m_result.clear();
    m_detail->setText({});
    return;
  }
  if (isOther) drawTensor();
  drawProved();
  refreshPlace();
}

void MatrixStep::drawTensor() {
  const auto work = [trace = m_shown, index = *m_tensor,
                     name = m_shown->tensors[*m_tensor].name](const core::JobContext&) {
    const auto& all = trace->attribution->tensors;
    const auto found = index < all.size() && all[index].name == name
                           ? all.begin() + static_cast<std::ptrdiff_t>(index)
                           : std::ranges::find(all, name, &core::trace::TensorContribution::name);
    ContributionMap map = contributionMap(*found);
    map.matrixRows = trace->tensors[index].matrixRows;
    return map;
  };
  m_state.jobs().run(this, {QStringLiteral("trace.matrix"), {}}, work,
                     [this](ContributionMap map) { m_map->setMap(std::move(map)); });
}

void MatrixStep::drawProved() {
  std::vector<BlockMap::Place> blocks, weights;
  const auto add = [this](const std::optional<core::trace::ProvedSet>& set, std::vector<BlockMap::Place>& places) {
    if (!set) return;
    for (const auto& member : set->members) {
      if (member.tensor != *m_tensor) continue;
      const auto block = m_state.blockOf(*m_tensor, member.first);
      places.emplace_back(block.row, block.block);
    }
  };
  if (m_shown->proof) {
    add(m_shown->proof->blocks, blocks);
    add(m_shown->proof->weights, weights);
  }
  m_result = weights.empty() ? QString() : weights.size() == 1 ? tr("1 proved") : tr("%1 proved").arg(weights.size());
  m_map->setProved(std::move(blocks), std::move(weights));
}

void MatrixStep::refreshPlace() {
  if (m_state.tensor() != m_tensor) return refresh();
  const auto block = m_state.block();
  if (const auto* info = m_state.selection().tensorInfo()) m_title->setText(QString::fromStdString(info->name));
  if (!m_tensor || !block || m_state.contribution(*m_tensor) == nullptr) return m_detail->setText({});
  m_map->setSelected(BlockMap::Place(block->row, block->block));
  const auto& known = *m_state.contribution(*m_tensor);
  const double sum = static_cast<double>(known.blockSums[block->row * known.blocksPerRow() + block->block]);
  const TracedTensor& of = m_state.trace()->tensors[*m_tensor];
  const QString row = rowText(of, block->first);
  m_detail->setText(tr("%1, columns %2 to %3: %4 of this tensor's %5. ◇ proved weights, □ proved blocks.")
                        .arg(row.left(1).toUpper() + row.mid(1), text::count(block->first % of.width),
                             text::count(block->first % of.width + block->count - 1), signedNumber(sum),
                             signedNumber(known.sum)));
  m_map->setAccessibleDescription(m_detail->text());
}

QString MatrixStep::result() const {
  if (!m_tensor || !m_state.trace()) return m_state.isRunning() ? tr("computing…") : QString();
  const TracedTensor& of = m_state.trace()->tensors[*m_tensor];
  const QString name = shortTensorName(of.name);
  return m_result.isEmpty() ? name : name + QStringLiteral(" · ") + m_result;
}

}  // namespace app
