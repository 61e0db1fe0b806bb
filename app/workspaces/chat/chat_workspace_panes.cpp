// What runs in the panes of ChatWorkspace: how many there are, what follows the list of schemes, and links.
#include <QSpinBox>
#include <QToolButton>
#include <algorithm>

#include "app/selection/selection_link.h"
#include "app/session/other_models.h"
#include "app/text/numbers.h"
#include "app/workspaces/chat/adapter_bar.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/pane_header.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/server_dialog.h"
#include "app/workspaces/chat/template_panel.h"
#include "app/workspaces/chat/time_dialog.h"
#include "core/base/error.h"
#include "core/quant/format.h"

namespace app {

namespace {

const QString kPromptKey = QStringLiteral("prompt"), kPanesKey = QStringLiteral("panes"),
              kSuggestKey = QStringLiteral("suggest");

/// At most eight bits a weight: what a person wants to see beside the original.
bool isNarrow(const core::model::Recipe& recipe) {
  if (const auto* scheme = recipe.asScheme()) return core::quant::codeBits(scheme->format.name) <= 8;
  const auto* type = std::get_if<core::model::FileType>(&recipe.base);
  return type == nullptr || core::tensor::info(core::model::info(*type).usual).blockValues > 1;
}

}  // namespace

void ChatWorkspace::setPaneCount(std::size_t count) {
  m_count = count;
  m_focus = std::clamp<std::size_t>(m_focus, 1, m_count - 1);
  m_grid->setCount(count);
  setFocusPane(m_focus);
  updatePaneTools();
  showAbout();
}

void ChatWorkspace::updatePaneTools() {
  const bool free = !m_dialogue->isAnswering();
  const bool room = m_count < Conversation::kMostPanes;
  m_addPane->setEnabled(free && room && !m_blind && selection().model() != nullptr);
  m_addPane->setToolTip(room ? tr("Add a pane: another scheme, device or type of keys and values")
                             : tr("There are four panes; take one away first"));
  for (ChatPane* pane : m_panes) {
    pane->header().setRemovable(m_count > Conversation::kFewestPanes && !m_blind);
    pane->setChangeable(free);
  }
}

PaneVariant ChatWorkspace::nextVariant() const {
  const auto isFree = [this](const core::model::Recipe& recipe) {
    return std::none_of(panes().begin(), panes().end(), [&](const ChatPane* pane) { return pane->scheme() == recipe; });
  };
  const auto checked = selection().checkedRecipes();
  for (const bool narrow : {true, false})
    for (const auto& recipe : checked)
      if (isFree(recipe) && isNarrow(recipe) == narrow) return {recipe, {}, {}, {}};
  // Everything that is checked runs: then the same weights with smaller keys and values.
  using core::model::KvType;
  const KvType usual = m_sampling->kvType();
  const bool isWide = usual == KvType::F16 || usual == KvType::F32;
  return {{}, {}, isWide ? KvType::Int8 : KvType::F16, {}};
}

void ChatWorkspace::addPane() {
  if (m_count >= Conversation::kMostPanes || m_dialogue->isAnswering() || m_blind) return;
  const std::size_t pane = m_count;
  const auto& turns = m_dialogue->conversation().turns();
  const bool returns =
      std::any_of(turns.begin(), turns.end(), [pane](const Turn& turn) { return !turn.answers[pane].empty(); });
  if (!returns) m_panes[pane]->setVariant(nextVariant());
  m_variantsChosen = true;
  m_focus = pane;
  setPaneCount(m_count + 1);
  m_dialogue->addPane();
  followGround();
  if (m_dialogue->isUnanswered(pane) && !waits() && whyNot().isEmpty()) m_dialogue->answerAgain(pane);
}

// Those behind it move up, in the conversation as here; it waits behind them and may come back.
void ChatWorkspace::removePane(std::size_t pane) {
  if (m_count <= Conversation::kFewestPanes || pane == 0 || m_dialogue->isAnswering()) return;
  const PaneVariant removed = m_panes[pane]->variant();
  for (std::size_t i = pane; i + 1 < m_count; ++i) m_panes[i]->setVariant(m_panes[i + 1]->variant());
  m_panes[m_count - 1]->setVariant(removed);
  m_failures.clear();
  m_preparedFor.clear();
  m_variantsChosen = true;
  setPaneCount(m_count - 1);
  m_dialogue->removePane(pane);
  followGround();
}

void ChatWorkspace::adoptPanes(const Conversation& conversation) {
  if (m_variantsChosen) return;
  setPaneCount(conversation.panes());
  for (std::size_t pane = 0; pane < m_count; ++pane) {
    const Answer* newest = nullptr;
    for (std::size_t turn = conversation.turns().size(); turn-- > 0 && newest == nullptr;)
      newest = conversation.newest(turn, pane);
    if (newest == nullptr) continue;
    PaneVariant variant{newest->source.recipe, {}, {}, {}};
    variant.setDeviations(newest->source.deviations.toStdString());
    if (!variant.recipe || selection().isChecked(*variant.recipe)) m_panes[pane]->setVariant(variant);
  }
  followGround();
}

void ChatWorkspace::adoptTemplateValues(const Conversation& conversation) {
  const std::size_t turns = conversation.turns().size();
  if (const Answer* newest = turns == 0 ? nullptr : conversation.newest(turns - 1, 0))
    m_sampling->chatTemplate().setValues(newest->source.templateValues);
}

// The first compared pane shows the current scheme if it is checked, else the first checked one: whoever ticks a scheme
// in the list wants to see what it does.
void ChatWorkspace::followSchemes() {
  refreshEvidence();
  letGoOfClosedModel();
  for (std::size_t pane = 1; pane < m_count; ++pane) followSchemesIn(pane);
}

void ChatWorkspace::followSchemesIn(std::size_t pane) {
  const auto checked = selection().checkedRecipes();
  const PaneVariant& running = m_panes[pane]->variant();
  const auto isChecked = [&checked](const core::model::Recipe& recipe) {
    return std::find(checked.begin(), checked.end(), recipe) != checked.end();
  };
  if (running.recipe ? isChecked(*running.recipe) : pane != 1 || running != PaneVariant()) return;
  const auto& current = selection().currentRecipe();
  const auto isFree = [this, pane](const core::model::Recipe& recipe) {
    for (std::size_t i = 1; i < m_count; ++i)
      if (i != pane && m_panes[i]->scheme() == recipe) return false;
    return true;
  };
  std::optional<core::model::Recipe> wanted;
  if (pane == 1 && current && isNarrow(*current) && isChecked(*current)) wanted = current;
  for (const auto& recipe : checked)
    if (!wanted && isNarrow(recipe) && isFree(recipe)) wanted = recipe;
  if (!wanted) return;
  m_panes[pane]->setScheme(wanted);
  m_grid->nameTabs();
  followGround();
}

// A model that is closed runs in no pane any more.
void ChatWorkspace::letGoOfClosedModel() {
  bool any = false;
  for (ChatPane* pane : m_panes) {
    const auto& scheme = pane->scheme();
    if (!scheme || scheme->otherModel() == nullptr || selection().entry(*scheme) != nullptr) continue;
    pane->setScheme(std::nullopt);
    any = true;
  }
  if (any) followGround();
}

// The conversation stays: answers keep the name of what wrote them, and the last question is answered again.
void ChatWorkspace::setStrength(std::size_t pane, int percent) {
  const auto& running = m_panes[pane]->scheme();
  const auto strength = adapterStrength(running);
  if (!strength || *strength == percent || m_dialogue->isAnswering()) return;
  const core::model::Recipe before = *running;
  const bool isShared =
      std::count_if(panes().begin(), panes().end(), [&](const ChatPane* p) { return p->scheme() == before; }) > 1;
  QString name = selection().title(before);
  if (name.endsWith(u'%')) name.truncate(std::max<qsizetype>(name.lastIndexOf(QStringLiteral(" · ")), 0));
  if (percent != 100) name += QStringLiteral(" · ") + text::percent(percent / 100.0, 0);
  core::model::Recipe edited = atStrength(before, percent);
  edited.title = name.toStdString();
  const SchemeEntry* entry = selection().entry(before);
  const bool isOwn = entry != nullptr && entry->isOwn;
  m_panes[pane]->setScheme(edited);
  if (isOwn && !isShared) {
    selection().replaceOwn(before, edited);
    selection().renameOwn(edited, name);
  } else {
    selection().addOwn(edited, name);
  }
  m_grid->nameTabs();
  Q_EMIT m_panes[pane]->schemeChosen();
}

void ChatWorkspace::askForServer(std::size_t pane) {
  if (m_dialogue->isAnswering()) return;
  auto* dialog = new ServerDialog(jobs(), m_panes[pane]->variant().server, this);
  connect(dialog, &ServerDialog::chosen, this, [this, pane](const ServerChoice& server) {
    if (pane >= m_count || m_dialogue->isAnswering()) return;
    m_panes[pane]->setVariant({{}, {}, {}, server});
    m_grid->nameTabs();
    Q_EMIT m_panes[pane]->schemeChosen();
  });
  dialog->open();
}

void ChatWorkspace::showTime() {
  if (m_dialogue->isAnswering() || m_blind || waits() || !whyNot().isEmpty()) return;
  const Selection& now = selection();
  std::vector<TimeDialog::PaneLook> looks;
  for (const ChatPane* pane : panes()) {
    const auto& scheme = pane->scheme();
    looks.push_back({pane->schemeTitle(), scheme ? now.color(*scheme) : Theme::instance().colors().reference,
                     scheme ? now.mark(*scheme) : SeriesMark::Circle});
  }
  auto* dialog = new TimeDialog(m_dialogue->runner(), ground().setup, std::move(looks), this);
  dialog->open();
}

void ChatWorkspace::nameSettings() {
  for (ChatPane* pane : m_panes) pane->header().setSettings(m_sampling->device(), m_sampling->kvType());
  m_grid->nameTabs();
}

void ChatWorkspace::setVariants(const std::vector<PaneVariant>& variants) {
  m_variantsChosen = true;
  for (const PaneVariant& variant : variants)
    if (variant.recipe) selection().addOwn(*variant.recipe);
  for (std::size_t i = 0; i < variants.size(); ++i) m_panes[i]->setVariant(variants[i]);
  if (variants.size() == m_count) return followGround();
  setPaneCount(variants.size());
  Conversation conversation = m_dialogue->conversation();
  conversation.setPanes(variants.size());
  m_dialogue->setConversation(std::move(conversation));
  followGround();
}

namespace {

/// @throws core::Error
std::vector<PaneVariant> variantsOf(const QString& text, const Selection& selection) {
  std::vector<PaneVariant> variants;
  // What has files or was trained here is known by the list alone, by its text or its name.
  const auto listed = [&selection](const QString& part) -> std::optional<core::model::Recipe> {
    for (const SchemeEntry& entry : selection.schemes())
      if (entry.isOwn && (entry.title == part || QString::fromStdString(entry.recipe.toString()) == part))
        return entry.recipe;
    return std::nullopt;
  };
  const QStringList parts = text.split(u'|');
  if (parts.size() < static_cast<qsizetype>(Conversation::kFewestPanes) ||
      parts.size() > static_cast<qsizetype>(Conversation::kMostPanes))
    throw core::Error(core::ErrorCode::InvalidArgument, "A chat has two to four panes, such as \"stored|nf4|int4\".");
  for (const QString& part : parts) {
    if (auto own = listed(part))
      variants.push_back({std::move(own), {}, {}, {}});
    else
      variants.push_back(PaneVariant::parse(part.toStdString()));
    // Whoever wrote the link would read what is asked next.
    if (variants.back().server)
      throw core::Error(core::ErrorCode::InvalidArgument, "A server is chosen in its pane, not by a link.");
  }
  return variants;
}

}  // namespace

QString ChatWorkspace::openLink(const Link& link) {
  if (!link.path.isEmpty() || !unknownKey(link, {kPromptKey, kPanesKey, kSuggestKey}).isEmpty())
    return Workspace::openLink(link);
  std::vector<PaneVariant> variants;
  try {
    if (link.has(kPanesKey)) variants = variantsOf(link.value(kPanesKey), selection());
  } catch (const core::Error& error) {
    return QString::fromStdString(error.what());
  }
  if (m_dialogue->isAnswering() && !variants.empty() && variants.size() != m_count)
    return tr("The number of panes cannot change while they answer.");
  if (const QString problem = followLink(selection(), link); !problem.isEmpty()) return problem;
  if (!variants.empty() && whyNot().isEmpty()) {
    setVariants(variants);
  } else if (link.has(QStringLiteral("scheme")) && whyNot().isEmpty()) {
    m_panes[1]->setScheme(selection().currentRecipe());
    Q_EMIT m_panes[1]->schemeChosen();
  }
  if (link.has(kSuggestKey)) m_composer->setSuggestions(link.value(kSuggestKey).split(u'|', Qt::SkipEmptyParts));
  if (link.has(kPromptKey)) m_composer->setPrompt(link.value(kPromptKey));
  return {};
}

Link ChatWorkspace::link() const {
  Link link{selection().workspace(), {}, {}};
  QStringList all;
  bool plain = m_count == Conversation::kFewestPanes && !m_panes[0]->scheme();
  for (const ChatPane* pane : panes()) {
    const PaneVariant named = pane->variant().server ? PaneVariant() : pane->variant();
    all << QString::fromStdString(named.toString());
    plain = plain && named.deviations().empty();
  }
  if (!plain)
    link.set(kPanesKey, all.join(u'|'));
  else if (const auto& scheme = m_panes[1]->scheme())
    link.set(QStringLiteral("scheme"), QString::fromStdString(scheme->toString()));
  if (!m_composer->prompt().isEmpty()) link.set(kPromptKey, m_composer->prompt());
  return link;
}

}  // namespace app
