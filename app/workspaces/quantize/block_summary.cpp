#include "app/workspaces/quantize/block_summary.h"

#include <QHBoxLayout>
#include <QStringList>

#include "app/text/numbers.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "core/quant/registry.h"

namespace app {

namespace {

/// One below the other in the narrow place beside the bars, side by side under them.
constexpr int kPairWidth = 150;

QWidget* pairOf(Label* name, Label* value) {
  auto* pair = new QWidget;
  pair->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  pair->setMinimumWidth(Theme::instance().px(kPairWidth));
  auto* row = new QHBoxLayout(pair);
  row->setContentsMargins(0, 0, space::kOne, 0);
  row->setSpacing(space::kOneHalf);
  row->addWidget(name);
  row->addWidget(value, 1);
  return pair;
}

}  // namespace

BlockSummary::BlockSummary(LabState& state, QWidget* parent) : QWidget(parent), m_state(state) {
  auto* flow = new FlowLayout(this);
  flow->setSpacing(2);
  const QString names[] = {tr("error (RMSE)"), tr("SQNR"), tr("became 0"), tr("beyond the levels"),
                           tr("bits per weight")};
  const QString tips[] = {tr("Root of the mean squared error of these weights"),
                          tr("Signal to quantization noise: how far the weights stand above their errors"),
                          tr("Weights that were not 0 and are stored as 0"),
                          tr("Weights outside of the outermost levels: clipped"),
                          tr("What a weight costs, with its share of scales, over the whole tensor")};
  for (int i = 0; i < Figures; ++i) {
    m_names.push_back(new Label(Label::Style::Hint, names[i]));
    m_values.push_back(new Label(Label::Style::Number));
    m_values.back()->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_values.back()->setAccessibleName(names[i]);
    for (Label* label : {m_names.back(), m_values.back()}) label->setToolTip(tips[i]);
    flow->addWidget(pairOf(m_names.back(), m_values.back()));
  }
  setObjectName(QStringLiteral("lab-summary"));
  setAccessibleName(tr("What became of the block"));
  connect(&m_state, &LabState::blockChanged, this, &BlockSummary::refresh);
  refresh();
}

void BlockSummary::refresh() {
  const LabBlock& block = m_state.block();
  for (Label* value : m_values) value->setText(QStringLiteral("–"));
  if (block.isEmpty() || !m_state.tensor()) return;
  const auto ofAll = [&](std::size_t count) { return tr("%1 of %2").arg(count).arg(block.values.size()); };
  const auto put = [this](Figure figure, const QString& text) {
    m_values[static_cast<std::size_t>(figure)]->setText(text);
  };
  const std::size_t zero = block.becameZero();
  put(Rmse, text::number(block.error.rmse(), 4));
  put(Sqnr, text::decibel(block.error.sqnrDb()));
  put(Zero, ofAll(zero));
  put(Beyond, ofAll(block.beyondLevels()));
  put(Bits, QString::number(core::quant::bitsPerWeight(block.scheme, m_state.tensor()->shape), 'f', 2));
  // Most of the block is gone: an outlier took the range.
  m_values[Zero]->setRole(2 * zero > block.values.size() ? Label::Style::Error : Label::Style::Number);
}

QString BlockSummary::text() const {
  QStringList lines;
  for (std::size_t i = 0; i < m_values.size(); ++i) lines << m_names[i]->text() + u' ' + m_values[i]->text();
  return lines.join(u'\n');
}

}  // namespace app
