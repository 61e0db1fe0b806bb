#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/workspaces/chat/forced_token.h"
#include "app/workspaces/chat/pane_failure.h"
#include "app/workspaces/chat/server_comparison.h"
#include "core/model/session.h"
#include "core/text/thought_finder.h"

namespace app {

/// What is known of a pane's session once it is made.
struct PaneFacts {
  std::string device;
  std::uint64_t weightBytes = 0;    ///< of the weights it runs, shared ones included
  std::uint64_t residentBytes = 0;  ///< weights and scratch really on the device
  std::uint64_t kvBytes = 0;
  std::uint32_t contextLength = 0;
  std::uint64_t hostBytes = 0;  ///< of weights in the computer's memory, the device's own being too small
  std::string hostParts = {};   ///< which (core::model::MemoryUse)
};

/// One token on its way from the inference thread to a pane.
struct StreamedToken {
  std::size_t pane = 0;
  core::model::GeneratedToken token;
  /// What this pane's model thought of the reference's token at this place; only while prompts and answers agree so
  /// far, because only then both models read the same context.
  std::optional<ForcedToken> forced;
  std::optional<core::text::Thought> thought;  ///< that the answer begins with, as far as this token
};

/// How the answer of one pane ended.
struct PaneAnswer {
  std::size_t pane = 0;
  core::model::GenerationResult result;
  std::vector<core::text::TokenId> prompt;
  std::optional<PaneFacts> facts;  ///< nothing when its session could not be made
  std::optional<PaneFailure> failure;
  std::optional<ServerComparison> comparison;  ///< of a server's answer with the reference's model
};

/// Carries an answer to the GUI thread, which takes what has arrived once per frame, whether or not the job that
/// writes is cancelled. Thread-safe.
class TokenFeed {
 public:
  void push(StreamedToken token);
  std::vector<StreamedToken> take();
  /// Called once, after the last token.
  void end(std::vector<PaneAnswer> answers);
  /// How it ended; nothing while it is written.
  std::optional<std::vector<PaneAnswer>> takeEnd();

 private:
  std::mutex m_mutex;
  std::vector<StreamedToken> m_tokens;
  std::optional<std::vector<PaneAnswer>> m_end;
};

}  // namespace app
