#include "app/workspaces/train/qat_page.h"

#include <QHBoxLayout>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include "app/session/open_model.h"
#include "app/session/train_defaults.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/answers_table.h"
#include "app/workspaces/train/lab_frame.h"
#include "app/workspaces/train/levels_chart.h"
#include "app/workspaces/train/memory_line.h"
#include "app/workspaces/train/qat_form.h"
#include "app/workspaces/train/result_card.h"
#include "app/workspaces/train/run_bar.h"
#include "app/workspaces/train/train_chart.h"
#include "app/workspaces/train/train_words.h"

namespace app {

namespace {

/// Whether a scheme for the model would change the tensor.
bool isQuantized(const OpenModel& model, const std::string& tensor) {
  const auto index = model.checkpoint().find(tensor);
  return index && model.choices()[*index].fate == core::model::Fate::Quantize;
}

}  // namespace

QatPage::QatPage(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_state(new TrainState(selection, jobs, TrainLab::Qat, this)),
      m_form(new QatForm),
      m_memory(new MemoryLine(jobs)),
      m_bar(new RunBar(*m_state, QStringLiteral("qat"))),
      m_chart(new TrainChart),
      m_levels(new LevelsChart),
      m_levelsTitle(new Label(Label::Style::Heading)),
      m_answers(new AnswersTable),
      m_result(new ResultCard(*m_state, QStringLiteral("qat"))) {
  m_memory->setObjectName(QStringLiteral("qat-memory"));
  m_levelsTitle->setObjectName(QStringLiteral("qat-levels-title"));
  layOutLab(this, {m_form, m_memory}, m_bar, buildPictures());
  connect(m_bar, &RunBar::trainWanted, this, &QatPage::train);
  connect(m_form, &QatForm::edited, this, &QatPage::ask);
  connect(m_form, &QatForm::schemeChosen, this, &QatPage::followScheme);
  connect(m_answers, &AnswersTable::promptsEdited, this, &QatPage::ask);
  connect(m_state, &TrainState::changed, this, &QatPage::refresh);
  connect(m_state, &TrainState::settled, this, &QatPage::ask);
  connect(m_state, &TrainState::recalled, this, [this] {
    const auto& settings = std::get<QatLabSettings>(*m_state->settings());
    m_form->setSettings(settings);
    m_answers->setPrompts(settings.prompts);  // asks
  });
  connect(m_result, &ResultCard::chatWanted, this, [this](const QString& trained) {
    const auto& settings = std::get<QatLabSettings>(*m_state->settings());
    Q_EMIT chatWanted(QStringLiteral("stored|%1|%2").arg(QString::fromStdString(settings.scheme), trained),
                      promptsOf(settings));
  });
  connect(&m_selection, &Selection::modelChanged, this, &QatPage::followModel);
  connect(&Theme::instance(), &Theme::changed, this, &QatPage::refresh);
  followModel();
}

QatPage::~QatPage() = default;

// How long it takes is asked only where it is read.
void QatPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  ask();
}

QWidget* QatPage::buildPictures() {
  auto* levels = chartCard(m_levelsTitle, m_levels);
  levels->setToolTip(tr("Bars: where the weights are now. Line: where they were before training. Dotted: the levels."));
  auto* charts = new QSplitter;
  charts->setObjectName(QStringLiteral("qat-charts"));
  charts->setHandleWidth(space::kOne);
  charts->setChildrenCollapsible(false);
  charts->addWidget(chartCard(new Label(Label::Style::Heading, tr("Loss, perplexity")), m_chart));
  charts->addWidget(levels);
  charts->setSizes({600, 400});
  return stackLab(QStringLiteral("qat-stack"), m_result, charts, tableCard(m_answers));
}

void QatPage::followModel() {
  if (const auto& model = m_selection.model(); model && !model->whyCannotComplete()) {
    const QatLabSettings usual = usualQatSettings(*model, m_form->scheme().toStdString());
    m_form->setSettings(usual);
    m_answers->setPrompts(usual.prompts);
  }
  if (isVisible()) m_state->recall();
  ask();
  refresh();
}

// How long and how fast a scheme is trained follows from its bits.
void QatPage::followScheme(const QString& scheme) {
  const auto& model = m_selection.model();
  if (!model) return;
  QString problem;
  QatLabSettings settings = m_form->settings(&problem);
  const QatLabSettings usual = usualQatSettings(*model, scheme.toStdString());
  settings.scheme = scheme.toStdString();
  settings.steps = usual.steps;
  settings.evaluateEvery = usual.evaluateEvery;
  settings.rate = usual.rate;
  settings.range = usual.range;
  settings.distillation = usual.distillation;
  m_form->setSettings(settings);
  ask();
}

QatLabSettings QatPage::question(QString* problem) const {
  QatLabSettings settings = m_form->settings(problem);
  settings.prompts = m_answers->prompts();
  const auto* tensor = m_selection.tensorInfo();
  if (tensor != nullptr && isQuantized(*m_selection.model(), tensor->name)) settings.watched = tensor->name;
  return settings;
}

void QatPage::ask() {
  QString problem;
  const QatLabSettings asked = question(&problem);
  const auto& run = m_state->settings();
  bool isOther = false;
  if (run) {
    const auto& shown = std::get<QatLabSettings>(*run);
    QatLabSettings comparable = asked;
    comparable.watched = shown.watched;  // what one looks at is no other run
    isOther = runName({}, comparable) != runName({}, shown);
  }
  m_bar->setQuestion(problem, isOther);
  if (problem.isEmpty() && isVisible() && !m_state->isRunning()) m_state->estimate(asked);
  const auto& summary = m_state->history().summary;
  if (problem.isEmpty())
    m_memory->predict(m_selection.model(), asked, summary && !isOther ? summary->measuredBytes : 0);
  else
    m_memory->setText({});
}

void QatPage::train() {
  QString problem;
  QatLabSettings settings = question(&problem);
  const auto& model = m_selection.model();
  if (!problem.isEmpty() || !model || model->whyCannotComplete()) return;
  m_state->train(settings);
  ask();
}

void QatPage::refresh() {
  m_bar->refresh();
  m_form->setEnabled(!m_state->isRunning());
  m_answers->setEditable(!m_state->isRunning());
  const TrainHistory& history = m_state->history();
  m_answers->show(m_state->settings() ? &history : nullptr);
  m_result->refresh();
  refreshChart();
  const auto levelsAt = [&](const TrainEvaluation& evaluation) {
    return evaluation.levels ? &*evaluation.levels : nullptr;
  };
  const LevelHistogram* now = history.evaluations.empty() ? nullptr : levelsAt(history.evaluations.back());
  const LevelHistogram* first = history.evaluations.empty() ? nullptr : levelsAt(history.evaluations.front());
  m_levels->show(first, now);
  m_levels->setMessage(now == nullptr ? tr("As it trains, weights gather at the levels they are stored as.")
                                      : QString());
  m_levelsTitle->setText(now == nullptr ? tr("Weights and levels") : QString::fromStdString(now->tensor));
}

void QatPage::refreshChart() {
  const TrainHistory& history = m_state->history();
  const ThemeColors& c = Theme::instance().colors();
  std::vector<TrainChart::Line> lines;
  if (history.start) {
    lines.push_back({tr("unquantized"), history.start->stored.perplexity.value, c.reference});
    lines.push_back({tr("rounded (PTQ)"), history.start->untrained.perplexity.value, c.scale});
  }
  m_chart->setLines(std::move(lines));
  m_chart->show(m_state->runId(), history, m_state->settings() ? commonOf(*m_state->settings()).steps : 1);
  m_chart->setMessage(history.start          ? QString()
                      : m_state->isRunning() ? tr("Measuring what training starts from…")
                                             : tr("Train: the loss falls here, step by step."));
  if (m_state->settings() && m_selection.model()) {
    const QString made =
        provenanceText(*m_state->settings(), QString::fromStdString(m_selection.model()->checkpoint().name()));
    m_chart->setProvenance(made);
    m_levels->setProvenance(made);
  }
}

void QatPage::saveState(QSettings& settings) const { m_form->saveState(settings); }

void QatPage::restoreState(QSettings& settings) { m_form->restoreState(settings); }

}  // namespace app
