#include "app/workspaces/chat/chat_engine.h"

#include <algorithm>
#include <span>
#include <utility>

#include "app/pictures/token_diff.h"
#include "core/base/error.h"

namespace app {

using core::model::GeneratedToken;
using core::model::Generation;

namespace {
constexpr std::size_t kForcedTokens = 64;  ///< scored at a time: bounds the memory of their logits
constexpr std::size_t kTopTokens = 5;
}  // namespace

void TokenFeed::push(StreamedToken token) {
  const std::lock_guard lock(m_mutex);
  m_tokens.push_back(std::move(token));
}

std::vector<StreamedToken> TokenFeed::take() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_tokens, {});
}

PaneFacts ChatEngine::factsOf(core::model::Session& session, std::uint32_t contextLength) const {
  const auto memory = session.executor().memory();
  return {session.executor().deviceName(), memory.weightBytes, memory.residentBytes, session.kvBytes(), contextLength};
}

std::vector<PaneFacts> ChatEngine::prepare(const std::shared_ptr<OpenModel>& model, const std::vector<PaneSetup>& panes,
                                           const DeviceChoice& device, const core::JobContext& job) {
  std::vector<Pane> old = std::exchange(m_panes, {});
  if (m_model != model || m_device.toString() != device.toString()) old.clear();
  m_model = model;
  m_device = device;
  std::vector<Pane> kept(panes.size());
  for (std::size_t i = 0; i < panes.size(); ++i) {
    for (Pane& pane : old) {
      if (pane.session && !kept[i].session && pane.setup == panes[i]) kept[i] = std::move(pane);
    }
  }
  old.clear();
  std::vector<PaneFacts> facts;
  for (std::size_t i = 0; i < panes.size(); ++i) {
    Pane& pane = kept[i];
    if (!pane.session) {
      Engine::SessionOptions options{panes[i].scheme, device, 0, core::model::KvType::F16};
      pane.setup = panes[i];
      pane.session = m_engine.createSession(*model, options, job);
      pane.facts = factsOf(*pane.session, Engine::contextLength(*model, options));
    }
    facts.push_back(pane.facts);
  }
  m_panes = std::move(kept);
  return facts;
}

void ChatEngine::keepOnly(const std::shared_ptr<OpenModel>& model) {
  if (m_model == model) return;
  m_panes.clear();
  m_model.reset();
}

namespace {

/// The part of the answers that tells whether both models still read the same context.
class SharedContext {
 public:
  /// From their second turn on, panes that answered differently have different prompts.
  explicit SharedContext(const std::vector<std::unique_ptr<Generation>>& panes) {
    for (const auto& pane : panes) m_agrees.push_back(std::ranges::equal(pane->history(), panes[0]->history()));
  }

  /// Called once per round with what every pane drew (nothing for a pane that has ended).
  void round(std::vector<std::optional<GeneratedToken>>& drawn, TokenFeed& feed) {
    for (std::size_t pane = 0; pane < drawn.size(); ++pane) {
      if (!drawn[pane]) continue;
      StreamedToken streamed{static_cast<int>(pane), {}, {}};
      if (pane != 0 && drawn[0] && m_agrees[pane]) {
        streamed.kl = core::model::klDivergence(drawn[0]->logits, drawn[pane]->logits);
      }
      m_agrees[pane] = m_agrees[pane] && drawn[0] && drawn[0]->id == drawn[pane]->id;
      streamed.token = *drawn[pane];
      streamed.token.logits.clear();
      feed.push(std::move(streamed));
    }
  }

 private:
  std::vector<bool> m_agrees;
};

}  // namespace

std::vector<PaneAnswer> ChatEngine::answer(const std::vector<std::vector<core::text::ChatMessage>>& conversations,
                                           const core::model::GenerationOptions& options, TokenFeed& feed,
                                           const core::JobContext& job) {
  auto keeping = options;
  keeping.keepLogits = true;
  std::vector<std::unique_ptr<Generation>> generations;
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    generations.push_back(m_panes[i].session->startChat(conversations[i], keeping));
  }
  SharedContext context(generations);
  for (bool any = true; any;) {
    any = false;
    std::vector<std::optional<GeneratedToken>> drawn(m_panes.size());
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
      drawn[i] = generations[i]->next(job);
      any = any || drawn[i].has_value();
    }
    context.round(drawn, feed);
  }
  std::vector<PaneAnswer> answers;
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    Pane& pane = m_panes[i];
    const auto history = generations[i]->history();
    pane.history.assign(history.begin(), history.end());
    pane.promptTokens = generations[i]->result().promptTokens;
    answers.push_back({generations[i]->result(), factsOf(*pane.session, pane.facts.contextLength)});
  }
  return answers;
}

std::vector<ForcedToken> ChatEngine::compare(const core::JobContext& job) {
  std::vector<ForcedToken> forced;
  if (m_panes.size() < 2 || m_panes[0].history.empty() || m_panes[1].history.empty()) return forced;
  const Pane &reference = m_panes[0], &compared = m_panes[1];
  const std::span<const core::model::TokenId> text = reference.history;
  const std::size_t begin = firstUncompared(reference.history, compared.history, reference.promptTokens);
  const std::size_t vocabulary = reference.session->executor().graph().config.vocabulary;
  for (std::size_t first = begin; first < text.size(); first += kForcedTokens) {
    const std::size_t end = std::min(first + kForcedTokens, text.size());
    job.progress(static_cast<double>(first - begin) / static_cast<double>(text.size() - begin), {});
    // The row behind token i − 1 is what a model expects of token i.
    const auto expected = reference.session->score(text.first(end - 1), first - 1, job);
    const auto seen = compared.session->score(text.first(end - 1), first - 1, job);
    for (std::size_t i = first; i < end; ++i) {
      const auto row = [&](const std::vector<float>& logits) {
        return std::span(logits).subspan((i - first) * vocabulary, vocabulary);
      };
      forced.push_back({i - reference.promptTokens, core::model::klDivergence(row(expected), row(seen)),
                        core::model::topProbabilities(row(seen), kTopTokens)});
    }
  }
  return forced;
}

}  // namespace app
