#include "app/workspaces/chat/chat_workspace.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QSaveFile>
#include <QSettings>
#include <QVBoxLayout>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/kl_strip.h"
#include "app/workspaces/chat/sampling_panel.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app {

namespace {

constexpr int kPanes = 2;
constexpr int kFrameMs = 16;
const QString kPrepareTag = QStringLiteral("chat.prepare");
const QString kAnswerTag = QStringLiteral("chat.answer");
const QString kCompareTag = QStringLiteral("chat.compare");

using DeviceList = std::vector<std::pair<QString, QString>>;

DeviceList findDevices() {
  DeviceList devices{{QStringLiteral("auto"), ChatWorkspace::tr("Automatic")}};
#ifdef QS_HAS_GPU
  for (const auto& device : gpu::enumerateDevices()) {
    if (device.unusable.empty())
      devices.emplace_back(QStringLiteral("vulkan:%1").arg(device.index), QString::fromStdString(device.name));
  }
#endif
  devices.emplace_back(QStringLiteral("cpu"), ChatWorkspace::tr("CPU"));
  return devices;
}

QStringList suggestions(const OpenModel& model) {
  if (model.isDemo()) {
    return {ChatWorkspace::tr("What is NF4?"), ChatWorkspace::tr("What is 47 + 38?"),
            ChatWorkspace::tr("Why are outliers a problem?"), ChatWorkspace::tr("Tell me a story about a fox.")};
  }
  return {ChatWorkspace::tr("What is 47 + 38?"), ChatWorkspace::tr("Explain floating point in two sentences.")};
}

QString stopText(core::model::StopReason reason) {
  switch (reason) {
    case core::model::StopReason::EndOfTurn:
      return {};
    case core::model::StopReason::MaxTokens:
      return ChatWorkspace::tr("Cut off at the longest answer that the settings allow.");
    case core::model::StopReason::ContextFull:
      return ChatWorkspace::tr("The context is full: start a new conversation.");
    case core::model::StopReason::Cancelled:
      return ChatWorkspace::tr("Stopped.");
  }
  return {};
}

}  // namespace

ChatWorkspace::ChatWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent), m_engine(std::make_shared<ChatEngine>()), m_feed(std::make_shared<TokenFeed>()) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  row->setSpacing(space::kTwo);
  auto* column = new QVBoxLayout;
  column->setSpacing(space::kOneHalf);
  column->addWidget(buildPanes(), 1);
  m_strip = new KlStrip;
  column->addWidget(m_strip);
  m_composer = new ChatComposer;
  column->addWidget(m_composer);
  row->addLayout(column, 1);
  row->addWidget(buildControls());

  connect(m_composer, &ChatComposer::send, this, &ChatWorkspace::send);
  connect(m_composer, &ChatComposer::stop, this, [this] { jobs().cancelTag(kAnswerTag); });
  connect(m_composer, &ChatComposer::regenerate, this, &ChatWorkspace::regenerate);
  connect(m_composer, &ChatComposer::newChat, this, &ChatWorkspace::newChat);
  connect(m_composer, &ChatComposer::copyTranscript, this,
          [this] { QGuiApplication::clipboard()->setText(toMarkdown(transcript())); });
  connect(m_composer, &ChatComposer::saveTranscript, this, &ChatWorkspace::saveTranscript);
  connect(m_sampling, &SamplingPanel::deviceChanged, this, &ChatWorkspace::prepare);
  connect(m_strip, &KlStrip::tokenClicked, this, &ChatWorkspace::selectToken);
  connect(&selection(), &Selection::modelChanged, this, &ChatWorkspace::followModel);
  connect(&selection(), &Selection::schemesChanged, this, &ChatWorkspace::followSchemes);
  // A cancelled comparison delivers nothing; it must not be announced for ever.
  connect(&jobs(), &JobRunner::changed, this, [this] {
    if (!jobs().isActive(kCompareTag)) m_strip->setPending(false);
  });
  m_frame.setInterval(kFrameMs);
  connect(&m_frame, &QTimer::timeout, this, &ChatWorkspace::takeTokens);
  followModel();
}

ChatWorkspace::~ChatWorkspace() = default;

QWidget* ChatWorkspace::buildPanes() {
  auto* holder = new QWidget;
  auto* layout = new QHBoxLayout(holder);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(space::kOneHalf);
  for (int i = 0; i < kPanes; ++i) {
    auto* pane = new ChatPane(i, selection());
    connect(pane, &ChatPane::schemeChosen, this, [this] {
      m_strip->clear();
      prepare();
    });
    connect(pane, &ChatPane::tokenClicked, this, &ChatWorkspace::selectToken);
    layout->addWidget(pane, 1);
    m_panes.push_back(pane);
  }
  return holder;
}

QWidget* ChatWorkspace::buildControls() {
  auto* card = new Card(tr("Sampling"));
  card->setFixedWidth(248);
  m_sampling = new SamplingPanel;
  card->body()->addWidget(m_sampling);
  m_emptyText = new Label(
      Label::Style::Hint,
      tr("Both panes use the same template, options and seed. Click a token to see what either model thought of it."));
  m_emptyText->setWrapping();
  card->body()->addWidget(m_emptyText);
  card->body()->addStretch(1);
  m_empty = card;
  return card;
}

bool ChatWorkspace::isRunnable() const { return selection().model() && !selection().model()->whyCannotChat(); }

void ChatWorkspace::followModel() {
  jobs().cancelTag(kAnswerTag);
  newChat();
  const auto& model = selection().model();
  jobs().run(
      this, {QStringLiteral("chat.release"), {}, Lane::Inference},
      [engine = m_engine, model](const core::JobContext&) { engine->keepOnly(model); }, [] {});
  m_composer->setSendable(isRunnable());
  if (!model) {
    for (ChatPane* pane : m_panes) pane->setTokenizer(nullptr);
    return;
  }
  m_composer->setSuggestions(suggestions(*model));
  for (ChatPane* pane : m_panes) {
    pane->setTokenizer(model->tokenizer());
    pane->setNotice({});
  }
  if (!isRunnable()) {
    const QString why = QString::fromStdString(*model->whyCannotChat());
    for (ChatPane* pane : m_panes) pane->setNotice(why);
    return;
  }
  m_panes[0]->setScheme(std::nullopt);
  followSchemes();
  if (m_active) prepare();
}

// The compared pane shows the current scheme if it is checked, else the first checked one: whoever ticks a scheme in
// the list wants to see what it does.
void ChatWorkspace::followSchemes() {
  const auto checked = selection().checkedSchemes();
  const auto running = m_panes[1]->scheme();
  if (running && std::find(checked.begin(), checked.end(), *running) != checked.end()) return;
  const auto isNarrow = [](const auto& scheme) { return core::quant::codeBits(scheme.name) <= 8; };
  const auto& current = selection().currentScheme();
  const bool takeCurrent =
      current && isNarrow(*current) && std::find(checked.begin(), checked.end(), *current) != checked.end();
  const auto narrow = std::find_if(checked.begin(), checked.end(), isNarrow);
  if (!takeCurrent && narrow == checked.end()) return;
  m_panes[1]->setScheme(takeCurrent ? *current : *narrow);
  if (m_active) prepare();
}

void ChatWorkspace::setActive(bool active) {
  m_active = active;
  if (!active) return;
  listDevices();
  if (isRunnable() && !m_generating) prepare();
  m_composer->focusPrompt();
}

void ChatWorkspace::listDevices() {
  if (m_devicesListed) return;
  m_devicesListed = true;
  jobs().run(
      this, {QStringLiteral("chat.devices"), {}, Lane::Inference},
      [](const core::JobContext&) { return findDevices(); },
      [this](const DeviceList& devices) { m_sampling->setDevices(devices); });
}

std::vector<PaneSetup> ChatWorkspace::setups() const {
  std::vector<PaneSetup> setups;
  for (const ChatPane* pane : m_panes) setups.push_back({pane->scheme()});
  return setups;
}

void ChatWorkspace::prepare() {
  if (!isRunnable() || m_generating) return;
  for (ChatPane* pane : m_panes) pane->setNotice(tr("Loading %1…").arg(pane->schemeTitle()));
  jobs().run(
      this, {kPrepareTag, tr("Loading the chat models"), Lane::Inference},
      [engine = m_engine, model = selection().model(), panes = setups(),
       device = m_sampling->device()](const core::JobContext& job) {
        auto facts = engine->prepare(model, panes, device, job);
        return std::pair(std::move(facts), engine->deviceMemory());
      },
      [this](const std::pair<std::vector<PaneFacts>, std::optional<DeviceMemory>>& prepared) {
        for (std::size_t i = 0; i < m_panes.size(); ++i) {
          m_panes[i]->setFacts(prepared.first[i]);
          m_panes[i]->setNotice({});
        }
        const DeviceMemory memory = prepared.second.value_or(DeviceMemory());
        Q_EMIT deviceMemoryChanged(memory.usedBytes, memory.budgetBytes);
      },
      [this](const QString& sentence) {
        for (ChatPane* pane : m_panes) pane->setNotice(sentence, true);
      });
}

void ChatWorkspace::send(const QString& text) {
  if (!isRunnable() || m_generating) return;
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    m_conversations[i].push_back({"user", text.toStdString()});
    m_panes[i]->addQuestion(text);
  }
  generate();
}

void ChatWorkspace::regenerate() {
  if (m_generating || m_conversations[0].empty() || m_conversations[0].back().role != "assistant") return;
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    m_conversations[i].pop_back();
    m_panes[i]->removeLastAnswer();
  }
  generate();
}

void ChatWorkspace::generate() {
  jobs().cancelTag(kCompareTag);
  m_generating = true;
  m_composer->setGenerating(true);
  m_composer->setHasAnswer(false);
  m_composer->setSuggestionsVisible(false);
  m_strip->clear();
  selection().setChatToken(std::nullopt);
  if (m_panes[1]->scheme()) m_strip->setColor(selection().color(*m_panes[1]->scheme()));
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    m_panes[i]->setNotice({});
    m_panes[i]->setOtherTitle(m_panes[i == 0 ? 1 : 0]->schemeTitle());
    m_panes[i]->beginAnswer();
  }
  m_feed = std::make_shared<TokenFeed>();
  auto conversations = m_conversations;
  if (const QString system = m_sampling->systemPrompt(); !system.isEmpty()) {
    for (auto& conversation : conversations)
      conversation.insert(conversation.begin(), {"system", system.toStdString()});
  }
  jobs().run(
      this, {kAnswerTag, tr("Answering"), Lane::Inference},
      [engine = m_engine, feed = m_feed, model = selection().model(), panes = setups(), device = m_sampling->device(),
       options = m_sampling->options(), conversations](const core::JobContext& job) {
        engine->prepare(model, panes, device, job);
        return engine->answer(conversations, options, *feed, job);
      },
      [this](const std::vector<PaneAnswer>& answers) { finish(answers); },
      [this](const QString& sentence) { fail(sentence); });
  m_frame.start();
}

void ChatWorkspace::takeTokens() {
  const auto tokens = m_feed->take();
  for (const StreamedToken& streamed : tokens) {
    ChatPane& pane = *m_panes[static_cast<std::size_t>(streamed.pane)];
    pane.appendToken(streamed.token);
    if (!streamed.kl) continue;
    // Both models read the same words up to here: each token can tell what the other model thought of its place.
    const std::size_t index = pane.answerIds().size() - 1;
    if (index < m_panes[0]->answerTokens().size())
      pane.setOther(index, *streamed.kl, m_panes[0]->answerTokens()[index].token.top);
    m_panes[0]->setOther(index, *streamed.kl, streamed.token.top);
    m_strip->setValue(index, *streamed.kl);
  }
  if (!tokens.empty()) {
    const auto& reference = m_panes[0]->answerIds();
    auto compared = m_panes[1]->answerIds();
    // While both still write, the one that is a token ahead has not differed yet.
    m_panes[1]->setMarks(compared.size() > reference.size() && m_generating ? markDifferences(compared, compared)
                                                                            : markDifferences(reference, compared));
  }
  // A stopped job delivers nothing, so the end of the answer is noticed here.
  if (m_generating && !jobs().isActive(kAnswerTag)) {
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
      const TokenText* answer = m_panes[i]->answer();
      m_conversations[i].push_back({"assistant", answer != nullptr ? answer->text().toStdString() : std::string()});
      m_panes[i]->setNotice(stopText(core::model::StopReason::Cancelled));
    }
    endGeneration();
  }
}

void ChatWorkspace::finish(const std::vector<PaneAnswer>& answers) {
  m_generating = false;  // first: what is left in the feed is now the whole answer
  takeTokens();
  m_panes[1]->setMarks(markDifferences(m_panes[0]->answerIds(), m_panes[1]->answerIds()));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    m_panes[i]->setFacts(answers[i].facts);
    m_panes[i]->setSpeed(answers[i].result);
    m_panes[i]->setNotice(stopText(answers[i].result.stop));
    m_conversations[i].push_back({"assistant", answers[i].result.text});
  }
  endGeneration();
  compare();
}

// Behind the place where the answers parted, the compared model reads the reference's words instead of its own.
void ChatWorkspace::compare() {
  const auto &reference = m_panes[0]->answerIds(), &compared = m_panes[1]->answerIds();
  const std::size_t common = commonPrefix(reference, compared);
  if (common < reference.size()) m_strip->setParted(common);
  if (m_strip->count() >= reference.size()) return;
  m_strip->setPending(true);
  jobs().run(
      this, {kCompareTag, tr("Comparing token by token"), Lane::Inference},
      [engine = m_engine](const core::JobContext& job) { return engine->compare(job); },
      [this](const std::vector<ForcedToken>& tokens) {
        m_strip->setPending(false);
        for (const ForcedToken& forced : tokens) {
          m_panes[0]->setOther(forced.index, forced.kl, forced.top);
          m_strip->setValue(forced.index, forced.kl);
        }
      },
      [this](const QString& sentence) {
        m_strip->setPending(false);
        m_panes[1]->setNotice(sentence, true);
      });
}

void ChatWorkspace::fail(const QString& sentence) {
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    m_panes[i]->setNotice(sentence, true);
    m_conversations[i].push_back({"assistant", std::string()});
  }
  endGeneration();
}

void ChatWorkspace::endGeneration() {
  m_generating = false;
  m_frame.stop();
  m_composer->setGenerating(false);
  m_composer->setHasAnswer(true);
  m_composer->focusPrompt();
}

void ChatWorkspace::newChat() {
  jobs().cancelTag(kAnswerTag);
  jobs().cancelTag(kCompareTag);
  m_frame.stop();
  m_generating = false;
  m_conversations.assign(m_panes.size(), {});
  for (ChatPane* pane : m_panes) {
    pane->clearTranscript();
    pane->setNotice({});
  }
  m_strip->clear();
  m_composer->setGenerating(false);
  m_composer->setHasAnswer(false);
  m_composer->setSuggestionsVisible(true);
}

Transcript ChatWorkspace::transcript() const {
  Transcript result;
  if (selection().model()) result.model = QString::fromStdString(selection().model()->checkpoint().name());
  result.device = QString::fromStdString(m_sampling->device().toString());
  result.systemPrompt = m_sampling->systemPrompt();
  result.options = m_sampling->options();
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    const auto scheme = m_panes[i]->scheme();
    result.panes.push_back({m_panes[i]->schemeTitle(), scheme ? QString::fromStdString(scheme->toString()) : QString(),
                            m_conversations[i]});
  }
  return result;
}

void ChatWorkspace::saveTranscript() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save the conversation"),
                                                    QStringLiteral("conversation.md"), tr("Markdown (*.md)"));
  if (file.isEmpty()) return;
  // QSaveFile writes beside the file and renames: an older one stays whole until the new one is.
  QSaveFile target(file);
  const QByteArray text = toMarkdown(transcript()).toUtf8();
  if (!target.open(QIODevice::WriteOnly) || target.write(text) != text.size() || !target.commit())
    m_panes[0]->setNotice(tr("%1 could not be written: %2").arg(file, target.errorString()), true);
}

void ChatWorkspace::selectToken(std::optional<int> index) {
  for (ChatPane* pane : m_panes) pane->setSelectedToken(index);
  m_strip->setSelected(index);
  selection().setChatToken(index ? std::optional(ChatToken{1, *index}) : std::nullopt);
}

QString ChatWorkspace::helpText() const {
  return tr(
      "The same prompt goes to both models, with the same template, sampling options and seed; both run on the chosen "
      "device. "
      "Tokens of the right answer that the reference did not write are tinted and underlined; the first of them is "
      "where the two "
      "models part. Hover a token for what both models thought of its place, click it to see the same place in the "
      "other answer. The strip shows how far the two distributions are apart at every token of the reference's answer, "
      "as KL divergence in nats; behind the place where the answers part, the compared model reads the reference's "
      "words. Enter sends, Shift+Enter starts a new line, Esc stops.");
}

void ChatWorkspace::showExample() {
  if (isRunnable() && !m_generating && m_conversations[0].empty()) send(suggestions(*selection().model()).back());
}

void ChatWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("prompt"), m_composer->prompt());
  m_sampling->save(settings);
}

void ChatWorkspace::restoreState(QSettings& settings) {
  m_composer->setPrompt(settings.value(QStringLiteral("prompt")).toString());
  m_sampling->restore(settings);
}

}  // namespace app
