#pragma once
#include <map>
#include <span>
#include <vector>

#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/chat_dialogue.h"
#include "app/workspaces/workspace.h"

class QHBoxLayout;
class QAction;
class QComboBox;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace app {

class CalibrationNotice;
class ChatComposer;
class AnswerBatch;
class AnswerView;
class BlindBar;
class ChatPane;
class ConversationStore;
class Evidence;
class Label;
class PaneGrid;
class PromptPage;
class SamplingPanel;
class SeedPage;

/// Two to four variants of a model answer the same prompt side by side; the first pane is the reference of the others.
/// Every answer keeps what it was computed from; tokens that differ are marked, and the pair of answers in question,
/// the reference's and that of the pane in focus, is compared token by token.
class ChatWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit ChatWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~ChatWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  /// Also "prompt", which is put into the composer and waits there; "scheme" is what the first compared pane runs;
  /// "panes" says what all of them run, the reference first: "stored|nf4|int4@kv=int8"; "suggest" has prompts to
  /// choose from, apart by "|".
  QString openLink(const Link& link) override;
  Link link() const override;
  void showExample() override;
  QString unsavedWork() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  ChatDialogue& dialogue() { return *m_dialogue; }

 private:
  QWidget* buildBar();
  QWidget* buildConversation();
  QWidget* buildPanes();
  QWidget* buildSettings();
  void connectParts();
  void connectPane(std::size_t index);
  void connectDialogue();

  /// Those in view.
  std::span<ChatPane* const> panes() const { return std::span(m_panes).first(m_count); }
  void setPaneCount(std::size_t count);
  void addPane();
  void removePane(std::size_t pane);
  /// What a new pane runs: a checked scheme that no other one does.
  PaneVariant nextVariant() const;
  /// The panes run what wrote a conversation.
  void adoptPanes(const Conversation& conversation);
  /// What the last answer's template was told is told to the next one's.
  void adoptTemplateValues(const Conversation& conversation);
  /// Which server is to answer in a pane.
  void askForServer(std::size_t pane);
  /// What the time of a token goes to in the panes.
  void showTime();
  void setVariants(const std::vector<PaneVariant>& variants);
  /// Of the adapter that runs in a pane.
  void setStrength(std::size_t pane, int percent);
  /// What may not be done while answers are written.
  void updatePaneTools();
  void nameSettings();

  void followModel();
  /// Asks the model's chat template what it can be told.
  void followTemplate();
  void followSchemes();
  void followSchemesIn(std::size_t pane);
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
  /// Where what the panes have read is kept; nowhere when nobody wants that.
  PromptCaches promptCaches() const;
  void measurePromptCaches();
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
  void nameSettingsButton();

  /// What stands in the middle.
  enum class Page : std::uint8_t { Conversation, Seeds, Prompts };
  void buildTests(QHBoxLayout* row);
  QWidget* buildPages();
  void connectTests();
  void showPage(Page page);
  /// Why neither seeds nor a set of questions can run now; empty where they can.
  QString whyNoBatch() const;
  void updateTests();
  void runSeeds();
  void runPrompts();
  void endBatch();
  void setBlind(bool blind);
  void vote(int place);

  AnswerView* viewOf(int answer) const;
  void setFocusPane(std::size_t pane);
  void branchAt(core::text::TokenId token);
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
  std::vector<ChatPane*> m_panes;                 ///< all that there can be
  std::size_t m_count = Conversation::kFewestPanes;
  std::size_t m_focus = 1;        ///< the compared pane that the evidence is about
  bool m_variantsChosen = false;  ///< by a person or a link, since the model was opened
  PaneGrid* m_grid;
  QSplitter* m_splitter;
  QComboBox* m_history;
  QToolButton* m_addPane;
  QPushButton* m_settingsButton;
  QWidget* m_settings;
  Label* m_about;
  CalibrationNotice* m_calibration;
  Evidence* m_evidence;
  ChatComposer* m_composer;
  SamplingPanel* m_sampling;
  QStackedWidget* m_pages;
  QToolButton* m_tests;
  QAction* m_blindAction;
  BlindBar* m_blindBar;
  SeedPage* m_seedPage;
  PromptPage* m_promptPage;
  AnswerBatch* m_batch;
  Page m_batchPage = Page::Seeds;           ///< whose answers the batch writes
  ChatGround m_seedGround, m_promptGround;  ///< what the pages' answers were computed with
  bool m_blind = false;                     ///< who answers is hidden from the next question on
  bool m_active = false, m_devicesListed = false;
};

}  // namespace app
