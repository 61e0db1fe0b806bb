#include "app/workspaces/chat/chat_workspace.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QRandomGenerator>
#include <QSettings>
#include <QSpinBox>
#include <QSplitter>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/jobs/job_runner.h"
#include "app/selection/calibration_text.h"
#include "app/selection/selection_link.h"
#include "app/session/cache_folder.h"
#include "app/widgets/label.h"
#include "app/widgets/save_file.h"
#include "app/workspaces/chat/answer_batch.h"
#include "app/workspaces/chat/chat_choices.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/conversation_store.h"
#include "app/workspaces/chat/evidence.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/pane_header.h"
#include "app/workspaces/chat/pane_memory.h"
#include "app/workspaces/chat/prompt_cache_field.h"
#include "app/workspaces/chat/prompt_page.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/seed_page.h"
#include "app/workspaces/chat/template_panel.h"
#include "app/workspaces/chat/transcript.h"
#include "core/base/error.h"

namespace app {

namespace {

/// None where the file says something that nobody can: the model is not worse for it.
core::model::GenerationDefaults defaultsOf(const core::io::Checkpoint& checkpoint) {
  try {
    return core::model::generationDefaultsOf(checkpoint);
  } catch (const core::Error&) {
    return {};
  }
}

}  // namespace

ChatWorkspace::~ChatWorkspace() = default;

QString ChatWorkspace::whyNot() const {
  const auto& model = selection().model();
  if (!model) return tr("No model is open.");
  return model->whyCannotComplete() ? QString::fromStdString(*model->whyCannotComplete()) : QString();
}

QString ChatWorkspace::whyWaits(std::size_t pane) const {
  const auto& scheme = m_panes[pane]->scheme();
  return scheme ? waitText(selection(), selection().needOf(*scheme), m_panes[pane]->schemeTitle()) : QString();
}

bool ChatWorkspace::waits() const {
  for (std::size_t i = 0; i < m_count; ++i)
    if (!whyWaits(i).isEmpty()) return true;
  return false;
}

// A session made with another calibration is another model.
void ChatWorkspace::followCalibration() {
  m_preparedFor.clear();
  if (selection().model()) followGround();
}

void ChatWorkspace::followModel() {
  const auto& model = selection().model();
  m_store->forget();
  m_preparedFor.clear();
  m_failures.clear();
  m_dialogue->setGround({});
  m_variantsChosen = false;
  m_batch->stop();
  m_seedGround = m_promptGround = {};
  m_seedPage->clear();
  m_promptPage->clear();
  showPage(Page::Conversation);
  setBlind(false);
  m_dialogue->setConversation(Conversation(m_count));
  m_dialogue->runner().keepOnly(model);
  const QString why = whyNot();
  m_composer->setSendable(why.isEmpty());
  for (ChatPane* pane : m_panes) {
    pane->setFacts(std::nullopt);
    pane->setNotice(model ? why : QString(), !why.isEmpty());
  }
  m_evidence->setTokenizer(model ? model->tokenizer() : nullptr);
  followTemplate();
  if (!model) return;
  m_composer->setSuggestions(suggestions(*model));
  const bool runs = why.isEmpty();
  m_composer->setCanChat(runs && model->whyCannotChat() ? QString::fromStdString(*model->whyCannotChat()) : QString());
  m_sampling->setModelDefaults(runs ? defaultsOf(model->checkpoint()) : core::model::GenerationDefaults());
  m_sampling->setModelContext(runs ? model->config().contextLength : 0, runs ? Engine::contextLength(*model, {}) : 0,
                              runs ? kvBytesPerToken(model->config(), m_sampling->kvType()) : 0);
  if (!runs) return;
  m_panes[0]->setVariant({});
  followSchemes();
  followGround();
  m_store->recall(model);
}

// Beside the GUI thread: a stranger's template is rendered for it.
void ChatWorkspace::followTemplate() {
  m_sampling->setTemplateVariables({});
  m_sampling->chatTemplate().setValues({});
  const auto& model = selection().model();
  jobs().run(
      this, {QStringLiteral("chat.template"), {}, Lane::Pool},
      [chatTemplate = model ? model->chatTemplate() : nullptr](const core::JobContext&) {
        return chatTemplate ? chatTemplate->variables() : std::vector<core::text::TemplateVariable>();
      },
      [this](const std::vector<core::text::TemplateVariable>& variables) {
        m_sampling->setTemplateVariables(variables);
        updateTests();
      });
}

ChatGround ChatWorkspace::ground() const {
  ChatGround ground;
  ground.setup.model = selection().model();
  for (const ChatPane* pane : panes()) {
    ground.setup.panes.push_back(pane->variant().under(m_sampling->device(), m_sampling->kvType()));
    ground.setup.servers.push_back(pane->variant().server);
    ground.variants.push_back(pane->variant());
    ground.titles.push_back(pane->schemeTitle());
    const bool looksAtData =
        pane->scheme() && selection().needOf(*pane->scheme()) != core::quant::CalibrationNeed::None;
    ground.calibrations.push_back(looksAtData ? calibrationName(selection().calibrationState()) : QString());
  }
  ground.setup.contextLength = m_sampling->contextLength();
  ground.setup.promptCaches = promptCaches();
  if (selection().model()) ground.modelName = QString::fromStdString(selection().model()->checkpoint().name());
  ground.options = m_sampling->options();
  ground.systemPrompt = m_sampling->systemPrompt();
  ground.templateValues = m_sampling->chatTemplate().values();
  ground.history = static_cast<HistoryMode>(m_history->currentData().toInt());
  return ground;
}

PromptCaches ChatWorkspace::promptCaches() const {
  const PromptCacheField& field = m_sampling->promptCache();
  return {field.keeps() ? userCacheFolder() : std::filesystem::path(), field.mostBytes()};
}

void ChatWorkspace::measurePromptCaches() {
  jobs().run(
      this, {QStringLiteral("chat.measure-prompts"), {}, Lane::Pool},
      [](const core::JobContext&) { return PromptCaches{userCacheFolder()}.usedBytes(); },
      [this](std::uint64_t bytes) { m_sampling->promptCache().setUsed(bytes); });
}

// What the next answers are computed with has changed: what was answered stays as it is, under its own name.
void ChatWorkspace::followGround() {
  m_dialogue->setGround(ground());
  nameSettings();
  std::vector<core::model::Recipe> recipes;
  for (const ChatPane* pane : panes())
    if (pane->scheme()) recipes.push_back(*pane->scheme());
  m_calibration->setRecipes(recipes);
  m_composer->setSendable(whyNot().isEmpty() && !waits());
  showUnanswered();
  updateTests();
  if (m_active) prepare();
}

void ChatWorkspace::showUnanswered() {
  for (std::size_t i = 0; i < m_count; ++i) m_panes[i]->setUnanswered(!m_blind && m_dialogue->isUnanswered(i));
}

void ChatWorkspace::setActive(bool active) {
  m_active = active;
  if (!active) return;
  listDevices();
  prepare();
  m_composer->focusPrompt();
}

void ChatWorkspace::listDevices() {
  if (m_devicesListed) return;
  m_devicesListed = true;
  jobs().run(
      this, {QStringLiteral("chat.devices"), {}, Lane::Inference},
      [](const core::JobContext&) { return findDevices(); },
      [this](const DeviceList& devices) {
        m_sampling->setDevices(devices);
        for (ChatPane* pane : m_panes) pane->header().setDevices(devices);
      });
}

void ChatWorkspace::prepare() {
  if (!whyNot().isEmpty() || m_dialogue->isAnswering()) return;
  if (waits()) {
    m_preparedFor.clear();
    for (std::size_t i = 0; i < m_count; ++i) m_panes[i]->setNotice(whyWaits(i));
    return;
  }
  const ChatSetup setup = ground().setup;
  QStringList key{QString::number(setup.contextLength)};
  for (std::size_t i = 0; i < setup.panes.size(); ++i)
    key << (setup.servers[i] ? QStringLiteral("server") : QString::fromStdString(setup.panes[i].toString()));
  if (std::exchange(m_preparedFor, key.join(u'|')) == m_preparedFor) return;
  m_failures.clear();
  for (ChatPane* pane : panes()) {
    pane->setFacts(std::nullopt);
    pane->setNotice(tr("Loading %1…").arg(pane->displayTitle()));
  }
  m_dialogue->runner().prepare(setup);
}

void ChatWorkspace::showPrepared(const std::vector<PaneFacts>& facts) {
  if (waits() || facts.size() != m_count) return;  // another scheme was ticked meanwhile, or a pane added
  for (std::size_t i = 0; i < m_count; ++i) {
    m_panes[i]->setFacts(facts[i]);
    m_panes[i]->setNotice({});
  }
  // Measured, where it was an estimate.
  const auto& config = selection().model()->config();
  if (facts[0].contextLength > 0)
    m_sampling->setModelContext(config.contextLength, Engine::contextLength(*selection().model(), {}),
                                facts[0].kvBytes / facts[0].contextLength);
}

void ChatWorkspace::send(const QString& text) {
  if (!whyNot().isEmpty() || waits() || m_dialogue->isAnswering()) return;
  m_failures.clear();
  for (ChatPane* pane : m_panes) pane->setNotice({});
  m_dialogue->setGround(ground());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; m_blind && i < m_count; ++i) order.push_back(i);
  std::shuffle(order.begin(), order.end(), *QRandomGenerator::global());
  m_dialogue->ask(text, m_composer->mode(), order);
}

void ChatWorkspace::finish() {
  m_composer->setGenerating(false);
  updatePaneTools();
  for (ChatPane* pane : panes()) pane->markOlder(m_dialogue->conversation());
  m_composer->setHasAnswer(!m_dialogue->conversation().isEmpty());
  if (m_active) m_composer->focusPrompt();
  showUnanswered();
  // The device may have been lost, and another scheme chosen meanwhile.
  if (!m_failures.empty())
    m_preparedFor.clear();
  else if (m_active)
    prepare();
  if (!m_dialogue->conversation().isEmpty()) refreshMarks(m_dialogue->conversation().turns().size() - 1);
  refreshEvidence();
  choosePlaceOfInterest();
  updateTests();
  if (selection().model()) m_store->save(selection().model(), m_dialogue->conversation());
  m_dialogue->runner().keepPrompts(promptCaches());
}

void ChatWorkspace::takeBack(const QString& prompt, const std::vector<PaneAnswer>& ends) {
  m_composer->returnPrompt(prompt);
  for (const PaneAnswer& end : ends) {
    if (!end.failure) continue;
    m_failures[end.pane] = *end.failure;
    m_panes[end.pane]->setNotice(QString::fromStdString(end.failure->sentence), true, remedyText(*end.failure));
  }
}

void ChatWorkspace::remedy(const PaneFailure& failure) {
  switch (failure.kind) {
    case PaneFailure::Kind::ContextTooShort:
      showSettings(true);
      m_sampling->focusContext();
      return;
    case PaneFailure::Kind::DeviceLost:
      m_sampling->setDevice(QStringLiteral("cpu"));
      m_preparedFor.clear();
      return followGround();
    case PaneFailure::Kind::NotFinite: {
      const auto tensors = selection().model()->checkpoint().tensors();
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].name != failure.where) continue;
        selection().setTensor(i);
        return selection().setWorkspace(QStringLiteral("inspect"));
      }
      return;
    }
    case PaneFailure::Kind::Other:
      return;
  }
}

void ChatWorkspace::newChat() {
  m_failures.clear();
  for (ChatPane* pane : m_panes) pane->setNotice({});
  m_dialogue->setConversation(Conversation(m_count));
  if (selection().model()) m_store->save(selection().model(), m_dialogue->conversation());
  m_composer->setGenerating(false);
  m_composer->setHasAnswer(false);
  updateTests();
}

void ChatWorkspace::saveTranscript() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save the conversation"),
                                                    QStringLiteral("conversation.md"), tr("Markdown (*.md)"));
  if (file.isEmpty()) return;
  if (const QString problem = saveFile(file, toMarkdown(m_dialogue->conversation()).toUtf8()); !problem.isEmpty())
    m_panes[0]->setNotice(problem, true);
}

QString ChatWorkspace::helpText() const {
  return tr(
      "The same prompt goes to every pane, with the same template, sampling options and seed. The first pane is the "
      "reference; “+” adds up to three others, × takes one away, and its answers come back with it. A pane runs a "
      "scheme, or the same weights on another device or with keys and values of another type: the list and the button "
      "in its head. Every answer stands under the name of what wrote it and keeps it: another scheme answers the last "
      "question anew, below. Tokens that the reference did not write are tinted and underlined; the first token that "
      "is another one is where the two models part. Click a token, or walk with the arrow keys, for what either model "
      "thought of its place. Click one of the alternatives there, or go to it with up and down and press Enter, and "
      "every pane goes on from there; “Back to this one” returns to the answer before. The strip shows, at every token "
      "of the reference's answer, how far the two distributions are apart (KL divergence), how surprised either model "
      "was (−ln p) or how undecided (entropy), all in nats; behind the place where the answers part, the compared "
      "model reads the reference's words. It is about the pane in focus: the one whose token was clicked last. From "
      "the second question on all panes read the reference's history, or each its own: the switch above decides, and "
      "every figure says which. Under “Tests”: hide who answers and vote for the better answer, with a score and its "
      "interval once it is revealed; count how often the panes agree under other seeds, beside how often the reference "
      "agrees with itself; and put a whole set of questions to every pane, those whose answers differ first. "
      "“Continue” gives the models a text instead of a message. What a model writes for itself before it answers is "
      "folded "
      "under “Thought for … tokens”; the settings have what its template can be told, such as whether to think. "
      "Prompt caches keep on this computer's disk what the panes have read, prompts and answers included, so that it "
      "need not be computed again when a conversation is opened again or another one begins alike; the settings have "
      "how much, and remove them. Enter "
      "sends, Shift+Enter "
      "starts a new line, Esc stops.");
}

void ChatWorkspace::showExample() {
  if (whyNot().isEmpty() && !waits() && !m_dialogue->isAnswering() && m_dialogue->conversation().isEmpty())
    send(suggestions(*selection().model()).back());
}

// What has been said is kept with the model; what is being written would stop.
QString ChatWorkspace::unsavedWork() const {
  return m_dialogue->isAnswering() ? tr("the answer being written in Chat") : QString();
}

void ChatWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("prompt"), m_composer->prompt());
  settings.setValue(QStringLiteral("mode"), static_cast<int>(m_composer->mode()));
  settings.setValue(QStringLiteral("history"), m_history->currentIndex());
  settings.setValue(QStringLiteral("settingsShown"), !m_settings->isHidden());
  settings.setValue(QStringLiteral("panes"), m_grid->row()->saveState());
  settings.setValue(QStringLiteral("figure"), static_cast<int>(m_evidence->figure()));
  settings.setValue(QStringLiteral("heights"), m_splitter->saveState());
  settings.setValue(QStringLiteral("evidence"), m_evidence->splitter()->saveState());
  m_sampling->save(settings);
  if (selection().model() && m_store->isSaving(*selection().model()))
    m_store->saveNow(*selection().model(), m_dialogue->conversation());
}

void ChatWorkspace::restoreState(QSettings& settings) {
  m_composer->setPrompt(settings.value(QStringLiteral("prompt")).toString());
  if (settings.value(QStringLiteral("mode")).toInt() == static_cast<int>(PromptMode::Completion))
    m_composer->setMode(PromptMode::Completion);
  m_history->setCurrentIndex(std::clamp(settings.value(QStringLiteral("history")).toInt(), 0, 1));
  showSettings(settings.value(QStringLiteral("settingsShown"), false).toBool());
  m_evidence->setFigure(
      static_cast<TokenFigure>(std::clamp(settings.value(QStringLiteral("figure"), 0).toInt(), 0, 2)));
  m_grid->row()->restoreState(settings.value(QStringLiteral("panes")).toByteArray());
  m_splitter->restoreState(settings.value(QStringLiteral("heights")).toByteArray());
  m_evidence->splitter()->restoreState(settings.value(QStringLiteral("evidence")).toByteArray());
  m_sampling->restore(settings);
}

}  // namespace app
