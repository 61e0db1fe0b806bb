#include "app/workspaces/train/train_workspace.h"

#include <QSettings>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "app/selection/selection_link.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/qat_form.h"
#include "app/workspaces/train/qat_page.h"
#include "app/workspaces/train/qlora_form.h"
#include "app/workspaces/train/qlora_page.h"

namespace app {

namespace {

const QString kQat = QStringLiteral("qat"), kQlora = QStringLiteral("qlora"), kScheme = QStringLiteral("scheme"),
              kSteps = QStringLiteral("steps"), kRange = QStringLiteral("range"), kRank = QStringLiteral("rank"),
              kReplay = QStringLiteral("replay");
constexpr uint kMostSteps = 100000, kMostLinkedRank = 256;
/// In the order of core::train::QatRange.
const QStringList kRanges{QStringLiteral("recomputed"), QStringLiteral("step"), QStringLiteral("clip")};

/// @return the sentence of what is wrong with the value of a key; empty: nothing
template <class Number>
QString readCount(const Link& link, const QString& key, uint most, Number& number) {
  if (!link.has(key)) return {};
  bool isNumber = false;
  const uint value = link.value(key).toUInt(&isNumber);
  if (!isNumber || value == 0 || value > most)
    return TrainWorkspace::tr("%1 should be a whole number from 1 to %2.").arg(key).arg(most);
  number = value;
  return {};
}

}  // namespace

TrainWorkspace::TrainWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_tabs(new QTabWidget),
      m_qat(new QatPage(selection(), jobs())),
      m_qlora(new QloraPage(selection(), jobs())) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kTwo);
  column->setSpacing(0);
  m_tabs->setDocumentMode(true);
  m_tabs->setUsesScrollButtons(false);
  m_tabs->setObjectName(QStringLiteral("train-pages"));
  m_tabs->setAccessibleName(tr("Labs of Train"));
  m_tabs->addTab(m_qat, tr("QAT: heal a quantized model"));
  m_tabs->addTab(m_qlora, tr("QLoRA: teach it new facts"));
  column->addWidget(m_tabs, 1);
  connect(m_qat, &QatPage::chatWanted, this, &TrainWorkspace::openChat);
  connect(m_qlora, &QloraPage::chatWanted, this, &TrainWorkspace::openChat);
}

// Pages go before what they hear of: jobs that end meanwhile find nobody.
TrainWorkspace::~TrainWorkspace() { delete m_tabs; }

void TrainWorkspace::setActive(bool active) {
  if (!active) return;
  m_qat->recall();
  m_qlora->recall();
}

void TrainWorkspace::openChat(const QString& panes, const QStringList& prompts) {
  Link link{QStringLiteral("chat"), {}, {}};
  link.set(QStringLiteral("panes"), panes);
  link.set(QStringLiteral("suggest"), prompts.join(u'|'));
  Q_EMIT linkFollowed(link);
}

QString TrainWorkspace::runningWork() const {
  return m_qat->state().isRunning() || m_qlora->state().isRunning() ? tr("the training in Train") : QString();
}

QString TrainWorkspace::unsavedWork() const { return runningWork(); }

/// A run that is over before a person wonders.
void TrainWorkspace::showExample() {
  if (m_qat->state().phase() != TrainPhase::None) return;
  QString problem;
  QatLabSettings quick = m_qat->form().settings(&problem);
  quick.steps = 12;
  quick.batch = 4;
  quick.evaluateEvery = 4;
  quick.tasks.clear();
  m_qat->form().setSettings(quick);
  m_qat->train();
}

QString TrainWorkspace::openQat(const Link& link) {
  QString problem;
  QatLabSettings settings = m_qat->form().settings(&problem);
  if (link.has(kScheme)) m_qat->followScheme(link.value(kScheme));
  settings = m_qat->form().settings(&problem);
  if (!problem.isEmpty() && link.has(kScheme)) return problem;
  if (const QString wrong = readCount(link, kSteps, kMostSteps, settings.steps); !wrong.isEmpty()) return wrong;
  if (link.has(kRange)) {
    const qsizetype range = kRanges.indexOf(link.value(kRange));
    if (range < 0) return tr("The range is recomputed, step or clip, not “%1”.").arg(link.value(kRange).left(40));
    settings.range = static_cast<core::train::QatRange>(range);
  }
  m_qat->form().setSettings(settings);
  m_qat->ask();
  return {};
}

QString TrainWorkspace::openQlora(const Link& link) {
  QString problem;
  QloraLabSettings settings = m_qlora->form().settings(&problem);
  if (const QString wrong = readCount(link, kSteps, kMostSteps, settings.steps); !wrong.isEmpty()) return wrong;
  if (const QString wrong = readCount(link, kRank, kMostLinkedRank, settings.adapter.rank); !wrong.isEmpty())
    return wrong;
  if (link.has(kReplay)) {
    const QString replay = link.value(kReplay);
    if (replay != QStringLiteral("on") && replay != QStringLiteral("off"))
      return tr("Replay is on or off, not “%1”.").arg(replay.left(40));
    settings.replay = replay == QStringLiteral("on");
  }
  m_qlora->form().setSettings(settings);
  m_qlora->ask();
  return {};
}

// The scheme of a link is what is trained for; it need not be compared in the list of schemes.
QString TrainWorkspace::openLink(const Link& link) {
  const QString page = link.path.isEmpty() ? kQat : link.path.front();
  const bool isQat = page == kQat;
  const QStringList keys = isQat ? QStringList{kScheme, kSteps, kRange} : QStringList{kSteps, kRank, kReplay};
  if ((!isQat && page != kQlora) || link.path.size() > 1 || !unknownKey(link, keys).isEmpty() ||
      (!isQat && link.has(kScheme)))
    return tr("\"%1\" names nothing that can be shown here.").arg(link.toString());
  Link selected = link;
  selected.query.removeAllQueryItems(kScheme);
  if (const QString problem = followLink(selection(), selected); !problem.isEmpty()) return problem;
  if (const QString problem = isQat ? openQat(link) : openQlora(link); !problem.isEmpty()) return problem;
  m_tabs->setCurrentIndex(isQat ? 0 : 1);
  return {};
}

Link TrainWorkspace::link() const {
  const bool isQat = m_tabs->currentIndex() == 0;
  Link link{QStringLiteral("train"), {isQat ? kQat : kQlora}, {}};
  describeSelection(selection(), link);
  link.query.removeAllQueryItems(kScheme);
  QString problem;
  if (isQat) {
    const QatLabSettings settings = m_qat->form().settings(&problem);
    link.set(kScheme, QString::fromStdString(settings.scheme));
    link.set(kSteps, QString::number(settings.steps));
    link.set(kRange, kRanges.value(static_cast<int>(settings.range)));
  } else {
    const QloraLabSettings settings = m_qlora->form().settings(&problem);
    link.set(kSteps, QString::number(settings.steps));
    link.set(kRank, QString::number(settings.adapter.rank));
    link.set(kReplay, settings.replay ? QStringLiteral("on") : QStringLiteral("off"));
  }
  return link;
}

QString TrainWorkspace::helpText() const {
  return tr(
      "Training, in front of you. “QAT”: choose a scheme and press Train. In every step the model computes with "
      "weights "
      "as the scheme stores them, while the weights underneath are moved so that the answers get right again. The "
      "chart "
      "has the loss of each step and the perplexity of a text that is never trained on, between two lines: what "
      "rounding alone leaves (PTQ), and the unquantized model. Both axes are logarithmic and show the same quantity. "
      "Beside it, where the weights of the selected matrix lie between their levels, now and before. Below, three "
      "prompts (double click or F2 changes one) and what is answered to them; ✗ marks what the unquantized model does "
      "not say. “QLoRA”: the base stays quantized and frozen, small factors beside its matrices learn the facts in the "
      "table, which you can edit, paste into (a question and an answer, apart by a tabulator) or load (JSONL). The "
      "chart "
      "shows what the model forgets meanwhile; with replay it also reads old conversations and forgets less. Pause "
      "stops after a step, Stop at once; what was reached can be used as it is, and the run resumed, also after the "
      "program was closed. “Use in Chat” puts the "
      "result "
      "beside the original.");
}

void TrainWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("lab"), m_tabs->currentIndex());
  m_qat->saveState(settings);
  m_qlora->saveState(settings);
}

void TrainWorkspace::restoreState(QSettings& settings) {
  m_tabs->setCurrentIndex(std::clamp(settings.value(QStringLiteral("lab"), 0).toInt(), 0, 1));
  m_qat->restoreState(settings);
  m_qlora->restoreState(settings);
}

}  // namespace app
