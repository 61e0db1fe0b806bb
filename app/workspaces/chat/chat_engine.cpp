#include "app/workspaces/chat/chat_engine.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "app/workspaces/chat/pane_memory.h"
#include "app/workspaces/chat/server_distance.h"
#include "app/workspaces/chat/server_writer.h"
#include "core/base/error.h"

namespace app {

using core::model::GeneratedToken;
using core::model::Generation;
using core::text::TokenId;

namespace {

constexpr std::chrono::milliseconds kServerPatience{20};
constexpr std::size_t kForcedTokens = 64;  ///< scored at a time: bounds the memory of their logits

}  // namespace

/// One pane's answer while it is written.
class ChatEngine::Writer {
 public:
  /// @param marks of its thoughts; nothing where it has none
  Writer(std::size_t pane, const OpenModel& model, const std::string& prompt,
         const std::optional<core::text::ReasoningMarks>& marks)
      : m_tokenizer(model.tokenizer()) {
    m_answer.pane = pane;
    m_answer.prompt = m_tokenizer->encodePrompt(prompt, core::text::SpecialTokens::Parse);
    if (marks) m_thoughts.emplace(*marks, core::text::opensThought(prompt, *marks));
  }

  /// @param isAlone no other answer is written meanwhile
  void start(Pane& pane, const core::model::GenerationOptions& options, bool isAlone, const PromptCaches& caches,
             const core::JobContext& job) {
    m_answer.facts = pane.facts;
    try {
      const auto begun = std::chrono::steady_clock::now();
      m_restored = caches.read(*pane.session, pane.traits, m_answer.prompt, job);
      m_restoreSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
      m_generation = pane.session->start(m_answer.prompt, options);
      m_generation->computeAhead(isAlone);
    } catch (const core::Error&) {
      fail();
      if (m_answer.prompt.size() > pane.facts.contextLength)
        m_answer.failure->kind = PaneFailure::Kind::ContextTooShort;
    }
  }

  /// The answer that goes on, if it does. @param keepsLogits for the caller to compare
  Generation* goOn(bool keepsLogits) {
    if (!m_generation || m_answer.failure) return nullptr;
    m_generation->keepLogits(keepsLogits);
    return m_generation.get();
  }
  /// Its next token.
  std::optional<StreamedToken> take(core::model::NextToken next) {
    try {
      if (next.failure) std::rethrow_exception(next.failure);
      if (!next.token) return std::nullopt;
      if (m_thoughts) m_thoughts->push(next.token->text, next.token->id, *m_tokenizer);
      return StreamedToken{m_answer.pane, std::move(*next.token), {}, m_thoughts ? m_thoughts->found() : std::nullopt};
    } catch (const std::exception&) {
      fail();
      return std::nullopt;
    }
  }

  /// Of the exception being handled.
  void fail() { m_answer.failure = currentFailure(); }

  std::size_t pane() const { return m_answer.pane; }
  const std::vector<TokenId>& prompt() const { return m_answer.prompt; }
  PaneAnswer finish() {
    if (m_generation) m_answer.result = m_generation->result();
    m_answer.result.restoredTokens = std::min(m_restored, m_answer.result.cachedTokens);
    if (m_answer.result.timeToFirstTokenS > 0) m_answer.result.timeToFirstTokenS += m_restoreSeconds;
    return std::move(m_answer);
  }

 private:
  PaneAnswer m_answer;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::optional<core::text::ThoughtFinder> m_thoughts;
  std::unique_ptr<Generation> m_generation;
  std::uint32_t m_restored = 0;  ///< tokens of the prompt that came from the disk
  double m_restoreSeconds = 0;
};

PaneFacts ChatEngine::factsOf(core::model::Session& session, std::uint32_t contextLength) const {
  const auto memory = session.executor().memory();
  return {session.executor().deviceName(),
          memory.weightBytes,
          memory.residentBytes,
          session.kvBytes(),
          contextLength,
          memory.hostBytes,
          memory.hostParts};
}

std::vector<PaneFacts> ChatEngine::prepare(const ChatSetup& setup, const core::JobContext& job) {
  std::vector<Pane> old = std::exchange(m_panes, {});
  if (m_setup.model != setup.model || m_setup.contextLength != setup.contextLength) old.clear();
  m_setup = setup;
  const auto calibration = setup.model->calibration().current();
  std::vector<Pane> kept(setup.panes.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (setup.servers[i]) continue;
    for (Pane& pane : old) {
      if (pane.session && !kept[i].session && pane.variant == setup.panes[i] && pane.calibration == calibration)
        kept[i] = std::move(pane);
    }
  }
  old.clear();
  std::vector<Variant> loaded, wanted;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (!setup.servers[i]) (kept[i].session ? loaded : wanted).push_back(setup.panes[i]);
  // Caches of panes that went are in the way of weights.
  for (Pane& pane : kept)
    if (pane.session && !wanted.empty()) pane.session->executor().freeKeptCaches();
  Engine::SessionOptions context;
  context.contextLength = setup.contextLength;
  const std::uint32_t contextLength = Engine::contextLength(*setup.model, context);
  try {
    requireRoom(*setup.model, loaded, wanted, contextLength, m_engine);
  } catch (const core::Error&) {
    m_panes = std::move(kept);
    throw;
  }
  std::vector<PaneFacts> facts;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    Pane& pane = kept[i];
    if (!pane.session && !setup.servers[i]) {
      pane.variant = setup.panes[i];
      pane.calibration = calibration;
      const auto count = static_cast<double>(kept.size()), index = static_cast<double>(i);
      const core::JobContext part = job.part(index / count, (index + 1) / count);
      const auto shared = executorOf(kept, pane);
      pane.session = shared ? Engine::createSession(*setup.model, shared, setup.contextLength, pane.variant.kv)
                            : m_engine.createSession(*setup.model, pane.variant, setup.contextLength, part);
      pane.facts = factsOf(*pane.session, contextLength);
      pane.traits = promptTraits(*setup.model, pane.variant, *pane.session);
    }
    facts.push_back(pane.facts);
  }
  m_panes = std::move(kept);
  return facts;
}

std::shared_ptr<core::model::Executor> ChatEngine::executorOf(const std::vector<Pane>& panes, const Pane& wanted) {
  for (const Pane& pane : panes)
    if (pane.session && pane.variant.recipe == wanted.variant.recipe && pane.variant.device == wanted.variant.device &&
        pane.calibration == wanted.calibration)
      return pane.session->sharedExecutor();
  return nullptr;
}

std::optional<DeviceMemory> ChatEngine::deviceMemory() const {
  for (const Variant& variant : m_setup.panes)
    if (auto memory = m_engine.memory(variant.device)) return memory;
  return std::nullopt;
}

void ChatEngine::keepPrompts(const PromptCaches& caches, const core::JobContext& job) {
  for (Pane& pane : m_panes)
    if (pane.session && !pane.session->executor().isLost()) caches.write(*pane.session, pane.traits, job);
}

void ChatEngine::keepOnly(const std::shared_ptr<OpenModel>& model) {
  if (m_setup.model == model) return;
  m_panes.clear();
  m_setup.model.reset();
}

void ChatEngine::forgetLost(const PaneFailure& failure) {
  if (failure.kind == PaneFailure::Kind::DeviceLost) m_panes.clear();
}

namespace {

/// Tells which panes still read the same context as the reference, token after token.
class SharedContext {
 public:
  SharedContext(std::size_t panes, bool referenceWrites) : m_agrees(panes, false), m_referenceWrites(referenceWrites) {}

  /// From their second turn on, panes that answered differently may have different prompts.
  void start(std::size_t pane, bool samePrompt) { m_agrees[pane] = m_referenceWrites && samePrompt; }

  /// Whether somebody compares what this pane says next with what another one does.
  bool compares(std::size_t pane) const {
    if (pane != 0) return m_agrees[pane];
    return std::ranges::find(m_agrees.begin() + 1, m_agrees.end(), true) != m_agrees.end();
  }

  /// Called once per round with what every pane drew (nothing for a pane that has ended).
  void round(std::vector<std::optional<StreamedToken>>& drawn, TokenFeed& feed) {
    for (std::size_t pane = 1; pane < drawn.size(); ++pane) {
      if (!drawn[pane]) {
        m_agrees[pane] = false;
        continue;
      }
      StreamedToken& own = *drawn[pane];
      if (drawn[0] && m_agrees[pane])
        own.forced = forcedToken(drawn[0]->token.logits, own.token.logits, drawn[0]->token.id);
      m_agrees[pane] = m_agrees[pane] && drawn[0] && drawn[0]->token.id == own.token.id;
    }
    for (auto& streamed : drawn) {
      if (!streamed) continue;
      streamed->token.logits.clear();
      feed.push(std::move(*streamed));
    }
  }

 private:
  std::vector<bool> m_agrees;
  bool m_referenceWrites;
};

}  // namespace

void ChatEngine::answer(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
                        const core::model::GenerationOptions& options, TokenFeed& feed, const core::JobContext& job) {
  std::optional<PaneFailure> failure;
  try {
    prepare(setup, job);
    return write(prompts, options, feed, job);
  } catch (const core::Cancelled&) {
    // Stopped before the first token.
  } catch (const std::exception&) {
    failure = currentFailure();
    forgetLost(*failure);
  }
  std::vector<PaneAnswer> answers;
  for (const PanePrompt& prompt : prompts) {
    PaneAnswer& answer = answers.emplace_back();
    answer.pane = prompt.pane;
    answer.result.stop = core::model::StopReason::Cancelled;
    answer.failure = failure;
  }
  feed.end(std::move(answers));
}

void ChatEngine::write(const std::vector<PanePrompt>& prompts, const core::model::GenerationOptions& options,
                       TokenFeed& feed, const core::JobContext& job) {
  const auto marks = marksOf(*m_setup.model, prompts);
  std::vector<Writer> writers;
  std::vector<std::unique_ptr<ServerWriter>> servers;
  for (const PanePrompt& prompt : prompts) {
    if (const auto& server = m_setup.servers[prompt.pane]) {
      servers.push_back(std::make_unique<ServerWriter>(*server, prompt, options, m_setup.model->tokenizer()));
      continue;
    }
    writers.emplace_back(prompt.pane, *m_setup.model, textOf(*m_setup.model, prompt), marks);
    writers.back().start(m_panes[prompt.pane], options, prompts.size() == 1, m_setup.promptCaches, job);
  }
  const bool referenceWrites = !writers.empty() && writers.front().pane() == 0;
  SharedContext context(m_panes.size(), referenceWrites);
  for (const Writer& writer : writers) context.start(writer.pane(), writer.prompt() == writers.front().prompt());
  for (bool any = true; any;) {
    any = false;
    std::vector<std::optional<StreamedToken>> drawn(m_panes.size());
    std::vector<Writer*> writing;
    std::vector<Generation*> answers;
    for (Writer& writer : writers) {
      Generation* const answer = writer.goOn(context.compares(writer.pane()));
      if (answer == nullptr) continue;
      writing.push_back(&writer);
      answers.push_back(answer);
    }
    std::vector<core::model::NextToken> next = core::model::nextTogether(answers, job);
    for (std::size_t i = 0; i < writing.size(); ++i) {
      auto& token = drawn[writing[i]->pane()] = writing[i]->take(std::move(next[i]));
      any = any || token.has_value();
    }
    context.round(drawn, feed);
    for (const auto& server : servers) server->passOn(feed, std::chrono::milliseconds(0));
  }
  std::vector<PaneAnswer> answers;
  for (Writer& writer : writers) answers.push_back(writer.finish());
  writers.clear();  // before their sessions
  for (const auto& server : servers) answers.push_back(finish(*server, prompts, feed, job));
  for (const PaneAnswer& answer : answers)
    if (answer.failure) forgetLost(*answer.failure);
  feed.end(std::move(answers));
}

// Those that run here have ended: now there is time to wait.
PaneAnswer ChatEngine::finish(ServerWriter& server, const std::vector<PanePrompt>& prompts, TokenFeed& feed,
                              const core::JobContext& job) {
  while (!server.hasEnded()) {
    if (job.cancelled()) server.stop();
    server.passOn(feed, kServerPatience);
  }
  PaneAnswer answer = server.finish();
  const auto prompt = std::ranges::find(prompts, server.pane(), &PanePrompt::pane);
  try {
    const std::string text = textOf(*m_setup.model, *prompt);
    answer.prompt = m_setup.model->tokenizer()->encodePrompt(text, core::text::SpecialTokens::Parse);
    answer.comparison =
        compareWithServer(*m_panes.front().session, answer.prompt, answer.result.tokens, server.known(), job);
  } catch (const core::Cancelled&) {
    // What was written stays, without a comparison.
  } catch (const core::Error&) {
    // A template that fails, or a text beyond the context: the server's answer is not worse for it.
  }
  return answer;
}

ComparedTokens ChatEngine::compare(const ChatSetup& setup, const ComparisonTask& task, const core::JobContext& job) {
  ComparedTokens result{task.reference, task.compared, task.first, {}, {}};
  try {
    prepare(setup, job.part(0.0, 0.1));
    compareTokens(task, result, job.part(0.1, 1.0));
  } catch (const core::Cancelled&) {
    throw;
  } catch (const std::exception&) {
    result.failure = currentFailure();
    forgetLost(*result.failure);
  }
  return result;
}

void ChatEngine::compareTokens(const ComparisonTask& task, ComparedTokens& result, const core::JobContext& job) {
  core::model::Session &reference = *m_panes[0].session, &compared = *m_panes[task.pane].session;
  const std::span<const TokenId> text = task.text;
  const std::size_t begin = task.promptTokens + task.first;
  const std::size_t vocabulary = reference.executor().graph().vocabulary();
  for (std::size_t first = begin; first < text.size(); first += kForcedTokens) {
    const std::size_t end = std::min(first + kForcedTokens, text.size());
    job.progress(static_cast<double>(first - begin) / static_cast<double>(text.size() - begin), {});
    // The row behind token i − 1 is what a model expects of token i.
    const auto expected = reference.score(text.first(end - 1), first - 1, job);
    const auto seen = compared.score(text.first(end - 1), first - 1, job);
    for (std::size_t i = first; i < end; ++i) {
      const auto row = [&](const std::vector<float>& logits) {
        return std::span(logits).subspan((i - first) * vocabulary, vocabulary);
      };
      result.tokens.push_back(forcedToken(row(expected), row(seen), text[i]));
    }
  }
}

}  // namespace app
