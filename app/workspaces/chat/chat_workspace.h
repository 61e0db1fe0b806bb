#pragma once
#include <map>
#include <vector>

#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/chat_dialogue.h"
#include "app/workspaces/workspace.h"

class QComboBox;
class QPushButton;
class QSplitter;

namespace app {

class CalibrationNotice;
class ChatComposer;
class ChatPane;
class ConversationStore;
class Evidence;
class Label;
class SamplingPanel;

/// The original and the quantized model answer the same prompt side by side. Every answer keeps what it was computed
/// from; tokens that differ are marked, and the pair of answers in question is compared token by token.
class ChatWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit ChatWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~ChatWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  /// Also "prompt", which is put into the composer and waits there; "scheme" is what the compared pane runs.
  QString openLink(const Link& link) override;
  Link link() const override;
  void showExample() override;
  QString unsavedWork() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  ChatDialogue& dialogue() { return *m_dialogue; }

 private:
  QWidget* buildBar();
  QWidget* buildPanes();
  QWidget* buildSettings();
  void connectParts();
  void connectPane(std::size_t index);
  void connectDialogue();

  void followModel();
  void followSchemes();
  void letGoOfClosedModel();
  void followGround();
  void listDevices();
  /// Says which model the panes run while a second one is open.
  void showAbout();
  QString whyNot() const;
  /// What a pane waits for before it can answer; empty for nothing.
  QString whyWaits(std::size_t pane) const;
  bool waits() const;
  void followCalibration();
  ChatGround ground() const;
  void prepare();
  void showPrepared(const std::vector<PaneFacts>& facts);
  void showUnanswered();

  void send(const QString& text);
  void newChat();
  void takeBack(const QString& prompt, const std::vector<PaneAnswer>& ends);
  void finish();
  void remedy(const PaneFailure& failure);
  void saveTranscript();
  void showSettings(bool shown);

  AnswerPair shownPair() const;
  void showTurn(std::size_t turn);
  /// Of this turn and those behind it.
  void refreshMarks(std::size_t firstTurn);
  void refreshEvidence();
  void chooseToken(std::size_t pane, int answer, int index);
  void choosePlaceOfInterest();
  void followChatToken();
  void stepToken(int step);
  /// Scrolls the panes to the chosen token.
  void revealToken();

  ChatDialogue* m_dialogue;
  ConversationStore* m_store;
  std::map<std::size_t, PaneFailure> m_failures;  ///< what the buttons beside the panes' notices remedy
  int m_reference = 0, m_compared = 0;            ///< ids of the answers the evidence is about
  QString m_preparedFor;                          ///< what the sizes in the panes are of
  std::vector<ChatPane*> m_panes;
  QSplitter *m_paneSplitter, *m_splitter;
  QComboBox* m_history;
  QPushButton* m_settingsButton;
  QWidget* m_settings;
  Label* m_about;
  CalibrationNotice* m_calibration;
  Evidence* m_evidence;
  ChatComposer* m_composer;
  SamplingPanel* m_sampling;
  bool m_active = false, m_devicesListed = false;
};

}  // namespace app
