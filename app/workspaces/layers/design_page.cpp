#include "app/workspaces/layers/design_page.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "app/calibration/calibration_notice.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_chart.h"
#include "app/workspaces/layers/design_form.h"
#include "app/workspaces/layers/design_result.h"
#include "app/workspaces/layers/design_state.h"
#include "app/workspaces/layers/design_tables.h"
#include "app/workspaces/layers/design_words.h"
#include "core/base/error.h"

namespace app {

DesignPage::DesignPage(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_state(new DesignState(selection, jobs, this)),
      m_form(new DesignForm(selection)),
      m_calibration(new CalibrationNotice(selection, calibrator)),
      m_back(new QPushButton(icon(QStringLiteral("back")), tr("Layers"))),
      m_start(new QPushButton),
      m_offer(new Label(Label::Style::Hint)),
      m_status(new Label(Label::Style::Muted)),
      m_chart(new DesignChart),
      m_tables(new DesignTables),
      m_result(new DesignResult(selection)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  column->setSpacing(space::kOne);
  column->addWidget(buildHead());
  column->addWidget(m_form);
  m_offer->setObjectName(QStringLiteral("design-offer"));
  m_offer->setWrapping();
  column->addWidget(m_offer);
  column->addWidget(m_calibration);
  column->addWidget(buildActions());
  auto* splitter = new QSplitter;
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(buildPicture());
  splitter->addWidget(m_tables);
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({400, 400});
  column->addWidget(splitter, 1);
  column->addWidget(m_result);
  connectAll();
  refresh();
}

DesignPage::~DesignPage() = default;

void DesignPage::connectAll() {
  connect(m_back, &QPushButton::clicked, this, &DesignPage::backWanted);
  connect(m_start, &QPushButton::clicked, this, [this] { m_state->isRunning() ? m_state->stop() : m_state->run(); });
  connect(m_result, &DesignResult::saved, this, [this](const QString& file, const QString& problem) {
    m_status->setRole(problem.isEmpty() ? Label::Style::Muted : Label::Style::Error);
    m_status->setText(problem.isEmpty() ? tr("Saved as %1.").arg(text::shortened(file)) : problem);
  });
  connect(m_form, &DesignForm::edited, this, &DesignPage::ask);
  connect(m_state, &DesignState::changed, this, &DesignPage::refresh);
  connect(&m_selection, &Selection::schemesChanged, this, &DesignPage::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &DesignPage::refresh);
  connect(m_tables, &DesignTables::tensorActivated, this, [this](const std::string& name) {
    if (!m_selection.model()) return;
    if (const auto index = m_selection.model()->checkpoint().find(name)) m_selection.setTensor(*index);
  });
}

QWidget* DesignPage::buildHead() {
  auto* head = new QWidget;
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_back->setObjectName(QStringLiteral("design-back"));
  m_back->setToolTip(tr("Back to the errors of the layers (Esc)"));
  row->addWidget(m_back);
  row->addWidget(new Label(Label::Style::Title, tr("Design a recipe")));
  auto* hint = new Label(Label::Style::Muted, tr("a scheme for every tensor, by what it measurably costs"));
  hint->setElide(Qt::ElideRight);
  row->addWidget(hint, 1);
  return head;
}

QWidget* DesignPage::buildActions() {
  auto* actions = new QWidget;
  auto* row = new QHBoxLayout(actions);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOneHalf);
  m_start->setObjectName(QStringLiteral("design-start"));
  m_start->setProperty("kind", QStringLiteral("primary"));
  m_status->setObjectName(QStringLiteral("design-status"));
  m_status->setElide(Qt::ElideRight);
  row->addWidget(m_start);
  row->addWidget(m_status, 1);
  return actions;
}

QWidget* DesignPage::buildPicture() {
  auto* card = new Card;
  card->setFlush(true);
  card->header()->setContentsMargins(space::kTwo, space::kOne, space::kTwo, 0);
  auto* hint = new Label(Label::Style::Hint, tr("Stairs: the best recipe so far. Dots: one tensor quantized alone."));
  hint->setElide(Qt::ElideRight);
  card->header()->addWidget(hint, 1);
  card->header()->addWidget(m_chart->createMenuButton());
  m_chart->setMinimumHeight(Theme::instance().px(140));
  card->body()->addWidget(m_chart, 1);
  return card;
}

void DesignPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  ask();
}

void DesignPage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) return Q_EMIT backWanted();
  QWidget::keyPressEvent(event);
}

// What names and shapes say of a question is said at once, before it can be asked.
void DesignPage::ask() {
  if (!isVisible()) return;
  QString problem, offer;
  auto question = m_form->question(&problem);
  if (question) {
    try {
      offer = offerText(*question, designSpace(m_selection.model()->checkpoint(), question->request));
    } catch (const core::Error& error) {
      problem = QString::fromUtf8(error.what());
      question.reset();
    }
  }
  m_offer->setRole(problem.isEmpty() ? Label::Style::Hint : Label::Style::Error);
  m_offer->setText(problem.isEmpty() ? offer : problem);
  m_state->setQuestion(std::move(question), problem);
}

void DesignPage::refresh() {
  if (!isVisible()) return;
  std::vector<CalibrationNotice::Asker> askers;
  if (m_state->need() != core::quant::CalibrationNeed::None) askers.push_back({tr("The recipe"), m_state->need()});
  if (askers.size() != m_askers) m_calibration->setAskers(askers);
  m_askers = askers.size();
  m_status->setRole(m_state->failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  m_status->setText(stateText(*m_state));
  refreshButtons();
  refreshChart();
  m_tables->show(m_state->outcome(), m_selection, m_state->isOld());
  m_result->show(m_state->outcome(), m_state->isOld());
}

void DesignPage::refreshButtons() {
  const bool isRunning = m_state->isRunning();
  const auto& model = m_selection.model();
  const QString whyNot = !model                       ? QString()
                         : model->whyCannotComplete() ? QString::fromStdString(*model->whyCannotComplete())
                         : !m_state->question()       ? m_state->problem()
                         : m_selection.waitFor(m_state->need()) != CalibrationWait::Nothing
                             ? tr("The candidates wait for a calibration.")
                             : QString();
  m_start->setText(isRunning ? tr("Stop") : m_state->outcome() != nullptr ? tr("Design again") : tr("Design"));
  m_start->setEnabled(isRunning || (model && whyNot.isEmpty()));
  m_start->setToolTip(isRunning ? tr("What was measured is kept")
                      : whyNot.isEmpty()
                          ? tr("Measures every tensor under every candidate alone, chooses, measures the "
                               "whole, improves it, and checks it on the other text")
                          : whyNot);
}

void DesignPage::refreshChart() {
  const DesignOutcome* const outcome = m_state->outcome();
  const bool isEmpty = !m_selection.model() || outcome == nullptr ||
                       (outcome->rivals.empty() && outcome->singles.empty() && outcome->steps.empty());
  m_chart->setMessage(!m_selection.model() ? QString()
                      : !isEmpty           ? QString()
                      : m_state->isRunning()
                          ? tr("Reading the text…")
                          : tr("The search is drawn here: what single tensors cost, then ever better "
                               "recipes, and what they are to beat."));
  if (isEmpty) return m_chart->clear();
  const ThemeColors& colors = Theme::instance().colors();
  std::vector<DesignChart::Mark> marks;
  for (const DesignRival& rival : outcome->rivals)
    if (rival.problem.empty()) {
      const SchemeEntry* const entry = m_selection.entry(rival.recipe);
      const bool isColored = entry != nullptr && entry->colorSlot >= 0;
      marks.push_back({m_selection.title(rival.recipe), rival.kl.value,
                       isColored ? m_selection.color(rival.recipe) : colors.reference});
    }
  if (outcome->question.request.kl)
    marks.push_back({tr("KL allowed"), *outcome->question.request.kl, colors.warning, Qt::DotLine});
  m_chart->setProvenance(provenanceText(*outcome, QString::fromStdString(m_selection.model()->checkpoint().name())));
  m_chart->show(*outcome, std::move(marks), m_state->isOld());
}

QString DesignPage::helpText() const {
  return tr(
      "A recipe is designed by measuring. Say of which schemes it is made, and how large it may be (like another "
      "recipe, "
      "in bytes, in bits per weight) or how much KL divergence is allowed; the line below says at once what is "
      "possible. "
      "“Design” reads the text and measures every tensor under every candidate alone: the dots. From these figures the "
      "best choice is computed and measured as a whole; then its neighbours are measured, and sets of changes are "
      "taken "
      "as long as they make it better: the stairs. Lines across are recipes of that size. A candidate with which the "
      "model computes no numbers is out for that tensor, and listed. “Stop” keeps what was measured: designing again "
      "goes on from there. At the end the recipe is compared with others of its size on a text that took no part, "
      "paired over blocks of text, with intervals at 95 %; what cannot be told apart is called indistinguishable. "
      "“Tensors” lists what each became: click a header to sort, Ctrl+C copies, Enter selects the tensor. “Add to the "
      "schemes” ticks the recipe, so that it is drawn, sized, run and exported like any other; “Save as recipe file…” "
      "writes it. Esc goes back to the maps.");
}

void DesignPage::saveState(QSettings& settings) const { m_form->saveState(settings); }
void DesignPage::restoreState(QSettings& settings) { m_form->restoreState(settings); }

}  // namespace app
