#pragma once
#include <QTimer>
#include <memory>
#include <vector>

#include "app/workspaces/chat/chat_engine.h"
#include "app/workspaces/chat/transcript.h"
#include "app/workspaces/workspace.h"

class QBoxLayout;

namespace app {

class Card;
class ChatComposer;
class ChatPane;
class KlStrip;
class Label;
class SamplingPanel;

/// The original and the quantized model answer the same prompt side by side; tokens that differ are marked.
class ChatWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit ChatWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~ChatWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 private:
  QWidget* buildPanes();
  QWidget* buildControls();
  void followModel();
  void followSchemes();
  void listDevices();
  void prepare();
  void send(const QString& text);
  void regenerate();
  void generate();
  void takeTokens();
  void finish(const std::vector<PaneAnswer>& answers);
  void compare();
  void fail(const QString& sentence);
  void endGeneration();
  void newChat();
  Transcript transcript() const;
  void saveTranscript();
  void selectToken(std::optional<int> index);
  std::vector<PaneSetup> setups() const;
  /// Whether the open model can chat; if not, shows why.
  bool isRunnable() const;

  std::shared_ptr<ChatEngine> m_engine;
  std::shared_ptr<TokenFeed> m_feed;
  std::vector<std::vector<core::text::ChatMessage>>
      m_conversations;  ///< one a pane: each pane remembers its own answers
  std::vector<ChatPane*> m_panes;
  KlStrip* m_strip;
  ChatComposer* m_composer;
  SamplingPanel* m_sampling;
  QWidget* m_empty;
  Label* m_emptyText;
  QTimer m_frame;
  bool m_active = false, m_generating = false, m_devicesListed = false;
};

}  // namespace app
