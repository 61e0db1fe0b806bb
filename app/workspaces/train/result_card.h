#pragma once
#include <QWidget>

#include "app/workspaces/train/train_state.h"

class QPushButton;

namespace app {

class Label;

/// What a run came to in a sentence, and what can be done with it: run beside others in Chat, kept as a file.
class ResultCard : public QWidget {
  Q_OBJECT
 public:
  ResultCard(TrainState& state, const QString& prefix, QWidget* parent = nullptr);
  void refresh();

 Q_SIGNALS:
  /// The trained model is in the list of schemes and ticked; Chat should come to the front with it.
  /// @param trained what a link names it by
  void chatWanted(const QString& trained);

 private:
  void useInChat();
  void take(core::model::Recipe recipe);
  void keep();
  void write(const QString& target);
  QString resultName() const;

  TrainState& m_state;
  Label *m_said, *m_notice;
  QPushButton *m_chat, *m_keep;
};

}  // namespace app
