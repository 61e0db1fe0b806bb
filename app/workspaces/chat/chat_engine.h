#pragma once
#include <QString>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/session/engine.h"

namespace app {

/// What one pane runs.
struct PaneSetup {
  std::optional<core::quant::Scheme> scheme;  ///< none: the weights as stored
  bool operator==(const PaneSetup&) const = default;
};

/// What is known of a pane's session once it is made.
struct PaneFacts {
  std::string device;
  std::uint64_t weightBytes = 0;    ///< of the weights it runs, shared ones included
  std::uint64_t residentBytes = 0;  ///< weights and scratch really on the device
  std::uint64_t kvBytes = 0;
  std::uint32_t contextLength = 0;
};

/// One token on its way from the inference thread to a pane.
struct StreamedToken {
  int pane = 0;
  core::model::GeneratedToken token;
  /// KL(reference ‖ this pane) in nats of the distributions this token was drawn from; only while prompts and answers
  /// agree so far, because only then both models read the same context.
  std::optional<double> kl;
};

/// What the compared model thought of one token of the reference's answer, reading the reference's words.
struct ForcedToken {
  std::size_t index = 0;  ///< into the reference's answer
  double kl = 0;          ///< KL(reference ‖ compared) in nats
  std::vector<core::model::TokenProbability> top;
};

/// Carries tokens to the GUI thread, which takes what has arrived once per frame. Thread-safe.
class TokenFeed {
 public:
  void push(StreamedToken token);
  std::vector<StreamedToken> take();

 private:
  std::mutex m_mutex;
  std::vector<StreamedToken> m_tokens;
};

struct PaneAnswer {
  core::model::GenerationResult result;
  PaneFacts facts;
};

/// The sessions of the chat. Lives on the inference lane: every call runs in a job of Lane::Inference.
class ChatEngine {
 public:
  /// Makes the sessions of these panes, one each, and keeps those that are already right. Sessions no pane needs any
  /// more are dropped first, so that their memory is free.
  /// @throws core::Error, core::Cancelled
  std::vector<PaneFacts> prepare(const std::shared_ptr<OpenModel>& model, const std::vector<PaneSetup>& panes,
                                 const DeviceChoice& device, const core::JobContext& job);

  /// Drops every session unless they are of this model: a closed model must leave memory.
  void keepOnly(const std::shared_ptr<OpenModel>& model);

  /// Every pane answers its own conversation under the same options; their tokens are computed in turn, one each.
  /// Pane 0 is the reference. Cancelling keeps what was written. @pre prepare() for these panes
  std::vector<PaneAnswer> answer(const std::vector<std::vector<core::text::ChatMessage>>& conversations,
                                 const core::model::GenerationOptions& options, TokenFeed& feed,
                                 const core::JobContext& job);

  /// Teacher forcing: the compared pane reads the reference's last answer, so that the two can be compared behind the
  /// place where their answers parted. Gives the tokens for which answer() had no KL divergence; nothing when the
  /// panes have changed since.
  /// @throws core::Error, core::Cancelled
  std::vector<ForcedToken> compare(const core::JobContext& job);

  /// Memory in use on the device of the panes; nothing without a Vulkan device.
  std::optional<DeviceMemory> deviceMemory() const { return m_engine.memory(m_device); }

 private:
  struct Pane {
    PaneSetup setup;
    std::unique_ptr<core::model::Session> session;
    PaneFacts facts;
    std::vector<core::model::TokenId> history;  ///< prompt and answer of the last turn
    std::size_t promptTokens = 0;               ///< of them
  };
  PaneFacts factsOf(core::model::Session& session, std::uint32_t contextLength) const;

  Engine m_engine;
  std::shared_ptr<OpenModel> m_model;
  DeviceChoice m_device;
  std::vector<Pane> m_panes;
};

}  // namespace app
