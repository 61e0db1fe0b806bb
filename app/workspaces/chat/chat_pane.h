#pragma once
#include <QWidget>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "app/selection/selection.h"
#include "app/workspaces/chat/answer_view.h"
#include "app/workspaces/chat/conversation.h"
#include "app/workspaces/chat/pane_variant.h"
#include "app/workspaces/chat/token_feed.h"

class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace app {

class AdapterBar;
class Label;
class PaneHeader;

/// One side of the conversation: which scheme runs here now, what it costs, and every answer under the name of what
/// wrote it.
class ChatPane : public QWidget {
  Q_OBJECT
 public:
  /// @param index 0 is the reference
  ChatPane(std::size_t index, Selection& selection, QWidget* parent = nullptr);

  const PaneVariant& variant() const;
  void setVariant(PaneVariant variant);
  const std::optional<core::model::Recipe>& scheme() const { return variant().recipe; }
  /// Device and type of keys and values stay.
  void setScheme(std::optional<core::model::Recipe> scheme);
  /// "BF16 as stored", "NF4 · 64 · CPU"
  QString schemeTitle() const;
  /// That, or its letter while nobody may know who answers.
  QString displayTitle() const;
  PaneHeader& header() { return *m_header; }
  /// Not while it answers.
  void setChangeable(bool changeable);
  /// Nothing while the session is not the one that would run.
  void setFacts(const std::optional<PaneFacts>& facts);
  /// Whether what is shown below is of this pane.
  void setInFocus(bool inFocus);
  /// "A" while nobody may know who answers here; empty otherwise.
  void setAlias(const QString& letter);
  /// What is happening or went wrong, under the header; empty for nothing. @param action text of a button; may be empty
  void setNotice(const QString& text, bool isError = false, const QString& action = {});
  QString notice() const;

  /// Shows all of it anew: what this pane answered, and of hidden turns what stands at its place.
  void showConversation(const Conversation& conversation);
  void addQuestion(const Turn& turn);
  /// @param alias what it is called where its writer is hidden
  AnswerView* addAnswer(const Answer& answer, const QString& alias = {});
  /// The view of an answer, or null.
  AnswerView* view(int answerId) const;
  /// The newest answer's view, or null.
  AnswerView* newest() const { return m_answers.empty() ? nullptr : m_answers.back(); }
  const std::vector<AnswerView*>& answers() const { return m_answers; }
  /// A place behind the answers for one that this pane's scheme has not written yet; `false` takes it away.
  void setUnanswered(bool unanswered);
  bool isUnanswered() const { return m_unanswered != nullptr; }
  /// Offers a way back to older answers of the last turn, which a branch left.
  void markOlder(const Conversation& conversation);
  /// Marks one token in one answer; the other answers have none.
  void setSelectedToken(int answerId, std::optional<int> index);
  /// Scrolls to a token.
  void reveal(int answerId, int index);
  /// Follows what is written, unless somebody has scrolled away.
  void followEnd();

  /// Says in a tooltip what is known of a token.
  using Describe = std::function<QString(int answerId, int index)>;
  void setDescribe(Describe describe) { m_describe = std::move(describe); }

 Q_SIGNALS:
  void serverWanted();
  void timeWanted();                 ///< what the time of a token goes to
  void schemeChosen();               ///< or another device or type of keys and values
  void strengthChosen(int percent);  ///< of the adapter that runs here
  void removeWanted();
  void clicked();
  void tokenClicked(int answerId, int index);
  void noticeActionClicked();
  void answerActionClicked(int answerId);
  void goBackWanted(int answerId);
  void answerWanted();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  void buildHeader(QVBoxLayout* column);
  void buildNotice(QVBoxLayout* column);
  void buildTranscript(QVBoxLayout* column);
  void showScheme();
  void addBlock(QWidget* block);
  void showEmptyText();

  std::size_t m_index;
  Selection& m_selection;
  Describe m_describe;
  PaneHeader* m_header;
  AdapterBar* m_adapter;
  Label *m_notice, *m_emptyText;
  QPushButton* m_noticeAction;
  QScrollArea* m_scroll;
  QVBoxLayout* m_transcript;
  std::vector<AnswerView*> m_answers;
  std::set<int> m_openThoughts;  ///< ids of the answers whose thoughts are in sight
  AnswerView* m_unanswered = nullptr;
  bool m_followsEnd = true, m_inFocus = false;
};

}  // namespace app
