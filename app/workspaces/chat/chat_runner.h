#pragma once
#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

#include "app/workspaces/chat/chat_engine.h"

namespace app {

class JobRunner;
class StopNotice;

/// The chat's work beside the GUI thread: loads sessions, lets them answer, compares. Says what came of it; knows no
/// conversation and no widget. GUI thread only.
class ChatRunner : public QObject {
  Q_OBJECT
 public:
  explicit ChatRunner(JobRunner& jobs, QObject* parent = nullptr);

  void prepare(const ChatSetup& setup);
  /// tokens() once per frame, then answered(), whether it ends, fails or is stopped.
  void answer(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
              const core::model::GenerationOptions& options);
  /// Ends the answer early; answered() follows with what was written.
  void stop();
  /// The same beside the conversation, all at once when it has ended; one at a time. Nothing comes of one that was
  /// stopped.
  using Done = std::function<void(const std::vector<StreamedToken>& tokens, const std::vector<PaneAnswer>& answers)>;
  void answerAside(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
                   const core::model::GenerationOptions& options, const QString& title, Done done);
  void stopAside();
  /// Keeps what the panes have read and written, once nobody has asked anything for a moment: promptsKept() follows.
  void keepPrompts(const PromptCaches& caches);
  /// Removes all prompt caches behind what is under way: promptsKept() follows.
  void clearPrompts(const PromptCaches& caches);
  void compare(const ChatSetup& setup, const ComparisonTask& task);
  void cancelComparison();
  /// What a token of every pane takes: profiled() once, or profileStopped() when an answer or a person comes between.
  void profile(const ChatSetup& setup, std::uint32_t positions);
  void cancelProfile();
  /// Everything under way is dropped without a word.
  void abandon();
  /// Lets go of the sessions of every other model.
  void keepOnly(const std::shared_ptr<OpenModel>& model);

  bool isAnswering() const { return m_feed != nullptr; }
  bool isComparing() const;
  ChatEngine& engine() { return *m_engine; }

 Q_SIGNALS:
  void prepared(const std::vector<app::PaneFacts>& facts, const app::DeviceMemory& memory);
  void preparationFailed(const app::PaneFailure& failure);
  void preparationStopped();  ///< by a person, in the status line
  void asideStopped();        ///< likewise what answers beside the conversation
  void tokens(const std::vector<app::StreamedToken>& tokens);
  /// Empty when it was stopped before it began.
  void answered(const std::vector<app::PaneAnswer>& answers);
  void compared(const app::ComparedTokens& tokens);
  void comparingChanged();
  void profiled(const std::vector<app::PaneProfile>& profiles);
  void profileStopped();
  void promptsKept(quint64 bytes);  ///< that all prompt caches take now

 private:
  void keepNow();
  void takeFeed();

  JobRunner& m_jobs;
  std::shared_ptr<ChatEngine> m_engine;  ///< used on the inference lane only
  std::shared_ptr<TokenFeed> m_feed;     ///< of the answer being written
  PromptCaches m_caches;                 ///< where to keep what the panes have read
  QTimer m_frame, m_keeping;
  StopNotice *m_preparing, *m_aside, *m_profiling;
  bool m_wasComparing = false;
};

}  // namespace app
