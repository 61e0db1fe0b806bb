#include "app/workspaces/train/qlora_page.h"

#include <QSplitter>
#include <QTabWidget>

#include "app/session/open_model.h"
#include "app/session/train_defaults.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/fact_bar.h"
#include "app/workspaces/train/fact_table.h"
#include "app/workspaces/train/lab_frame.h"
#include "app/workspaces/train/memory_line.h"
#include "app/workspaces/train/memory_table.h"
#include "app/workspaces/train/qlora_form.h"
#include "app/workspaces/train/result_card.h"
#include "app/workspaces/train/run_bar.h"
#include "app/workspaces/train/runs_table.h"
#include "app/workspaces/train/train_chart.h"
#include "app/workspaces/train/train_words.h"

namespace app {

QloraPage::QloraPage(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_state(new TrainState(selection, jobs, TrainLab::Qlora, this)),
      m_form(new QloraForm),
      m_memory(new MemoryLine(jobs)),
      m_bar(new RunBar(*m_state, QStringLiteral("qlora"))),
      m_chart(new TrainChart),
      m_facts(new FactTable),
      m_factBar(new FactBar(*m_facts)),
      m_side(new QTabWidget),
      m_memoryTable(new MemoryTable(jobs)),
      m_runs(new RunsTable),
      m_result(new ResultCard(*m_state, QStringLiteral("qlora"))) {
  m_memory->setObjectName(QStringLiteral("qlora-memory-line"));
  layOutLab(this, {m_form, m_memory}, m_bar, buildPictures());
  connect(m_bar, &RunBar::trainWanted, this, &QloraPage::train);
  connect(m_form, &QloraForm::edited, this, &QloraPage::ask);
  connect(m_facts, &FactTable::edited, this, &QloraPage::ask);
  connect(m_state, &TrainState::changed, this, &QloraPage::refresh);
  connect(m_state, &TrainState::finished, this, [this] {
    m_runs->add(std::get<QloraLabSettings>(*m_state->settings()), m_state->history());
    m_side->setCurrentWidget(m_runs);
  });
  connect(m_state, &TrainState::settled, this, &QloraPage::ask);
  connect(m_state, &TrainState::recalled, this, [this] {
    const auto& settings = std::get<QloraLabSettings>(*m_state->settings());
    m_form->setSettings(settings);
    m_facts->setFacts(settings.facts);  // asks
  });
  connect(m_result, &ResultCard::chatWanted, this, [this](const QString& trained) {
    const auto& settings = std::get<QloraLabSettings>(*m_state->settings());
    Q_EMIT chatWanted(QStringLiteral("stored|%1|%2").arg(QString::fromStdString(settings.base), trained),
                      promptsOf(settings));
  });
  connect(&m_selection, &Selection::modelChanged, this, &QloraPage::followModel);
  connect(&Theme::instance(), &Theme::changed, this, &QloraPage::refresh);
  m_facts->setFacts(exampleFacts());
  followModel();
}

QloraPage::~QloraPage() = default;

// How long it takes is asked only where it is read.
void QloraPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  ask();
}

QWidget* QloraPage::buildPictures() {
  m_side->setDocumentMode(true);
  m_side->setObjectName(QStringLiteral("qlora-side"));
  m_side->setAccessibleName(tr("Memory and runs"));
  m_side->addTab(m_memoryTable, tr("Memory"));
  m_side->addTab(m_runs, tr("Runs compared"));
  auto* charts = new QSplitter;
  charts->setObjectName(QStringLiteral("qlora-charts"));
  charts->setHandleWidth(space::kOne);
  charts->setChildrenCollapsible(false);
  charts->addWidget(chartCard(new Label(Label::Style::Heading, tr("Loss, perplexity")), m_chart));
  charts->addWidget(tableCard(m_side));
  charts->setSizes({400, 600});
  return stackLab(QStringLiteral("qlora-stack"), m_result, charts, tableCard(m_facts, m_factBar),
                  0.48);  // facts are what one works on
}

void QloraPage::followModel() {
  m_runs->forget();
  if (const auto& model = m_selection.model(); model && !model->whyCannotComplete())
    m_form->setSettings(usualQloraSettings(*model));
  if (isVisible()) m_state->recall();
  ask();
}

QloraLabSettings QloraPage::question(QString* problem) const {
  QloraLabSettings settings = m_form->settings(problem);
  if (problem->isEmpty()) *problem = m_facts->problem();
  settings.facts = m_facts->facts();
  return settings;
}

void QloraPage::ask() {
  QString problem;
  const QloraLabSettings asked = question(&problem);
  const auto& run = m_state->settings();
  const bool isOther = run && runName({}, asked) != runName({}, *run);
  m_bar->setQuestion(problem, isOther);
  if (problem.isEmpty() && isVisible() && !m_state->isRunning()) m_state->estimate(asked);
  const auto& summary = m_state->history().summary;
  const std::uint64_t measured = summary && !isOther ? summary->measuredBytes : 0;
  m_memory->predict(m_selection.model(), asked, measured);
  m_memoryTable->compute(m_selection.model(), asked, measured);
  refresh();
}

void QloraPage::train() {
  QString problem;
  const QloraLabSettings settings = question(&problem);
  const auto& model = m_selection.model();
  if (!problem.isEmpty() || !model || model->whyCannotComplete()) return;
  m_state->train(settings);
  ask();
}

// What is known of a fact is shown beside it only, not beside what was typed since.
void QloraPage::refresh() {
  m_bar->refresh();
  const bool isRunning = m_state->isRunning();
  m_form->setEnabled(!isRunning);
  m_facts->setEditable(!isRunning);
  m_factBar->setEditable(!isRunning);
  const TrainHistory& history = m_state->history();
  const bool isSame = m_state->settings() && std::get<QloraLabSettings>(*m_state->settings()).facts == m_facts->facts();
  const TrainEvaluation* last = history.evaluations.empty() ? nullptr : &history.evaluations.back();
  m_facts->showKnown(last != nullptr && isSame ? &last->facts : nullptr);
  m_factBar->setKnown(last != nullptr && isSame ? factsText(*last) : QString());
  m_result->refresh();
  refreshChart();
}

void QloraPage::refreshChart() {
  const TrainHistory& history = m_state->history();
  const ThemeColors& c = Theme::instance().colors();
  std::vector<TrainChart::Line> lines;
  if (history.start) lines.push_back({tr("before training"), history.start->untrained.perplexity.value, c.reference});
  m_chart->setLines(std::move(lines));
  m_chart->show(m_state->runId(), history, m_state->settings() ? commonOf(*m_state->settings()).steps : 1);
  m_chart->setMessage(history.start          ? QString()
                      : m_state->isRunning() ? tr("Measuring what training starts from…")
                                             : tr("Train: the loss on the facts falls here; what rises is forgotten."));
  if (m_state->settings() && m_selection.model())
    m_chart->setProvenance(
        provenanceText(*m_state->settings(), QString::fromStdString(m_selection.model()->checkpoint().name())));
}

void QloraPage::saveState(QSettings& settings) const { m_form->saveState(settings); }

void QloraPage::restoreState(QSettings& settings) { m_form->restoreState(settings); }

}  // namespace app
