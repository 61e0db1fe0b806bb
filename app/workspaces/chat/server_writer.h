#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "app/remote/api_server.h"
#include "app/workspaces/chat/pane_prompt.h"
#include "app/workspaces/chat/server_choice.h"
#include "app/workspaces/chat/token_feed.h"
#include "core/model/kl_bounds.h"

namespace app {

/// A pane's answer while a server writes it: on a thread of its own, so that no other pane waits for it.
class ServerWriter {
 public:
  /// What is known of the server's distribution at one token of its answer.
  struct Known {
    std::vector<core::model::KnownProbability> tokens;
    std::size_t ranked = 0;  ///< see core::model::klBounds
  };

  /// Asks at once. @param options sampling and length; what an answer is to begin with cannot be asked for
  ServerWriter(const ServerChoice& server, const PanePrompt& prompt, const core::model::GenerationOptions& options,
               std::shared_ptr<const core::text::Tokenizer> tokenizer);
  /// Stops it.
  ~ServerWriter();

  std::size_t pane() const { return m_pane; }
  /// What has arrived since goes into the feed, after a wait of at most so long for something to arrive.
  void passOn(TokenFeed& feed, std::chrono::milliseconds wait);
  /// Nothing will arrive any more, and all was taken.
  bool hasEnded() const;
  /// Ends it early.
  void stop() { m_thread.request_stop(); }
  /// @pre hasEnded()
  PaneAnswer finish() { return std::move(m_answer); }
  /// For each token of the answer; empty for those the server says nothing of. @pre hasEnded()
  const std::vector<Known>& known() const { return m_known; }

 private:
  void run(const std::stop_token& stop, const ServerChoice& server, const remote::ApiQuestion& question);
  void add(const remote::ApiToken& token, const class TokenNames& names);

  std::size_t m_pane;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::chrono::steady_clock::time_point m_asked = std::chrono::steady_clock::now(), m_first;
  // Of the thread, until it has ended:
  PaneAnswer m_answer;
  std::vector<Known> m_known;
  std::optional<core::text::Thought> m_thought;
  mutable std::mutex m_mutex;
  std::condition_variable m_arrived;
  std::vector<StreamedToken> m_tokens;
  bool m_isOver = false;
  std::jthread m_thread;
};

}  // namespace app
