#include "app/workspaces/compare/compare_workspace.h"

#include <QSettings>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include "app/selection/selection_link.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/adviser_page.h"
#include "app/workspaces/compare/compare_state.h"
#include "app/workspaces/compare/device_table_model.h"
#include "app/workspaces/compare/embedding_page.h"
#include "app/workspaces/compare/memory_bar.h"
#include "app/workspaces/compare/memory_page.h"
#include "app/workspaces/compare/parting_page.h"
#include "app/workspaces/compare/task_page.h"
#include "app/workspaces/compare/task_state.h"
#include "app/workspaces/compare/tradeoff_page.h"
#include "core/base/error.h"

namespace app {

namespace {

enum Page { kTradeoff, kPartings, kTasks, kEmbeddings, kMemory, kAdviser };
/// In the order of the tabs.
const QStringList kPages{QStringLiteral("tradeoff"),   QStringLiteral("partings"), QStringLiteral("tasks"),
                         QStringLiteral("embeddings"), QStringLiteral("memory"),   QStringLiteral("adviser")};

/// A whole number of a link. @throws core::Error with the sentence that says what is allowed
std::uint32_t numberOf(const Link& link, const QString& key, std::uint32_t otherwise, std::uint32_t most) {
  if (!link.has(key)) return otherwise;
  bool isNumber = false;
  const uint value = link.value(key).toUInt(&isNumber);
  if (!isNumber || value == 0 || value > most)
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        CompareWorkspace::tr("%1 should be a whole number from 1 to %2.").arg(key).arg(most).toStdString());
  return value;
}

}  // namespace

CompareWorkspace::CompareWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_state(new CompareState(selection(), jobs(), this)),
      m_taskState(new TaskState(*m_state, this)),
      m_tabs(new QTabWidget),
      m_tradeoff(new TradeoffPage(*m_state)),
      m_partings(new PartingPage(*m_state)),
      m_tasks(new TaskPage(*m_taskState)),
      m_embeddings(new EmbeddingPage(*m_state)),
      m_memory(new MemoryPage(*m_state)),
      m_adviser(new AdviserPage(*m_state, m_memory->plans(), m_memory->devices())),
      m_problem(new Label(Label::Style::Error)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kTwo);
  column->setSpacing(0);
  m_tabs->setDocumentMode(true);
  m_tabs->setUsesScrollButtons(false);
  m_tabs->setObjectName(QStringLiteral("compare-pages"));
  m_tabs->setAccessibleName(tr("Pages of Compare"));
  m_tabs->addTab(m_tradeoff, tr("Size, quality, speed"));
  m_tabs->addTab(m_partings, tr("Where they part"));
  m_tabs->addTab(m_tasks, tr("Tasks"));
  m_tabs->addTab(m_embeddings, tr("Embeddings"));
  m_tabs->addTab(m_memory, tr("Memory"));
  m_tabs->addTab(m_adviser, tr("What should I use?"));
  m_problem->setObjectName(QStringLiteral("compare-problem"));
  m_problem->setWrapping();
  m_problem->hide();
  column->addWidget(m_problem);
  column->addWidget(m_tabs, 1);
  connect(m_tabs, &QTabWidget::currentChanged, this, &CompareWorkspace::refresh);
  connect(&selection(), &Selection::modelChanged, this, &CompareWorkspace::refresh);
  connect(m_tradeoff, &TradeoffPage::partingsWanted, this, [this] { m_tabs->setCurrentIndex(kPartings); });
  connect(m_tasks, &TaskPage::linkFollowed, this, &CompareWorkspace::linkFollowed);
  connect(m_memory, &MemoryPage::problemFound, this, [this](const QString& sentence) {
    m_problem->setText(sentence);
    m_problem->show();
  });
  connect(&m_memory->devices(), &QAbstractItemModel::dataChanged, m_problem, [this] { m_problem->hide(); });
}

// Pages go before the state they share: one that is edited says so once more as it goes.
CompareWorkspace::~CompareWorkspace() {
  for (QObject* page : {static_cast<QObject*>(m_memory), static_cast<QObject*>(m_adviser), static_cast<QObject*>(this)})
    disconnect(&m_memory->devices(), nullptr, page, nullptr);
  delete m_tabs;
}

void CompareWorkspace::setActive(bool active) {
  if (active) refresh();
}

// A link may have chosen a page before there was a window: hidden pages do nothing.
void CompareWorkspace::showEvent(QShowEvent* event) {
  Workspace::showEvent(event);
  refresh();
}

// What an encoder makes is on one page; the others say why they have nothing of it.
void CompareWorkspace::followModel() {
  const auto& model = selection().model();
  if (model == m_model.lock()) return;
  m_model = model;
  if (model && !model->whyNoEmbedding()) m_tabs->setCurrentIndex(kEmbeddings);
}

void CompareWorkspace::refresh() {
  followModel();
  m_problem->hide();
  m_state->setQuestion(m_state->question());  // a file may have been changed meanwhile
  m_tradeoff->refresh();
  m_partings->refresh();
  m_tasks->refresh();
  m_embeddings->refresh();
  m_memory->refresh();
  m_adviser->refresh();
}

void CompareWorkspace::showExample() {
  if (const auto& model = selection().model(); model && !model->whyNoEmbedding()) {
    m_tabs->setCurrentIndex(kEmbeddings);
    return m_embeddings->compute();
  }
  m_tabs->setCurrentIndex(0);
  CompareQuestion question = m_state->question();
  question.tokens = 1024;
  m_state->setQuestion(question);
  m_state->measure();
}

QString CompareWorkspace::openMemory(const Link& link) {
  MemoryQuestion question = m_memory->bar().question();
  question.context = numberOf(link, QStringLiteral("context"), question.context, 1U << 20U);
  question.sequences = numberOf(link, QStringLiteral("sequences"), question.sequences, 256);
  if (link.has(QStringLiteral("kv")))
    question.kv = core::model::kvTypeOf(link.value(QStringLiteral("kv")).toStdString());
  if (link.has(QStringLiteral("program")))
    question.program =
        link.value(QStringLiteral("program")) == QStringLiteral("llama.cpp") ? Program::LlamaCpp : Program::Quantscope;
  if (const QString model = link.value(QStringLiteral("model")); !model.isEmpty()) {
    const PlannedSource source = PlannedSource::parse(model);
    if (source.toString() != model) return tr("There is no model \"%1\" to plan for.").arg(model.left(40));
    m_memory->plans().setSource(source);
  }
  m_memory->bar().setQuestion(question);
  return {};
}

QString CompareWorkspace::openTradeoff(const Link& link) {
  CompareQuestion question = m_state->question();
  question.tokens = numberOf(link, QStringLiteral("tokens"), question.tokens, 1U << 22U);
  if (link.has(QStringLiteral("kv")))
    question.kv = core::model::kvTypeOf(link.value(QStringLiteral("kv")).toStdString());
  if (link.has(QStringLiteral("device")))
    question.device = DeviceChoice::parse(link.value(QStringLiteral("device")).toStdString());
  if (const QString text = link.value(QStringLiteral("text")); !text.isEmpty()) {
    if (text != QStringLiteral("demo") && text != QStringLiteral("prose"))
      return tr("A link names the text demo or prose, not \"%1\".").arg(text.left(40));
    question.text = text;
  }
  const QString quality = link.value(QStringLiteral("quality"));
  if (!quality.isEmpty() && !m_tradeoff->showQuality(quality))
    return tr("Quality is kl or perplexity, not \"%1\".").arg(quality.left(40));
  m_state->setQuestion(question);
  return {};
}

QString CompareWorkspace::openLink(const Link& link) {
  static const QMap<QString, QStringList> kKeys{
      {kPages[kTradeoff],
       {QStringLiteral("quality"), QStringLiteral("text"), QStringLiteral("tokens"), QStringLiteral("kv"),
        QStringLiteral("device")}},
      {kPages[kPartings],
       {QStringLiteral("text"), QStringLiteral("tokens"), QStringLiteral("kv"), QStringLiteral("device")}},
      {kPages[kTasks], {}},
      {kPages[kMemory],
       {QStringLiteral("model"), QStringLiteral("context"), QStringLiteral("sequences"), QStringLiteral("kv"),
        QStringLiteral("program")}},
      {kPages[kAdviser], {QStringLiteral("preset")}}};
  const QString page = link.path.isEmpty() ? kPages[kTradeoff] : link.path.front();
  const qsizetype index = kPages.indexOf(page);
  if (index < 0 || link.path.size() > 1 || !unknownKey(link, kKeys.value(page)).isEmpty())
    return tr("\"%1\" names nothing that can be shown here.").arg(link.toString());
  try {
    if (const QString problem = followLink(selection(), link); !problem.isEmpty()) return problem;
    QString problem;
    if (page == kPages[kTradeoff] || page == kPages[kPartings]) problem = openTradeoff(link);
    if (page == kPages[kMemory]) problem = openMemory(link);
    if (page == kPages[kAdviser] && link.has(QStringLiteral("preset")) &&
        !m_adviser->choosePreset(link.value(QStringLiteral("preset"))))
      problem = tr("There is no situation \"%1\".").arg(link.value(QStringLiteral("preset")).left(40));
    if (!problem.isEmpty()) return problem;
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  m_tabs->setCurrentIndex(static_cast<int>(index));
  refresh();
  return {};
}

Link CompareWorkspace::link() const {
  const int shown = m_tabs->currentIndex();
  const QString page = kPages[shown];
  Link link{QStringLiteral("compare"), {page}, {}};
  describeSelection(selection(), link);
  if (shown == kTradeoff || shown == kPartings) {
    const CompareQuestion& question = m_state->question();
    if (shown == kTradeoff) link.set(QStringLiteral("quality"), m_tradeoff->shownQuality());
    if (question.text == QStringLiteral("demo") || question.text == QStringLiteral("prose"))
      link.set(QStringLiteral("text"), question.text);
    if (question.tokens != 0) link.set(QStringLiteral("tokens"), QString::number(question.tokens));
    link.set(QStringLiteral("kv"), QString::fromStdString(core::model::nameOf(question.kv)));
    link.set(QStringLiteral("device"), QString::fromStdString(question.device.toString()));
  } else if (shown == kMemory) {
    const MemoryQuestion& question = m_memory->bar().question();
    link.set(QStringLiteral("model"), m_memory->plans().source().toString());
    link.set(QStringLiteral("context"), QString::number(question.context));
    link.set(QStringLiteral("sequences"), QString::number(question.sequences));
    link.set(QStringLiteral("kv"), QString::fromStdString(core::model::nameOf(question.kv)));
    link.set(QStringLiteral("program"),
             question.program == Program::LlamaCpp ? QStringLiteral("llama.cpp") : QStringLiteral("quantscope"));
  } else if (shown == kAdviser && !m_adviser->preset().isEmpty()) {
    link.set(QStringLiteral("preset"), m_adviser->preset());
  }
  return link;
}

QString CompareWorkspace::helpText() const {
  return tr(
      "Which scheme to take. “Size, quality, speed”: press Measure, and every checked scheme reads the text beside the "
      "reference; each becomes a point (bytes against KL divergence or perplexity, with standard errors over blocks of "
      "text), the ring around it is as wide as its tokens per second here. The dashed line joins the schemes that no "
      "other beats in both; a thick line joins those that this text cannot tell apart; the grey band is the noise of "
      "the arithmetic alone. A click (or the arrow keys) selects the scheme everywhere; the table below sorts by its "
      "headers, filters, and is copied with Ctrl+C. What the bar above asks is what the figures answer; when it "
      "changes, they are pale until you measure again. “Where they part”: the words of the text at which the selected "
      "scheme is furthest from the reference, with what both had read; Enter traces one to the weights that moved it. "
      "“Tasks”: questions with expected answers (the demo's, or a file of JSON lines) put to the reference and every "
      "checked scheme; accuracy with its 95 % interval, McNemar's test against the reference, and the questions that "
      "turned, first; Enter traces one. “Embeddings”: what schemes do to "
      "an encoder's embeddings: the cosine of each text's to that of the stored weights, and of every two "
      "texts. "
      "“Memory”: what weights, keys and values and compute buffers "
      "take "
      "of every ticked device, by this program's own rules (exact) or llama.cpp's; sizes of devices can be edited; "
      "“Predicted and measured” loads the schemes on this computer and compares; “Claims” computes well-known sizes. "
      "“What should I use?”: a situation, a device and what matters become three candidates with their reasons; with a "
      "price per hour, what a million tokens cost at the speed measured here.");
}

void CompareWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("page"), kPages[m_tabs->currentIndex()]);
  const CompareQuestion& question = m_state->question();
  settings.setValue(QStringLiteral("text"), question.text);
  settings.setValue(QStringLiteral("tokens"), question.tokens);
  settings.setValue(QStringLiteral("device"), QString::fromStdString(question.device.toString()));
  settings.setValue(QStringLiteral("kv"), QString::fromStdString(core::model::nameOf(question.kv)));
  m_tradeoff->saveState(settings);
  m_tasks->saveState(settings);
  m_embeddings->saveState(settings);
  m_memory->saveState(settings);
  m_adviser->saveState(settings);
}

void CompareWorkspace::restoreState(QSettings& settings) {
  CompareQuestion question;
  question.text = settings.value(QStringLiteral("text"), question.text).toString();
  question.tokens = settings.value(QStringLiteral("tokens"), question.tokens).toUInt();
  try {
    question.device =
        DeviceChoice::parse(settings.value(QStringLiteral("device"), QStringLiteral("auto")).toString().toStdString());
    question.kv =
        core::model::kvTypeOf(settings.value(QStringLiteral("kv"), QStringLiteral("f16")).toString().toStdString());
  } catch (const core::Error&) {
    question.device = {};  // a device that another version knew
  }
  m_state->setQuestion(question);
  m_tradeoff->restoreState(settings);
  m_tasks->restoreState(settings);
  m_embeddings->restoreState(settings);
  m_memory->restoreState(settings);
  m_adviser->restoreState(settings);
  const qsizetype page = kPages.indexOf(settings.value(QStringLiteral("page")).toString());
  m_tabs->setCurrentIndex(static_cast<int>(std::max<qsizetype>(page, 0)));
}

}  // namespace app
