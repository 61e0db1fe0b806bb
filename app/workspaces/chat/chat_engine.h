#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/session/engine.h"
#include "app/session/prompt_cache.h"
#include "app/session/token_profile.h"
#include "app/workspaces/chat/conversation.h"
#include "app/workspaces/chat/pane_prompt.h"
#include "app/workspaces/chat/token_feed.h"

namespace app {

class ServerWriter;

/// What the panes run. Two equal setups give the same sessions.
struct ChatSetup {
  std::shared_ptr<OpenModel> model;
  std::vector<Variant> panes;
  std::vector<std::optional<ServerChoice>> servers;  ///< of the panes: those that have one make no session
  std::uint32_t contextLength = 0;                   ///< 0: the model's own, up to the engine's limit
  PromptCaches promptCaches = {};                    ///< where prompts that were read before may be found
};

/// A pair of answers to be compared token by token behind the place where they parted.
struct ComparisonTask {
  int reference = 0, compared = 0;          ///< ids of the answers
  std::size_t pane = 1;                     ///< that runs the compared model; pane 0 runs the reference
  std::vector<core::text::TokenId> text;    ///< prompt and answer of the reference
  std::size_t promptTokens = 0, first = 0;  ///< of the text; index of the first token of the answer to compare
};

struct ComparedTokens {
  int reference = 0, compared = 0;
  std::size_t first = 0;  ///< index of tokens.front() in the reference's answer
  std::vector<ForcedToken> tokens;
  std::optional<PaneFailure> failure;
};

/// What a token of one pane takes, or why that could not be measured.
struct PaneProfile {
  std::size_t pane = 0;
  TokenProfile profile = {};
  std::optional<PaneFailure> failure;
};

/// The sessions of the chat. Lives on the inference lane: every call runs in a job of Lane::Inference.
class ChatEngine {
 public:
  /// Makes the sessions of these panes, one each, and keeps those that are already right. Sessions no pane needs any
  /// more are dropped first, so that their memory is free. Panes of the same weights on the same device share an
  /// executor.
  /// @throws core::Error, core::Cancelled
  std::vector<PaneFacts> prepare(const ChatSetup& setup, const core::JobContext& job);

  /// Drops every session unless they are of this model: a closed model must leave memory.
  void keepOnly(const std::shared_ptr<OpenModel>& model);

  /// Some of the panes answer under the same options; one token of each is computed together (nextTogether()). What one
  /// pane fails at does not stop the others. Cancelling keeps what was written. Everything goes into the feed, errors
  /// too.
  void answer(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
              const core::model::GenerationOptions& options, TokenFeed& feed, const core::JobContext& job);

  /// Teacher forcing: the compared model reads the reference's words.
  /// @throws core::Cancelled
  ComparedTokens compare(const ChatSetup& setup, const ComparisonTask& task, const core::JobContext& job);

  /// What a token takes in every pane that runs here, behind so many others, or as many as its context has room for: on
  /// its own executor, with keys and values apart from those of the conversation.
  /// @throws core::Cancelled
  std::vector<PaneProfile> profile(const ChatSetup& setup, std::uint32_t positions, const core::JobContext& job);

  /// Keeps what every pane has read and written. @throws core::Cancelled
  void keepPrompts(const PromptCaches& caches, const core::JobContext& job);

  /// Memory in use on the Vulkan device of the first pane that runs on one; nothing where none does.
  std::optional<DeviceMemory> deviceMemory() const;
  /// For tests of what happens when a device stops responding.
  Engine& engine() { return m_engine; }

 private:
  struct Pane {
    Variant variant;
    core::quant::CalibrationPtr calibration;  ///< that it was made with
    std::unique_ptr<core::model::Session> session;
    std::optional<std::vector<core::model::KvTrait>> traits;  ///< of its keys and values
    PaneFacts facts;
  };
  class Writer;
  /// That of a pane with the same weights on the same device, whose batches another one's answers can share; null:
  /// none.
  static std::shared_ptr<core::model::Executor> executorOf(const std::vector<Pane>& panes, const Pane& wanted);
  PaneFacts factsOf(core::model::Session& session, std::uint32_t contextLength) const;
  void write(const std::vector<PanePrompt>& prompts, const core::model::GenerationOptions& options, TokenFeed& feed,
             const core::JobContext& job);
  PaneAnswer finish(ServerWriter& server, const std::vector<PanePrompt>& prompts, TokenFeed& feed,
                    const core::JobContext& job);
  void compareTokens(const ComparisonTask& task, ComparedTokens& result, const core::JobContext& job);
  TokenProfile profileOf(Pane& pane, std::uint32_t positions, std::map<std::string, DeviceLimits>& limits,
                         const core::JobContext& job);
  /// After a lost device no session of it can be used again.
  void forgetLost(const PaneFailure& failure);

  Engine m_engine;
  ChatSetup m_setup;
  std::vector<Pane> m_panes;
};

}  // namespace app
