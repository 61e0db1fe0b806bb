#include "app/workspaces/quantize/block_card.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>

#include "app/pictures/scheme_levels.h"
#include "app/pictures/weight_bars.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/block_summary.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/registry.h"

namespace app {
namespace {

constexpr int kSummaryWidth = 208, kRowWidth = 520;
constexpr std::size_t kMostLevels = 1024;  ///< more are finer than pixels

WeightBars::Block barsOf(const LabBlock& block) {
  WeightBars::Block bars;
  bars.firstIndex = block.offset;
  if (!block.explanation.columns.empty()) {
    const auto first = block.explanation.columns.begin() + static_cast<std::ptrdiff_t>(block.offset);
    bars.columns.assign(first, first + static_cast<std::ptrdiff_t>(block.values.size()));
  }
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const double value = static_cast<double>(block.values[i]), clipped = static_cast<double>(block.clipped[i]);
    bars.values.push_back(value);
    bars.stored.push_back(static_cast<double>(block.decoded[i]));
    if (value > clipped) bars.clipHigh = clipped;
    if (value < clipped) bars.clipLow = clipped;
  }
  // One entry for neighbours under the same levels.
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const auto levels = block.levelsAt(i);
    if (levels.empty() || levels.size() > kMostLevels) continue;
    const bool isNext = i == 0 || levels.data() != block.levelsAt(i - 1).data();
    if (isNext) bars.levels.push_back({i, 0, {levels.begin(), levels.end()}});
    ++bars.levels.back().count;
  }
  return bars;
}

}  // namespace

BlockCard::BlockCard(LabState& state, QWidget* parent)
    : Card(tr("The block"), parent),
      m_state(state),
      m_bars(new WeightBars),
      m_summary(new BlockSummary(state)),
      m_rowName(new Label(Label::Style::Hint, tr("row"))),
      m_blockName(new Label(Label::Style::Hint, tr("block"))),
      m_of(new Label(Label::Style::Hint)),
      m_why(new Label(Label::Style::Muted)),
      m_note(new Sentence(Label::Style::Hint)),
      m_draw(new QPushButton),
      m_row(new QSpinBox),
      m_block(new QSpinBox) {
  buildWay();
  m_content = new QWidget;
  auto* row = new ReflowRow(kRowWidth, m_content);
  row->setSpacing(space::kOne);
  m_bars->setObjectName(QStringLiteral("lab-bars"));
  m_bars->setMinimumHeight(Theme::instance().px(84));
  row->addWidget(m_bars, 1);
  row->addSide(m_summary, kSummaryWidth);
  m_note->setObjectName(QStringLiteral("lab-note"));
  body()->addWidget(m_note);
  body()->addWidget(m_content, 1);
  body()->addWidget(buildEmpty(), 1);
  body()->setContentsMargins(space::kOne, space::kHalf, space::kTwo, space::kHalf);
  connectBars();
  connect(&m_state, &LabState::blockChanged, this, &BlockCard::refresh);
  connect(&m_state, &LabState::inputChanged, this, &BlockCard::refreshWay);
  connect(&m_state, &LabState::weightChanged, this, &BlockCard::refreshWay);
  refresh();
}

QWidget* BlockCard::buildEmpty() {
  m_empty = new QWidget;
  auto* column = new QVBoxLayout(m_empty);
  m_why->setWrapping();
  m_why->setAlignment(Qt::AlignCenter);
  m_why->setObjectName(QStringLiteral("lab-why"));
  m_draw->setObjectName(QStringLiteral("lab-draw"));
  column->addStretch(1);
  column->addWidget(m_why);
  column->addWidget(m_draw, 0, Qt::AlignHCenter);
  column->addStretch(1);
  connect(m_draw, &QPushButton::clicked, this, [this] {
    if (lacksCalibration()) return m_state.setScheme(roundedAlone(m_state.input().scheme));
    core::metrics::WeightDraw draw = m_state.input().draw;
    draw.count = enough();
    m_state.setDraw(draw);
  });
  return m_empty;
}

/// Whether the scheme could hold the weights, but needs to be told of their inputs.
bool BlockCard::lacksCalibration() const {
  const core::quant::Scheme& scheme = m_state.input().scheme;
  return m_state.tensor() && core::quant::calibrationNeed(scheme) != core::quant::CalibrationNeed::None &&
         core::quant::accepts(scheme, m_state.tensor()->shape);
}

/// The way out of having no block, where there is one.
void BlockCard::refreshEmpty() {
  const QString problem = m_state.problem();
  m_content->setVisible(problem.isEmpty());
  m_empty->setVisible(!problem.isEmpty());
  m_why->setText(problem);
  const core::quant::Scheme& scheme = m_state.input().scheme;
  if (lacksCalibration()) {
    m_draw->setText(tr("Use %1").arg(QString::fromStdString(roundedAlone(scheme).toString())));
    return m_draw->show();
  }
  const bool isTooFew = !m_state.tensor() || !core::quant::accepts(scheme, m_state.tensor()->shape);
  m_draw->setText(tr("Draw %1 weights").arg(enough()));
  m_draw->setVisible(isTooFew && enough() != 0);
}

/// The fewest drawn weights that the scheme can hold; 0 for none.
std::uint32_t BlockCard::enough() const {
  constexpr std::uint32_t kFewest = 32;
  for (std::uint32_t count = kFewest; count <= core::metrics::WeightDraw::kMostValues; count *= 2)
    if (core::quant::accepts(m_state.input().scheme, {1, count})) return count;
  return 0;
}

void BlockCard::buildWay() {
  const std::pair<QSpinBox*, QString> boxes[] = {{m_row, tr("Row of the tensor")}, {m_block, tr("Block of the row")}};
  for (const auto& [box, name] : boxes) {
    box->setAccessibleName(name);
    box->setToolTip(name);
    box->setKeyboardTracking(false);
    connect(box, &QSpinBox::valueChanged, this, &BlockCard::go);
  }
  m_row->setObjectName(QStringLiteral("lab-row"));
  m_block->setObjectName(QStringLiteral("lab-block"));
  header()->addWidget(m_rowName);
  header()->addWidget(m_row);
  header()->addWidget(m_blockName);
  header()->addWidget(m_block);
  header()->addWidget(m_of);
  header()->addWidget(m_bars->createMenuButton());
}

void BlockCard::connectBars() {
  const auto flat = [this](int index) { return m_state.block().flatIndex(static_cast<std::size_t>(index)); };
  connect(m_bars, &WeightBars::barChosen, this, [this, flat](int index) { m_state.setWeight(flat(index)); });
  connect(m_bars, &WeightBars::barActivated, this, [this, flat](int index) { Q_EMIT weightActivated(flat(index)); });
  connect(m_bars, &WeightBars::moveBegan, &m_state, &LabState::beginGesture);
  connect(m_bars, &WeightBars::moveEnded, &m_state, &LabState::endGesture);
  connect(m_bars, &WeightBars::barMoved, this, [this, flat](int index, double value) {
    constexpr double kMost = std::numeric_limits<float>::max();
    m_state.moveWeight(flat(index), static_cast<float>(std::clamp(value, -kMost, kMost)));
  });
}

void BlockCard::refresh() {
  const LabBlock& block = m_state.block();
  const int shown = m_state.shownWeight();
  setHint(block.order().empty()
              ? tr("grey: the weights, which can be moved; marks: what is stored; lines: every level")
              : tr("the weights in the order in which they are rounded and stored; marks: what is stored"));
  m_bars->setBlock(barsOf(block));
  m_bars->setChosen(shown);
  m_bars->setProvenance(m_state.provenance());
  m_bars->setAccessibleDescription(m_summary->text());
  refreshEmpty();
  m_note->setText(tr("Schemes keep this tensor as it is stored (%1); here is what %2 would make of it.")
                      .arg(m_state.whyKept(), QString::fromStdString(m_state.input().scheme.displayName())));
  m_note->setVisible(!m_state.whyKept().isEmpty() && m_state.problem().isEmpty());
  m_bars->setMessage(block.isEmpty() ? tr("Computing…") : QString());
  refreshWay();
}

void BlockCard::refreshWay() {
  const QScopedValueRollback<bool> refreshing(m_refreshing, true);
  const bool isThere = m_state.tensor() != nullptr;
  const std::uint64_t rows = isThere ? m_state.tensor()->shape.rows() : 1;
  BlockNumber number;
  if (isThere) number = m_state.blockNumber();
  for (QWidget* widget : std::initializer_list<QWidget*>{m_rowName, m_row}) widget->setVisible(rows > 1);
  for (QWidget* widget : std::initializer_list<QWidget*>{m_blockName, m_block, m_of})
    widget->setVisible(number.blocks > 1);
  const auto most = [](std::uint64_t count) {
    return static_cast<int>(std::min<std::uint64_t>(count - 1, std::numeric_limits<int>::max()));
  };
  m_row->setRange(0, most(std::max<std::uint64_t>(rows, 1)));
  m_row->setValue(static_cast<int>(number.row));
  m_block->setRange(0, most(std::max<std::uint64_t>(number.blocks, 1)));
  m_block->setValue(static_cast<int>(number.block));
  m_of->setText(tr("of %1").arg(text::count(number.blocks)));
}

void BlockCard::go() {
  if (m_refreshing || !m_state.tensor()) return;
  const auto row = static_cast<std::uint64_t>(m_row->value());
  const std::uint64_t blocks = core::quant::blocksOfRow(m_state.input().scheme.format, m_state.tensor()->shape, row);
  m_state.setBlock(row, std::min(static_cast<std::uint64_t>(m_block->value()), blocks - 1));
}

}  // namespace app
