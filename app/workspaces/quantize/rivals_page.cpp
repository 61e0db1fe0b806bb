#include "app/workspaces/quantize/rivals_page.h"

#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/pictures/normal_quantiles_chart.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/levels_delegate.h"
#include "app/workspaces/quantize/rivals_model.h"
#include "app/workspaces/quantize/sentence.h"
#include "core/quant/quantizer.h"

namespace app {
namespace {

const QString kRivalsTag = QStringLiteral("quantize.rivals");
constexpr int kRivalRowHeight = 25, kRowWidth = 560, kLeastHeight = 104;
/// Widths within so much of each other are the same price.
constexpr double kSameBits = 0.3;

}  // namespace

RivalsPage::RivalsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_model(new RivalsModel(this)),
      m_delegate(new LevelsDelegate(this)),
      m_table(new QTableView),
      m_quantiles(new NormalQuantilesChart),
      m_sentence(new Sentence) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kHalf, 0, 0);
  column->setSpacing(space::kHalf);
  m_sentence->setObjectName(QStringLiteral("lab-rivals-sentence"));
  column->addWidget(m_sentence);
  auto* row = new ReflowRow(kRowWidth);
  row->setSpacing(space::kTwo);
  buildTable();
  m_table->setMinimumHeight(Theme::instance().px(kLeastHeight));
  m_quantiles->setMinimumHeight(Theme::instance().px(kLeastHeight));
  row->addWidget(m_table, 3);
  row->addWidget(framed(m_quantiles, tr("NF4: quantiles of a normal distribution")), 2);
  column->addLayout(row, 1);
}

void RivalsPage::buildTable() {
  m_table->setModel(m_model);
  m_table->setItemDelegateForColumn(RivalsModel::Levels, m_delegate);
  m_table->setObjectName(QStringLiteral("lab-rivals"));
  m_table->setAccessibleName(tr("Formats of the same width on the same weights"));
  m_table->setAccessibleDescription(tr("Enter or a double click takes a scheme."));
  m_table->setShowGrid(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRivalRowHeight));
  connect(&Theme::instance(), &Theme::changed, m_table,
          [table = m_table] { table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRivalRowHeight)); });
  auto* header = m_table->horizontalHeader();
  header->setSectionResizeMode(QHeaderView::ResizeToContents);
  header->setSectionResizeMode(RivalsModel::Levels, QHeaderView::Stretch);
  connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
    const core::quant::Scheme scheme = m_model->trials()[static_cast<std::size_t>(index.row())].scheme;
    state().setScheme(scheme);
  });
}

void RivalsPage::refresh() {
  if (!state().tensor()) {
    m_question.clear();
    m_model->setTrials({}, state().input().scheme);
    m_quantiles->setWeights({});
    return m_sentence->setText(state().whyNone());
  }
  const LabRequest request = state().request();
  const auto range = rowAround(request.tensor->shape, request.weight);
  const auto row = editedPart(*request.tensor, range, request.edits);
  std::vector<core::quant::Scheme> rivals = core::metrics::rivalsOf(roundedAlone(request.scheme), row->shape);
  const QString question = QStringLiteral("%1 %2 %3")
                               .arg(state().weightsKey(), QString::fromStdString(request.scheme.toString()))
                               .arg(request.weight);
  m_question = question;
  const auto work = [row, rivals = std::move(rivals), around = request.weight - range.first](
                        const core::JobContext& job) { return core::metrics::tryAll(rivals, *row, around, job); };
  const auto done = [this, question](std::vector<core::metrics::Trial> trials) {
    if (question == m_question) show(std::move(trials));
  };
  const auto fail = [this](const QString& sentence) {
    m_model->setTrials({}, state().input().scheme);
    m_sentence->setText(sentence);
  };
  // Always a job: there are twenty formats to try while a hand moves a weight.
  state().jobs().run(this, {kRivalsTag, {}}, work, done, fail);
  showQuantiles(*row);
}

void RivalsPage::show(std::vector<core::metrics::Trial> trials) {
  std::vector<double> weights;
  for (const float value : state().block().values) weights.push_back(static_cast<double>(value));
  m_delegate->setWeights(std::move(weights));
  m_model->setTrials(std::move(trials), state().input().scheme);
  const auto& sorted = m_model->trials();
  if (sorted.size() < 2) return m_sentence->setText(tr("No other format has codes as wide as these."));
  const auto &winner = sorted.front(), &second = sorted[1];
  QString text =
      tr("For these weights %1 has the least error: %2.")
          .arg(QString::fromStdString(winner.scheme.displayName()), text::percent(winner.error.relativeError(), 2));
  // The winner may have bought it with bits.
  const auto cheapest = std::min_element(
      sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.bitsPerWeight < b.bitsPerWeight; });
  if (winner.bitsPerWeight > cheapest->bitsPerWeight + kSameBits) {
    const auto fair = std::find_if(sorted.begin(), sorted.end(), [&](const auto& trial) {
      return trial.bitsPerWeight <= cheapest->bitsPerWeight + kSameBits;
    });
    text += u' ' + tr("It costs %1; at about %2 it is %3 with %4.")
                       .arg(text::bitsPerWeight(winner.bitsPerWeight), text::bitsPerWeight(fair->bitsPerWeight),
                            QString::fromStdString(fair->scheme.displayName()),
                            text::percent(fair->error.relativeError(), 2));
  } else {
    text += u' ' + tr("Next is %1 with %2.")
                       .arg(QString::fromStdString(second.scheme.displayName()),
                            text::percent(second.error.relativeError(), 2));
  }
  m_sentence->setText(text);
}

// Each block of the row divided by its largest magnitude, as NF4 sees them.
void RivalsPage::showQuantiles(const core::quant::QuantizedTensor& row) {
  const std::vector<float> values = core::quant::dequantize(row);
  const std::size_t size = core::quant::defaultFormat(core::quant::FormatName::Nf4).grouping.size;
  std::vector<double> scaled;
  for (std::size_t first = 0; first < values.size(); first += size) {
    const std::size_t last = std::min(first + size, values.size());
    double absmax = 0;
    for (std::size_t i = first; i < last; ++i)
      if (std::isfinite(values[i])) absmax = std::max(absmax, std::abs(static_cast<double>(values[i])));
    for (std::size_t i = first; i < last; ++i)
      if (absmax > 0) scaled.push_back(static_cast<double>(values[i]) / absmax);
  }
  m_quantiles->setWeights(scaled);
  m_quantiles->setProvenance(state().sourceName());
}

}  // namespace app
