#include "app/workspaces/quantize/columns_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPushButton>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/jobs/stop_notice.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/column_table_model.h"
#include "app/workspaces/quantize/factors_chart.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/push_chart.h"
#include "app/workspaces/quantize/search_chart.h"
#include "app/workspaces/quantize/sentence.h"
#include "core/quant/scheme_options.h"

namespace app {
namespace {

using namespace core::quant;

const QString kTag = QStringLiteral("quantize.columns");
constexpr int kRowWidth = 620, kChartsWidth = 330, kRowHeight = 22, kLeastSection = 52;

/// The present scheme by this method, or the method's usual one where the format cannot have it.
QString byMethod(const Scheme& scheme, const char* method, const char* usual) {
  const auto changed = withOption(scheme, "method", method);
  return changed && changed->problem().empty() ? QString::fromStdString(changed->toString()) : QLatin1String(usual);
}

}  // namespace

ColumnsPage::ColumnsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_stack(new QStackedLayout(this)),
      m_back(new QToolButton),
      m_forward(new QToolButton),
      m_place(new Label(Label::Style::Number)),
      m_found(new Label(Label::Style::Muted)),
      m_message(new Label(Label::Style::Muted)),
      m_sentence(new Sentence),
      m_table(new QTableView),
      m_model(new ColumnTableModel(this)),
      m_push(new PushChart),
      m_factors(new FactorsChart),
      m_search(new SearchChart),
      m_zeros(new SearchChart),
      m_stop(new StopNotice(state.jobs(), kTag, this)) {
  m_stack->setContentsMargins(0, 0, 0, 0);
  m_stack->addWidget(m_story = buildStory());
  m_stack->addWidget(m_choice = buildChoice());
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_computed.clear();
    showMessage(tr("Cancelled. It goes on when this tab is shown again."));
  });
}

QWidget* ColumnsPage::buildStory() {
  auto* story = new QWidget;
  auto* column = new QVBoxLayout(story);
  column->setContentsMargins(0, space::kHalf, 0, 0);
  column->setSpacing(space::kHalf);
  column->addWidget(buildWay());
  m_sentence->setObjectName(QStringLiteral("lab-column-sentence"));
  m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(m_sentence);
  auto* rest = new QWidget;
  auto* row = new ReflowRow(kRowWidth, rest);
  row->setSpacing(space::kTwo);
  row->addWidget(buildTable(), 1);
  row->addSide(buildCharts(), kChartsWidth);
  column->addWidget(rest, 1);
  return story;
}

QWidget* ColumnsPage::buildWay() {
  auto* way = new QWidget;
  auto* row = new QHBoxLayout(way);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  const auto arrow = [&](QToolButton* button, const char* iconName, const QString& name, const char* objectName,
                         int direction) {
    button->setIcon(icon(QLatin1String(iconName)));
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setObjectName(QLatin1String(objectName));
    button->setAutoRepeat(true);
    connect(button, &QToolButton::clicked, this, [this, direction] { setLine(line() + direction); });
    row->addWidget(button);
  };
  arrow(m_back, "back", tr("One column back (left arrow)"), "lab-column-back", -1);
  arrow(m_forward, "forward", tr("One column forward (right arrow)"), "lab-column-forward", 1);
  m_place->setObjectName(QStringLiteral("lab-column-place"));
  m_found->setObjectName(QStringLiteral("lab-columns-found"));
  m_found->setElide(Qt::ElideRight);
  row->addWidget(m_place);
  row->addSpacing(space::kOne);
  row->addWidget(m_found, 1);
  return way;
}

QWidget* ColumnsPage::buildTable() {
  m_table->setModel(m_model);
  m_table->setObjectName(QStringLiteral("lab-columns"));
  m_table->setAccessibleName(tr("Columns of the row under the method"));
  m_table->setShowGrid(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  m_table->horizontalHeader()->setMinimumSectionSize(Theme::instance().px(kLeastSection));
  m_table->installEventFilter(this);
  const auto dress = [this] {
    m_table->setFont(Theme::instance().monoFont(-1));
    m_table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRowHeight));
  };
  connect(&Theme::instance(), &Theme::changed, m_table, dress);
  dress();
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &ColumnsPage::showLine);
  return m_table;
}

QWidget* ColumnsPage::buildCharts() {
  auto* charts = new QWidget;
  auto* column = new QVBoxLayout(charts);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  const auto add = [&](Chart* chart, const char* name, const QString& title) {
    chart->setObjectName(QLatin1String(name));
    chart->setMinimumHeight(Theme::instance().px(84));
    QWidget* frame = framed(chart, title);
    column->addWidget(frame, 1);
    return frame;
  };
  m_pushFrame = add(m_push, "lab-push-chart", tr("What its error pushes into the next columns"));
  m_factorsFrame = add(m_factors, "lab-factors-chart", tr("Inputs (bars) and factor s (line)"));
  m_searchFrame = add(m_search, "lab-search-chart", tr("What the search tried"));
  m_zerosFrame = add(m_zeros, "lab-zeros-chart", tr("The zero-point of its group, round by round"));
  connect(m_factors, &FactorsChart::columnChosen, this, &ColumnsPage::setLine);
  return charts;
}

QWidget* ColumnsPage::buildChoice() {
  auto* choice = new QWidget;
  auto* column = new QVBoxLayout(choice);
  m_message->setWrapping();
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setObjectName(QStringLiteral("lab-columns-message"));
  m_methods = new QWidget;
  auto* buttons = new QHBoxLayout(m_methods);
  buttons->setContentsMargins(0, 0, 0, 0);
  buttons->addStretch(1);
  struct Choice {
    const char *title, *method, *usual;
  };
  for (const Choice& one : {Choice{"GPTQ", "gptq", "gptq:group=32"},
                            {"AWQ", "awq", "awq:group=32"},
                            {"HQQ", "hqq", "hqq:group=32"},
                            {"SmoothQuant", "smooth", "int8:method=smooth"}}) {
    auto* button = new QPushButton(QLatin1String(one.title));
    button->setObjectName(QStringLiteral("lab-method-") + QLatin1String(one.method));
    connect(button, &QPushButton::clicked, this,
            [this, one] { state().setSchemeText(byMethod(state().input().scheme, one.method, one.usual)); });
    buttons->addWidget(button);
  }
  buttons->addStretch(1);
  column->addStretch(1);
  column->addWidget(m_message);
  column->addWidget(m_methods);
  column->addStretch(1);
  return choice;
}

int ColumnsPage::line() const { return m_explanation ? m_table->currentIndex().row() : -1; }

void ColumnsPage::setLine(int line) {
  if (line < 0 || line >= m_model->rowCount()) return;
  m_table->setCurrentIndex(m_model->index(line, 0));
}

void ColumnsPage::refresh() {
  if (!state().tensor()) return showMessage(state().whyNone());
  if (!explainsColumns(state().input().scheme)) return offerMethods();
  compute();
}

void ColumnsPage::offerMethods() {
  m_computed.clear();
  state().jobs().cancelTag(kTag);
  showMessage(tr("%1 rounds every weight for itself. These methods look at the columns, and at the inputs they meet:")
                  .arg(QString::fromStdString(state().input().scheme.displayName())));
  m_methods->show();
}

// Moving along the row does not change it.
void ColumnsPage::compute() {
  LabRequest request = state().request();
  const std::uint64_t row = request.weight / request.tensor->rowValues();
  const QString question = QStringLiteral("%1 %2 %3 %4")
                               .arg(state().weightsKey(), QString::fromStdString(request.scheme.toString()))
                               .arg(row)
                               .arg(reinterpret_cast<quintptr>(request.calibration.get()));
  if (question == m_computed) return;
  m_computed = question;
  if (!m_explanation) showMessage(tr("Computing…"));
  state().jobs().run(
      this, {kTag, tr("Following %1 through the columns").arg(QString::fromStdString(request.scheme.displayName()))},
      [request = std::move(request), row](const core::JobContext& job) {
        const auto known = request.known(job.part(0, 0.5));
        const FlatRange all{0, request.tensor->shape.count()};
        const auto source = request.edits.empty() ? request.tensor : editedPart(*request.tensor, all, request.edits);
        return explainColumns(request.scheme, *source, row, known.get(), job.part(0.5, 1));
      },
      [this, question](MethodExplanation explanation) {
        if (question == m_computed) take(std::move(explanation));
      },
      [this](const QString& sentence) { showMessage(sentence); });
  m_stop->begin();
}

void ColumnsPage::take(MethodExplanation explanation) {
  m_stop->end();
  const int before = line();
  m_explanation = std::make_shared<const MethodExplanation>(std::move(explanation));
  m_model->setTable(columnTable(*m_explanation));
  m_found->setText(storySentence(*m_explanation));
  m_found->setToolTip(m_found->text());
  m_largest = 0;
  if (const auto* of = m_explanation->as<GptqExplanation>())
    for (const GptqStep& step : of->trace.steps)
      for (std::size_t i = 0; i < std::min(PushChart::kMostBars, step.pushed.size()); ++i)
        m_largest = std::max(m_largest, std::abs(step.pushed[i]));
  m_stack->setCurrentWidget(m_story);
  showCharts();
  setLine(before >= 0 && before < m_model->rowCount() ? before : 0);
  showLine();
}

void ColumnsPage::showMessage(const QString& message) {
  m_stop->end();
  m_explanation.reset();
  m_model->setTable({});
  m_message->setText(message);
  m_methods->hide();
  m_stack->setCurrentWidget(m_choice);
}

void ColumnsPage::showCharts() {
  const QString provenance = QStringLiteral("%1 · %2 · [%3]")
                                 .arg(state().sourceName(), QString::fromStdString(m_explanation->scheme.displayName()))
                                 .arg(m_explanation->row);
  for (Chart* chart : std::initializer_list<Chart*>{m_push, m_factors, m_search, m_zeros})
    chart->setProvenance(provenance);
  const auto* scaled = m_explanation->as<ScaledExplanation>();
  const auto* moved = m_explanation->as<HqqExplanation>();
  m_pushFrame->setVisible(m_explanation->as<GptqExplanation>() != nullptr);
  m_factorsFrame->setVisible(scaled != nullptr);
  m_searchFrame->setVisible(moved != nullptr || (scaled != nullptr && scaled->ratio));
  m_zerosFrame->setVisible(moved != nullptr);
  std::vector<SearchChart::Try> tries;
  if (scaled != nullptr) {
    std::vector<double> inputs, factors;
    for (const ScaledColumn& column : scaled->columns) {
      inputs.push_back(static_cast<double>(column.input));
      factors.push_back(static_cast<double>(column.factor));
    }
    m_factors->setColumns(std::move(inputs), std::move(factors), scaled->ratio ? tr("mean |x|") : tr("max |x|"));
    const auto steps = static_cast<double>(scaled->losses.size());
    for (const double loss : scaled->losses) tries.push_back({static_cast<double>(tries.size()) / steps, loss});
    if (scaled->ratio) m_search->setTries(tries, qRound(*scaled->ratio * steps), tr("ratio"), tr("output error"));
  }
  if (moved == nullptr) return;
  for (const double error : moved->trace.errors) tries.push_back({static_cast<double>(tries.size()), error});
  m_search->setTries(tries, static_cast<int>(tries.size()) - 1, tr("round"), tr("mean |error|"));
}

void ColumnsPage::showLine() {
  const int at = line();
  m_back->setEnabled(at > 0);
  m_forward->setEnabled(at >= 0 && at + 1 < m_model->rowCount());
  if (at < 0) return m_sentence->clear();
  const auto index = static_cast<std::size_t>(at);
  m_place->setText(tr("%1 of %2").arg(at + 1).arg(m_model->rowCount()));
  m_sentence->setText(lineSentence(*m_explanation, index));
  if (const auto* of = m_explanation->as<GptqExplanation>())
    m_push->setPushed(of->trace.steps[index].pushed, index, m_largest);
  m_factors->setChosen(index);
  showZero();
}

/// How the zero-point of the line's group moved.
void ColumnsPage::showZero() {
  const auto* of = m_explanation->as<HqqExplanation>();
  if (of == nullptr) return;
  const std::uint32_t group = of->columns[static_cast<std::size_t>(line())].group;
  std::vector<SearchChart::Try> tries;
  for (const auto& grids : of->trace.grids)
    tries.push_back({static_cast<double>(tries.size()), static_cast<double>(grids[group].zero)});
  m_zeros->setTries(tries, static_cast<int>(tries.size()) - 1, tr("round"), tr("zero-point"));
}

// In the table left and right go through the columns of the weights, which are its lines.
bool ColumnsPage::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return LabPage::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key != Qt::Key_Left && key != Qt::Key_Right) return LabPage::eventFilter(watched, event);
  setLine(line() + (key == Qt::Key_Left ? -1 : 1));
  return true;
}

}  // namespace app
