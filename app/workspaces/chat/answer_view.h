#pragma once
#include <QWidget>
#include <optional>

#include "app/workspaces/chat/conversation.h"
#include "app/workspaces/chat/token_text.h"

class QHBoxLayout;
class QPushButton;
class QToolButton;

namespace app {

class FoldHead;
class Label;
class Selection;

/// One answer in a pane under the name of what wrote it: caption, what was thought (folded), tokens, and what there is
/// to say at its end.
class AnswerView : public QWidget {
  Q_OBJECT
 public:
  /// @param alias what it is called while its writer is hidden; empty: it stands under its name
  AnswerView(const Answer& answer, const Selection& selection, const QString& alias = {}, QWidget* parent = nullptr);
  /// The place of an answer that is not written yet.
  AnswerView(const QString& title, const std::optional<core::model::Recipe>& scheme, const Selection& selection,
             QWidget* parent = nullptr);

  int id() const { return m_id; }
  TokenText* text() const { return m_text; }
  QString title() const;
  /// The line under the answer; empty for none. @param action text of the button beside it; empty for none
  void setNotice(const QString& notice, bool isError = false, const QString& action = {});
  /// Speed and what it had read, once it is finished.
  void setResult(const Answer& answer);
  void append(const core::model::GeneratedToken& token);
  /// How much of what is there so far the model thinks.
  void setThought(const Answer& answer);
  void openThought(bool open);
  bool isThoughtOpen() const;
  /// Nothing is written to it any more.
  bool isFinished() const { return m_isFinished; }
  void setMarks(const std::vector<TokenMark>& marks);
  /// Whether a newer answer goes on in its place, and a button leads back to this one.
  void setOlder(bool older);

 Q_SIGNALS:
  void thoughtToggled(bool open);
  void actionClicked();
  void goBackClicked();
  void timeClicked();  ///< what it goes to

 private:
  void build(const Selection& selection);
  void showThought();

  int m_id = 0;
  bool m_isHidden = false, m_isFinished = false;
  QString m_title;
  std::optional<core::model::Recipe> m_scheme;
  Label *m_caption, *m_details, *m_branch, *m_comparison, *m_notice;
  FoldHead* m_thoughtHead;
  TokenText* m_text;
  QString m_thoughtTitle;
  int m_thoughtTokens = 0;
  QPushButton *m_action, *m_goBack;
  QToolButton* m_time;
};

}  // namespace app
