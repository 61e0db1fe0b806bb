#include "app/workspaces/trace/proof_bar.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/session/trace_json.h"
#include "app/session/trace_page.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/save_file.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/hand_changes.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

ProofBar::ProofBar(TraceState& state, HandChanges& changes, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_changes(changes),
      m_sentence(new Label(Label::Style::Body)),
      m_change(new Label(Label::Style::Muted)),
      m_inUse(new Label(Label::Style::Body)),
      m_try(new QPushButton(tr("Try it in Chat"))),
      m_break(new QPushButton(tr("Break it"))),
      m_save(new QPushButton(tr("Save…"))),
      m_use(new QPushButton(tr("Use in Chat"))),
      m_changeRow(new QWidget),
      m_useRow(new QWidget),
      m_undo(new QToolButton),
      m_breakMenu(new QMenu(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  column->addLayout(row);
  auto* changed = new QHBoxLayout(m_changeRow);
  changed->setContentsMargins(0, 0, 0, 0);
  m_change->setObjectName(QStringLiteral("trace-change"));
  m_change->setWrapping();
  m_use->setObjectName(QStringLiteral("trace-use-change"));
  m_use->setToolTip(tr("The compared pane goes on with this change"));
  changed->addWidget(m_change, 1);
  changed->addWidget(m_use, 0, Qt::AlignTop);
  column->addWidget(m_changeRow);
  auto* inUse = new QHBoxLayout(m_useRow);
  inUse->setContentsMargins(0, 0, 0, 0);
  m_inUse->setObjectName(QStringLiteral("trace-in-use"));
  m_inUse->setElide(Qt::ElideMiddle);
  inUse->addWidget(m_inUse, 1);
  inUse->addWidget(m_undo);
  column->addWidget(m_useRow);
  m_sentence->setObjectName(QStringLiteral("trace-proof"));
  m_sentence->setWrapping();
  m_try->setObjectName(QStringLiteral("trace-try"));
  m_try->setIcon(icon(QStringLiteral("chat")));
  m_try->setCheckable(true);
  m_try->setToolTip(
      tr("On: Chat's compared pane goes on with these weights restored. Off: with the compared model as it was"));
  m_undo->setObjectName(QStringLiteral("trace-undo"));
  m_undo->setIcon(icon(QStringLiteral("undo")));
  m_undo->setText(tr("Undo"));
  m_undo->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_undo->setToolTip(tr("Chat goes on with the compared model as it was (Ctrl+Z)"));
  m_undo->setAccessibleName(tr("Undo the change in Chat"));
  m_break->setObjectName(QStringLiteral("trace-break"));
  m_break->setProperty("kind", QStringLiteral("menu"));
  m_break->setMenu(m_breakMenu);
  m_break->setToolTip(tr("Switch off a head or a layer of the compared model"));
  m_save->setObjectName(QStringLiteral("trace-save"));
  m_save->setToolTip(tr("The whole trace as one page (HTML) or for programs (JSON)"));
  row->addWidget(m_sentence, 1);
  for (QPushButton* button : {m_try, m_break, m_save}) row->addWidget(button, 0, Qt::AlignTop);
  connect(m_try, &QPushButton::clicked, this, [this](bool on) { on ? m_changes.restoreWeights() : m_changes.undo(); });
  connect(m_undo, &QToolButton::clicked, &m_changes, &HandChanges::undo);
  connect(m_use, &QPushButton::clicked, &m_changes, &HandChanges::useInChat);
  connect(m_save, &QPushButton::clicked, this, &ProofBar::save);
  connect(m_breakMenu, &QMenu::aboutToShow, this, &ProofBar::fillBreak);
  connect(&m_changes, &HandChanges::changed, this, &ProofBar::refresh);
}

void ProofBar::refresh() {
  const Trace* trace = m_state.trace();
  const bool isFound = trace != nullptr && trace->search.found;
  setVisible(isFound);
  if (!isFound) return;
  const QString sentence = proofText(*trace, m_state.tokenizer());
  m_sentence->setText(!sentence.isEmpty() ? sentence
                      : m_state.isRunning()
                          ? tr("Looking for the smallest set of weights whose restoration alone brings %1 back…")
                                .arg(quotedWord(m_state.tokenizer(), trace->found().parting.reference))
                          : tr("Stopped before anything was proved."));
  m_try->setVisible(trace->proof && (trace->proof->weights || trace->proof->blocks));
  m_break->setEnabled(m_state.isComplete() && !m_changes.isComputing());
  refreshChange();
  refreshUse();
}

// A switch: what it says is what Chat has.
void ProofBar::refreshUse() {
  const bool isRestored = m_changes.isRestoredInUse();
  m_try->setChecked(isRestored);
  m_try->setText(isRestored ? tr("In Chat: on") : tr("Try it in Chat"));
  m_try->setEnabled(m_state.isComplete() && !m_changes.isComputing());
  m_useRow->setVisible(m_changes.canUndo());
  m_inUse->setText(tr("Chat's compared pane goes on with %1.").arg(m_changes.usedTitle()));
}

// What was changed by hand, and what the model says then.
void ProofBar::refreshChange() {
  const HandChanges::Tried* tried = m_changes.tried();
  const bool isTried = tried != nullptr && (tried->effect || !tried->noNumbers.isEmpty());
  m_changeRow->setVisible(isTried || m_changes.isComputing() || !m_changes.failure().isEmpty());
  m_use->setVisible(isTried);
  m_change->setRole(m_changes.failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  if (!m_changes.failure().isEmpty()) return m_change->setText(m_changes.failure());
  if (!isTried) return m_change->setText(tr("Running the model with the change…"));
  if (!tried->noNumbers.isEmpty()) return m_change->setText(tr("%1. %2").arg(tried->what, tried->noNumbers));
  const QString word = quotedWord(m_state.tokenizer(), m_state.trace()->found().parting.reference);
  m_change->setText(tr("%1: the logit difference goes from %2 to %3, the KL divergence from %4 to %5 nats; %6.")
                        .arg(tried->what, text::number(m_state.trace()->found().comparedDifference(), 3),
                             text::number(tried->effect->logitDifference, 3),
                             text::number(m_state.trace()->found().divergence(), 3),
                             text::number(tried->effect->divergence, 3),
                             (tried->effect->isReferenceWord ? tr("it says %1") : tr("it does not say %1")).arg(word)));
}

// Of the layer of the selected tensor: with eighty layers nobody reads a menu of all.
void ProofBar::fillBreak() {
  m_breakMenu->clear();
  const auto tensor = m_state.tensor();
  const auto layer = tensor ? m_state.trace()->tensors[*tensor].layer : std::optional<std::uint32_t>(0);
  if (!layer) {
    m_breakMenu->addAction(tr("Select a tensor of a layer in step 2"))->setEnabled(false);
    return;
  }
  m_breakMenu->addAction(tr("Switch off layer %1").arg(*layer), this,
                         [this, layer] { m_changes.switchOffLayer(*layer); });
  QMenu* heads = m_breakMenu->addMenu(tr("Switch off a head of layer %1").arg(*layer));
  const std::uint32_t count = m_state.selection().model()->config().heads;
  for (std::uint32_t head = 0; head < count; ++head)
    heads->addAction(tr("Head %1").arg(head), this, [this, layer, head] { m_changes.switchOffHead(*layer, head); });
}

void ProofBar::save() {
  auto* dialog = new QFileDialog(window(), tr("Save the trace"), QStringLiteral("trace.html"),
                                 tr("Page (*.html);;For programs (*.json)"));
  dialog->setObjectName(QStringLiteral("trace-save-dialog"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  connect(dialog, &QFileDialog::fileSelected, this, [this, trace = m_state.result().trace](const QString& file) {
    const auto tokenizer = m_state.selection().model() ? m_state.selection().model()->tokenizer() : nullptr;
    const bool isPage = !file.endsWith(QStringLiteral(".json"));
    const auto work = [trace, tokenizer, isPage](const core::JobContext&) {
      using Handling = nlohmann::ordered_json::error_handler_t;
      const std::string text = isPage
                                   ? tracePage(*trace, tokenizer.get())
                                   : traceJson(*trace, tokenizer.get()).dump(2, ' ', false, Handling::replace) + "\n";
      return QByteArray::fromStdString(text);
    };
    m_state.jobs().run(this, {QStringLiteral("trace.save"), {}}, work, [this, file](const QByteArray& bytes) {
      if (const QString problem = saveFile(file, bytes); !problem.isEmpty()) Q_EMIT failed(problem);
    });
  });
  dialog->open();
}

}  // namespace app
