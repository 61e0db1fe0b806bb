#include "app/workspaces/chat/server_writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/workspaces/chat/server_keys.h"
#include "app/workspaces/chat/token_names.h"
#include "core/base/error.h"
#include "core/base/job_context.h"

namespace app {

namespace {

constexpr std::uint32_t kTopTokens = 20;  ///< the most that OpenAI's API allows
constexpr std::size_t kShownTokens = 5;   ///< as of the models that run here

double seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

remote::ApiQuestion questionOf(const ServerChoice& server, const PanePrompt& prompt,
                               const core::model::GenerationOptions& options) {
  remote::ApiQuestion question;
  question.model = server.model;
  question.dialect = prompt.mode == PromptMode::Chat ? remote::ApiDialect::Chat : remote::ApiDialect::Completion;
  for (const Message& message : prompt.messages) question.messages.push_back({message.role, message.content});
  if (prompt.mode != PromptMode::Chat) question.text = prompt.messages.front().content;
  question.temperature = static_cast<double>(options.sampling.temperature);
  question.topP = static_cast<double>(options.sampling.topP);
  question.seed = options.sampling.seed;
  question.maxTokens = options.maxTokens;
  question.topTokens = kTopTokens;
  return question;
}

}  // namespace

ServerWriter::ServerWriter(const ServerChoice& server, const PanePrompt& prompt,
                           const core::model::GenerationOptions& options,
                           std::shared_ptr<const core::text::Tokenizer> tokenizer)
    : m_pane(prompt.pane), m_tokenizer(std::move(tokenizer)) {
  m_answer.pane = m_pane;
  m_thread = std::jthread([this, server, question = questionOf(server, prompt, options),
                           begins = !options.beginning.empty()](const std::stop_token& stop) {
    try {
      if (begins) throw core::Error(core::ErrorCode::Unsupported, "A server cannot be made to begin with other words.");
      run(stop, server, question);
    } catch (const core::Cancelled&) {
      m_answer.result.stop = core::model::StopReason::Cancelled;
    } catch (const std::exception&) {
      m_answer.result.stop = core::model::StopReason::Cancelled;
      m_answer.failure = currentFailure();
    }
    const std::lock_guard lock(m_mutex);
    m_isOver = true;
    m_arrived.notify_all();
  });
}

ServerWriter::~ServerWriter() { stop(); }

void ServerWriter::run(const std::stop_token& stop, const ServerChoice& server, const remote::ApiQuestion& question) {
  const core::JobContext job(stop);
  const TokenNames names(*m_tokenizer);
  remote::HttpClient client;
  const remote::ApiServer address{server.url, serverKey(QString::fromStdString(server.url)).toStdString()};
  const auto end = remote::ask(
      client, address, question, [&](const remote::ApiToken& token) { add(token, names); }, job);
  m_answer.result.stop =
      end == remote::ApiEnd::Length ? core::model::StopReason::MaxTokens : core::model::StopReason::EndOfTurn;
}

void ServerWriter::add(const remote::ApiToken& token, const TokenNames& names) {
  auto& result = m_answer.result;
  const auto now = std::chrono::steady_clock::now();
  if (result.tokens.empty()) {
    m_first = now;
    result.timeToFirstTokenS = seconds(now - m_asked);
  } else {
    result.decodeTokensPerS = static_cast<double>(result.tokens.size()) / std::max(seconds(now - m_first), 1e-9);
  }
  StreamedToken streamed;
  streamed.pane = m_pane;
  streamed.token.id = token.own ? names.find(token.own->bytes) : TokenNames::kNone;
  streamed.token.text = token.text;
  streamed.token.probability = token.own ? static_cast<float>(std::exp(std::min(token.own->logProbability, 0.0))) : 0;
  Known known;
  const auto has = [&known](core::text::TokenId id) {
    return std::ranges::find(known.tokens, id, &core::model::KnownProbability::token) != known.tokens.end();
  };
  // Up to the first one that this vocabulary does not know: what comes behind is less probable, and counts as the rest.
  for (const auto& alternative : token.top) {
    const auto id = names.find(alternative.bytes);
    if (id == TokenNames::kNone || has(id)) break;
    known.tokens.push_back({id, alternative.logProbability});
    if (streamed.token.top.size() < kShownTokens)
      streamed.token.top.push_back({id, static_cast<float>(std::exp(std::min(alternative.logProbability, 0.0)))});
  }
  known.ranked = known.tokens.size();
  m_known.push_back(std::move(known));
  result.tokens.push_back(streamed.token.id);
  result.text += token.text;
  if (token.isThought) {
    if (!m_thought) m_thought.emplace();
    *m_thought = {result.tokens.size(), 0, result.text.size(), result.text.size(), true};
  } else if (m_thought) {
    m_thought->isOpen = false;
  }
  streamed.thought = m_thought;
  const std::lock_guard lock(m_mutex);
  m_tokens.push_back(std::move(streamed));
  m_arrived.notify_all();
}

void ServerWriter::passOn(TokenFeed& feed, std::chrono::milliseconds wait) {
  std::unique_lock lock(m_mutex);
  m_arrived.wait_for(lock, wait, [this] { return m_isOver || !m_tokens.empty(); });
  for (StreamedToken& token : m_tokens) feed.push(std::move(token));
  m_tokens.clear();
}

bool ServerWriter::hasEnded() const {
  const std::lock_guard lock(m_mutex);
  return m_isOver && m_tokens.empty();
}

}  // namespace app
