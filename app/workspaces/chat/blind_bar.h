#pragma once
#include <QWidget>
#include <vector>

#include "app/workspaces/chat/conversation.h"

class QPushButton;

namespace app {

class Label;

/// The vote among answers whose writers are hidden, and after it was revealed who they were: the score.
class BlindBar : public QWidget {
  Q_OBJECT
 public:
  explicit BlindBar(QWidget* parent = nullptr);

  /// @param isBlind who answers is hidden from now on  @param isAnswering nothing can be voted on yet
  void show(const Conversation& conversation, bool isBlind, bool isAnswering);

 Q_SIGNALS:
  /// @param place where the better answer stands; −1: none is better
  void voted(int place);
  void revealWanted();

 private:
  void showVote(const Turn& turn, std::size_t panes, bool isAnswering);

  Label *m_text, *m_count, *m_score;
  QWidget* m_row;
  std::vector<QPushButton*> m_places;
  QPushButton *m_tie, *m_reveal;
};

}  // namespace app
