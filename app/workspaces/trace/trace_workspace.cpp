#include "app/workspaces/trace/trace_workspace.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "app/selection/selection_link.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/old_veil.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/block_map.h"
#include "app/workspaces/trace/block_step.h"
#include "app/workspaces/trace/depth_chart.h"
#include "app/workspaces/trace/depth_step.h"
#include "app/workspaces/trace/hand_changes.h"
#include "app/workspaces/trace/matrix_step.h"
#include "app/workspaces/trace/proof_bar.h"
#include "app/workspaces/trace/step_bar.h"
#include "app/workspaces/trace/tensor_map.h"
#include "app/workspaces/trace/tensor_step.h"
#include "app/workspaces/trace/trace_bar.h"
#include "app/workspaces/trace/trace_link.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

namespace {
constexpr Length kWide{1180}, kHigh{800};  // of the page, from which on all steps are seen at once
const QString kStepKey = QStringLiteral("step");
constexpr const char* kCoarse = "int3";
}  // namespace

TraceWorkspace::TraceWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_state(new TraceState(selection(), jobs(), this)),
      m_changes(new HandChanges(*m_state, this)),
      m_bar(new TraceBar(*m_state)),
      m_case(new Label(Label::Style::Heading)),
      m_proof(new ProofBar(*m_state, *m_changes)),
      m_steps(new StepBar),
      m_pages(new QStackedWidget),
      m_depth(new DepthStep(*m_state)),
      m_tensors(new TensorStep(*m_state)),
      m_matrix(new MatrixStep(*m_state)),
      m_block(new BlockStep(*m_state, *m_changes)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kTwo);
  column->setSpacing(space::kOne);
  column->addWidget(m_bar);
  m_case->setObjectName(QStringLiteral("trace-case"));
  m_case->setWrapping();
  column->addWidget(m_case);
  column->addWidget(m_proof);
  column->addWidget(m_steps);
  m_pages->addWidget(buildMessage());
  m_pages->addWidget(buildSteps());
  column->addWidget(m_pages, 1);
  m_veils = {new OldVeil(m_proof), new OldVeil(m_steps), new OldVeil(m_pages)};
  connectSteps();
  refresh();
}

// Pages go before the state they share.
TraceWorkspace::~TraceWorkspace() {
  disconnect(m_state, nullptr, this, nullptr);
  delete m_pages;
}

QWidget* TraceWorkspace::buildMessage() {
  auto* page = new Card;
  m_messageTitle = new Label(Label::Style::Title);
  m_messageText = new Label(Label::Style::Muted);
  m_messageTitle->setAlignment(Qt::AlignCenter);
  m_messageText->setAlignment(Qt::AlignCenter);
  m_messageText->setWrapping();
  m_messageTitle->setObjectName(QStringLiteral("trace-message"));
  m_messageText->setObjectName(QStringLiteral("trace-message-text"));
  page->body()->addStretch(2);
  page->body()->addWidget(m_messageTitle);
  page->body()->addWidget(m_messageText);
  m_coarser = new QPushButton(tr("Compare INT3 instead"));
  m_coarser->setObjectName(QStringLiteral("trace-coarser"));
  connect(m_coarser, &QPushButton::clicked, this, [this] {
    if (m_state->question()) askCoarser(*m_state->question());
  });
  page->body()->addSpacing(space::kOne);
  page->body()->addWidget(m_coarser, 0, Qt::AlignHCenter);
  page->body()->addStretch(3);
  return page;
}

QWidget* TraceWorkspace::buildSteps() {
  m_grid = new QWidget;
  m_gridLayout = new QGridLayout(m_grid);
  m_gridLayout->setContentsMargins(0, 0, 0, 0);
  m_gridLayout->setSpacing(space::kOneHalf);
  m_cards = {m_depth, m_tensors, m_matrix, m_block};
  for (std::size_t i = 0; i < m_cards.size(); ++i) {
    m_gridLayout->addWidget(m_cards[i], static_cast<int>(i / 2), static_cast<int>(i % 2));
    m_cards[i]->setMinimumSize(0, 0);
  }
  arrange();
  return m_grid;
}

void TraceWorkspace::connectSteps() {
  connect(m_state, &TraceState::changed, this, &TraceWorkspace::refresh);
  connect(m_state, &TraceState::placeChanged, this, &TraceWorkspace::refreshPlace);
  connect(m_bar, &TraceBar::edited, this, &TraceWorkspace::refreshCase);
  connect(m_steps, &StepBar::chosen, this, &TraceWorkspace::showStep);
  connect(m_depth, &DepthStep::layerActivated, this, [this](std::uint32_t layer) {
    m_tensors->selectLayer(layer);
    descend(1);
  });
  connect(m_tensors, &TensorStep::tensorActivated, this, [this] { descend(2); });
  connect(m_matrix, &MatrixStep::blockActivated, this, [this] { descend(3); });
  connect(m_block, &BlockStep::bitsWanted, this, &TraceWorkspace::openBits);
  connect(m_block, &BlockStep::quantizeWanted, this, &TraceWorkspace::openQuantize);
  connect(m_changes, &HandChanges::linkFollowed, this, &TraceWorkspace::linkFollowed);
  connect(m_changes, &HandChanges::changed, this, &TraceWorkspace::refreshCase);
  connect(m_proof, &ProofBar::failed, &jobs(), &JobRunner::failed);
  connect(&selection(), &Selection::schemesChanged, this, &TraceWorkspace::refreshCase);
}

void TraceWorkspace::setActive(bool active) {
  m_isActive = active;
  m_state->setActive(active);
  m_block->setActive(active && (m_isWide || m_steps->current() == 3));
  if (active) refresh();
}

void TraceWorkspace::refresh() {
  if (!m_isActive && selection().model()) return;  // it catches up when it is looked at
  const Trace* trace = m_state->trace();
  const bool isFound = trace != nullptr && trace->search.found;
  m_steps->setVisible(isFound);
  m_pages->setCurrentIndex(isFound ? 1 : 0);
  refreshCase();
  m_proof->refresh();
  m_depth->refresh();
  m_tensors->refresh();
  m_matrix->refresh();
  m_block->refresh();
  refreshPlace();
}

void TraceWorkspace::refreshPlace() {
  if (!m_isActive) return;
  m_tensors->refreshPlace();
  m_matrix->refreshPlace();
  m_block->refreshPlace();
  m_steps->setResult(0, m_depth->result());
  m_steps->setResult(1, m_tensors->result());
  m_steps->setResult(2, m_matrix->result());
  m_steps->setResult(3, m_block->result());
}

void TraceWorkspace::refreshCase() {
  const Trace* trace = m_state->trace();
  const bool isFound = trace != nullptr && trace->search.found;
  QString sentence;
  if (isFound) sentence = caseText(*trace, *m_state->result().question, selection(), m_state->tokenizer());
  const auto inBar = m_bar->asked();
  const bool isOld = isFound && inBar && !(*inBar == *m_state->result().question);
  if (isOld)
    sentence = tr("Old, of another question than above: ") + sentence;
  else if (isFound && m_state->isOld())
    sentence = tr("Old, of weights made with another calibration: ") + sentence;
  if (isFound && !m_state->failure().isEmpty()) sentence += u' ' + m_state->failure();
  if (isFound && m_state->wasStopped()) sentence += tr(" Stopped; what is known stays.");
  for (OldVeil* veil : m_veils) {
    veil->setVisible(isOld || (isFound && m_state->isOld()));
    veil->raise();
  }
  m_case->setText(sentence);
  m_case->setVisible(isFound);
  const auto& asked = m_state->question();
  m_coarser->setVisible(trace != nullptr && !isFound && !m_state->isRunning() && asked &&
                        !(asked->compared.recipe == core::quant::Scheme::parse(kCoarse)));
  if (isFound) return;
  m_messageText->setRole(m_state->failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  if (!m_state->failure().isEmpty()) {
    m_messageTitle->setText(tr("The trace failed"));
    m_messageText->setText(m_state->failure());
  } else if (trace != nullptr && !m_state->isRunning()) {
    m_messageTitle->setText(tr("They never part on this prompt"));
    m_messageText->setText(tr("Both say the same for all %1 tokens of the answer. Ask something else, compare a "
                              "coarser scheme (INT3, INT2), "
                              "or give the number of a token: then contributions say what moved the two apart there.")
                               .arg(trace->search.answer.size()));
  } else if (m_state->isRunning()) {
    m_messageTitle->setText(tr("Reading the answer with both models…"));
    m_messageText->setText(tr("Up to the first word at which they part."));
  } else {
    m_messageTitle->setText(tr("From a wrong word to the weights that caused it"));
    m_messageText->setText(
        tr("Type a prompt and press Trace: both models read the reference's answer up to the first word at which they "
           "part. Then: where in depth, which tensors, which blocks, which weights; and proof by restoring them. From "
           "Chat, “Trace this word” under the answers asks the same about any word."));
  }
}

void TraceWorkspace::showStep(int step) {
  m_steps->setCurrent(step);
  arrange();
  if (m_isActive) m_block->setActive(m_isWide || step == 3);
}

void TraceWorkspace::descend(int step) {
  showStep(step);
  QWidget* const pictures[]{&m_depth->chart(), &m_tensors->map(), &m_matrix->map(), m_block->table()};
  pictures[step]->setFocus();
}

void TraceWorkspace::arrange() {
  const int current = m_steps->current();
  for (const int i : {0, 1}) {
    m_gridLayout->setRowStretch(i, m_isWide || current / 2 == i ? 1 : 0);
    m_gridLayout->setColumnStretch(i, m_isWide || current % 2 == i ? 1 : 0);
  }
  m_gridLayout->setSpacing(m_isWide ? space::kOneHalf : 0);
  for (std::size_t i = 0; i < m_cards.size(); ++i) m_cards[i]->setVisible(m_isWide || static_cast<int>(i) == current);
}

void TraceWorkspace::resizeEvent(QResizeEvent* event) {
  Workspace::resizeEvent(event);
  const bool isWide = width() >= kWide && height() >= kHigh;
  if (std::exchange(m_isWide, isWide) == isWide) return;
  showStep(m_steps->current());
}

void TraceWorkspace::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Backspace && m_steps->current() > 0) return descend(m_steps->current() - 1);
  if (event->matches(QKeySequence::Undo) && m_changes->canUndo()) return m_changes->undo();
  Workspace::keyPressEvent(event);
}

void TraceWorkspace::openBits() {
  const auto tensor = m_state->tensor();
  const auto block = m_state->block();
  if (!tensor || !block) return;
  if (!selection().weight()) m_state->selectWeight(*tensor, block->first);
  Link link{QStringLiteral("bits"), {}, {}};
  describeSelection(selection(), link);
  link.query.removeAllQueryItems(QStringLiteral("scheme"));
  Q_EMIT linkFollowed(link);
}

void TraceWorkspace::openQuantize() {
  const auto tensor = m_state->tensor();
  const auto block = m_state->block();
  if (!tensor || !block) return;
  if (!selection().weight()) m_state->selectWeight(*tensor, block->first);
  Link link{QStringLiteral("quantize"), {}, {}};
  describeSelection(selection(), link);
  link.query.removeAllQueryItems(QStringLiteral("scheme"));
  const auto scheme =
      selection().schemeFor(m_state->result().question->compared.recipe, *m_state->indexInModel(*tensor, block->first));
  if (scheme) link.set(QStringLiteral("scheme"), QString::fromStdString(scheme->toString()));
  Q_EMIT linkFollowed(link);
}

void TraceWorkspace::showExample() {
  TraceQuestion question;
  question.text = kExamplePrompt;
  askCoarser(question);
}

void TraceWorkspace::askCoarser(TraceQuestion question) {
  question.compared.recipe = core::quant::Scheme::parse(kCoarse);
  selection().askTrace(question);
}

QString TraceWorkspace::openLink(const Link& link) {
  QStringList keys = traceKeys();
  keys << kStepKey;
  if (!link.path.isEmpty() || !unknownKey(link, keys).isEmpty())
    return tr("\"%1\" names nothing that can be shown here.").arg(link.toString());
  const int step = link.has(kStepKey) ? link.value(kStepKey).toInt() : m_steps->current() + 1;
  if (step < 1 || step > StepBar::kSteps) return tr("The step is a number from 1 to 4.");
  TraceQuestion question;
  if (link.has(QStringLiteral("prompt"))) {
    if (const QString problem = readTraceLink(link, selection(), question); !problem.isEmpty()) return problem;
  }
  if (const QString problem = followLink(selection(), link); !problem.isEmpty()) return problem;
  if (!question.text.isEmpty()) askUnlessKnown(question, link.has(QStringLiteral("tensor")));
  showStep(step - 1);
  return {};
}

void TraceWorkspace::askUnlessKnown(const TraceQuestion& question, bool hasPlace) {
  const bool isSame = m_state->question() && *m_state->question() == question;
  if (isSame && (m_state->isComplete() || m_state->isRunning())) return;
  if (hasPlace) m_state->keepPlace();
  selection().askTrace(question);
}

Link TraceWorkspace::link() const {
  Link link{QStringLiteral("trace"), {}, {}};
  describeSelection(selection(), link);
  if (m_state->question()) {
    writeTraceLink(*m_state->question(), link);
    link.set(kStepKey, QString::number(m_steps->current() + 1));
  }
  return link;
}

QString TraceWorkspace::helpText() const {
  return tr(
      "Why a quantized model says another word, followed to the weights that caused it. Above: the prompt, the "
      "reference, what is compared with it, and the token (by itself the first at which they part). Step 1: how far "
      "the "
      "residual stream is off behind every half of a layer, and what either model would say there (logit lens); the "
      "map "
      "shows all tokens. Step 2: what every tensor contributed to the change of the logit difference; the parts add up "
      "to "
      "the whole, rounded activations, caches and the remainder are parts of their own; ✓ where restoring the tensor "
      "alone "
      "brings the word back. Step 3: the blocks of the selected tensor; what was proved is framed. Step 4: the block's "
      "weights: what they were, the code that is stored, what it decodes to, and why; Enter opens the weight in Bits. "
      "“Next lower code” and “Next higher code” run the model with that one code changed. “Try it in Chat” is a "
      "switch: on, "
      "the restored weights are in the compared pane, off, it is as it was; “Break it” switches off a head or a layer. "
      "Keys: Tab goes from step to "
      "step, "
      "arrows move in a picture, Enter goes deeper, Backspace comes back; Alt+Left goes where you came from.");
}

void TraceWorkspace::saveState(QSettings& settings) const {
  settings.setValue(kStepKey, m_steps->current());
  if (const auto asked = m_bar->asked()) settings.setValue(QStringLiteral("prompt"), asked->text);
}

void TraceWorkspace::restoreState(QSettings& settings) {
  showStep(std::clamp(settings.value(kStepKey).toInt(), 0, StepBar::kSteps - 1));
  if (const QString prompt = settings.value(QStringLiteral("prompt")).toString(); !prompt.isEmpty())
    m_bar->setPrompt(prompt);
}

}  // namespace app
