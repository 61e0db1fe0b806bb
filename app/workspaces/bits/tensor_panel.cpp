#include "app/workspaces/bits/tensor_panel.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/jobs/stop_notice.h"
#include "app/pictures/weight_histogram.h"
#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/code_order.h"

namespace app {
namespace {

using core::metrics::CensusFormat;
using core::metrics::Fate;
using core::metrics::FormatCensus;

const QString kTag = QStringLiteral("bits/tensor");
constexpr std::size_t kBins = 160;
constexpr int kLevelPlaces = 600;  ///< more than a chart has pixels between its bars

/// A format, and the scale that a person typed for it.
struct Asked {
  const core::numeric::NumberFormat* format;
  std::optional<core::numeric::CodeScale> typed;
};

/// Other integers and code books get the scale of the tensor itself: of its largest magnitude, or its ends.
std::vector<CensusFormat> formatsFor(const std::vector<Asked>& formats, bool zeroPoint,
                                     const core::metrics::TensorSummary& summary) {
  CodeRange range{summary.stats.min, summary.stats.max, zeroPoint, true};
  if (!zeroPoint || !range.isUsable()) range = CodeRange::symmetric(std::max(1e-30, range.absmax()), true);
  std::vector<CensusFormat> result;
  for (const Asked& one : formats) result.push_back({*one.format, one.typed ? *one.typed : range.scaleOf(*one.format)});
  return result;
}

QString share(const FormatCensus& census, std::initializer_list<Fate> fates) {
  std::uint64_t count = 0;
  for (const Fate fate : fates) count += census[fate].count;
  if (count == 0) return QStringLiteral("—");
  if (count == census.count()) return text::percent(1, 0);
  const double part = static_cast<double>(count) / static_cast<double>(census.count());
  return part < 5e-5 ? text::count(count) + u'×' : text::percent(part, part < 0.1 ? 2 : 1);
}

/// One value of the format in every place of the range where it has some.
std::vector<double> levelsOf(const CensusFormat& format, double low, double high) {
  const CodeOrder order(format.format, format.scale);
  std::vector<double> levels;
  for (int i = 0; i < kLevelPlaces; ++i) {
    const double from = low + (high - low) * i / kLevelPlaces, to = low + (high - low) * (i + 1) / kLevelPlaces;
    const std::uint64_t first = order.firstAtLeast(from);
    if (first < order.count() && order.valueAt(first) < to) levels.push_back(order.valueAt(first));
  }
  return levels;
}

}  // namespace

TensorPanel::TensorPanel(Selection& selection, JobRunner& jobs, BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_state(state),
      m_histogram(new WeightHistogram),
      m_table(new TextTable(
          {tr("Format"), tr("Exact"), tr("Rounded"), tr("Subnormal"), tr("→ 0"), tr("Clipped"), tr("Error")},
          tr("What becomes of the tensor's weights"), 1)),
      m_words(new Label(Label::Style::Hint)),
      m_again(new QPushButton(tr("Count"))),
      m_stop(new StopNotice(jobs, kTag, this)) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, space::kHalf, 0, 0);
  layout->setSpacing(space::kTwo);
  m_histogram->setLevelCaption(tr("weight · ticks: values of the format"));
  layout->addWidget(m_histogram, 3);
  auto* right = new QVBoxLayout;
  right->setSpacing(space::kHalf);
  m_table->setObjectName(QStringLiteral("tensor-census"));
  m_table->fitColumns();
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setColumnToolTip(3, tr("Became a subnormal number: fewer significant bits than the format has"));
  m_table->setColumnToolTip(4, tr("Were not zero and became zero"));
  m_table->setColumnToolTip(5, tr("Lay beyond the largest value: clipped to it, or became infinity or NaN"));
  m_table->setColumnToolTip(6, tr("Relative error of the whole tensor: √(Σ(x − y)² / Σx²)"));
  m_words->setElide(Qt::ElideRight);
  m_words->setObjectName(QStringLiteral("census-words"));
  auto* head = new QHBoxLayout;
  head->addWidget(m_words, 1);
  head->addWidget(m_again);
  right->addLayout(head);
  m_again->setObjectName(QStringLiteral("census-again"));
  m_again->setAccessibleName(tr("Count what formats keep"));
  m_again->hide();
  connect(m_again, &QPushButton::clicked, this, &TensorPanel::request);
  right->addWidget(m_table, 1);
  layout->addLayout(right, 6);
  const auto stale = [this] { request(); };
  connect(&selection, &Selection::tensorChanged, this, stale);
  connect(&selection, &Selection::modelChanged, this, stale);
  connect(&state, &BitsState::rowsChanged, this, stale);
  connect(&state, &BitsState::selectedRowChanged, this, &TensorPanel::showLevels);
  connect(&state, &BitsState::changed, this, [this] {
    m_histogram->setMarkedValue(m_state.number().nearest);
    const bool before = std::exchange(m_zeroPoint, m_state.input().range.zeroPoint);
    const auto scales = std::exchange(m_scales, m_state.setup().scales);
    if (before != m_zeroPoint || scales != m_scales) request();
  });
  connect(m_table, &QTableWidget::itemSelectionChanged, this, [this] {
    if (m_table->currentRow() >= 0 && m_table->hasFocus()) m_state.selectRow(m_table->currentRow());
  });
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_isStale = true;
    clear(tr("Cancelled before everything was counted."));
    m_again->show();
  });
  clear(QString());
}

void TensorPanel::setActive(bool active) {
  m_active = active;
  if (active && m_isStale) request();
}

void TensorPanel::clear(const QString& message) {
  m_stop->end();
  m_again->hide();
  m_result.reset();
  m_histogram->clearData();
  m_histogram->setMessage(message);
  m_table->setLines({});
  m_words->setText(message);
}

void TensorPanel::request() {
  m_isStale = true;
  if (!m_active) return;
  m_isStale = false;
  const auto& model = m_selection.model();
  if (!model || !m_selection.tensor())
    return clear(tr("Open a model and select a tensor to see what formats make of it."));
  const std::size_t tensor = *m_selection.tensor();
  std::vector<Asked> formats;
  for (const FormatRow& row : m_state.rows()) {
    const bool typed = m_state.typedScale(*row.format) != nullptr;
    formats.push_back({row.format, typed ? std::optional(row.scale) : std::nullopt});
  }
  clear(tr("Counting…"));
  m_stop->begin();
  m_jobs.run(
      this, {kTag, tr("Counting what formats keep"), Lane::Pool},
      [model, tensor, formats, zeroPoint = m_state.input().range.zeroPoint](const core::JobContext& job) {
        const auto weights = model->tensor(tensor);
        Result result{core::metrics::summarize(*weights, kBins, job), {}, {}};
        result.formats = formatsFor(formats, zeroPoint, result.summary);
        result.census = core::metrics::formatCensus(*weights, result.formats, job);
        return result;
      },
      [this, model, tensor](const Result& result) {
        m_stop->end();
        if (m_selection.model() == model && m_selection.tensor() == tensor) show(result);
      },
      [this](const QString& sentence) { clear(sentence); });
}

void TensorPanel::show(const Result& result) {
  m_result = result;
  const core::io::TensorInfo& info = *m_selection.tensorInfo();
  m_histogram->setMessage({});
  m_histogram->setSummary(result.summary, QString::fromStdString(info.name));
  m_histogram->setMarkedValue(m_state.number().nearest);
  const FormatCensus& any = result.census.front();
  QStringList words{QString::fromStdString(info.name), tr("%1 weights").arg(text::count(any.count()))};
  if (any[Fate::Zero].count > 0) words << tr("%1 are 0").arg(text::count(any[Fate::Zero].count));
  if (any[Fate::NonFinite].count > 0) words << tr("%1 are not finite").arg(text::count(any[Fate::NonFinite].count));
  words << (m_scales.isEmpty() ? tr("integers and code books: scaled to the tensor's largest")
                               : tr("integers and code books: as typed, or scaled to the tensor's largest"));
  m_words->setText(words.join(QStringLiteral(" · ")));
  showTable();
  showLevels();
}

void TensorPanel::showTable() {
  std::vector<QStringList> lines;
  for (std::size_t i = 0; i < m_result->census.size(); ++i) {
    const FormatCensus& census = m_result->census[i];
    const double error = std::sqrt(census.relativeSquaredError());
    lines.push_back({titleOf(m_result->formats[i].format), share(census, {Fate::Exact, Fate::Zero}),
                     share(census, {Fate::Rounded}), share(census, {Fate::Subnormal}),
                     share(census, {Fate::BecameZero}), share(census, {Fate::Clipped, Fate::Overflowed}),
                     std::isnan(error) ? QStringLiteral("—")
                     : error == 0      ? tr("exact")
                                       : text::number(error * 100, 2) + QChar(0x202F) + u'%'});
  }
  m_table->setLines(lines);
}

void TensorPanel::showLevels() {
  if (!m_result) return;
  const std::size_t selected = static_cast<std::size_t>(m_state.selectedRow());
  if (selected >= m_result->formats.size()) return;
  const CensusFormat& format = m_result->formats[selected];
  const auto& stats = m_result->summary.stats;
  const double room = 0.02 * (stats.max - stats.min);
  const std::uint64_t count = CodeOrder(format.format, format.scale).countBetween(stats.min, stats.max);
  m_histogram->setLevels({{titleOf(format.format),
                           Theme::instance().colors().accent,
                           tr("%1 values").arg(text::shortCount(count)),
                           levelsOf(format, stats.min - room, stats.max + room),
                           {}}});
  const QSignalBlocker quiet(m_table);
  m_table->selectRow(static_cast<int>(selected));
}

}  // namespace app
