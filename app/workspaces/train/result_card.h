#pragma once
#include <QWidget>

#include "app/widgets/label.h"
#include "app/workspaces/train/train_state.h"

class QPushButton;

namespace app {

struct MergeOrder;

/// What a run came to in a sentence, and what can be done with it: run beside others in Chat, kept as a file, an
/// adapter put into the weights.
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
  void askToMerge();
  void merge(const MergeOrder& order);
  void tell(const QString& sentence, Label::Style style);
  void enableButtons();
  QString resultName() const;
  QString fileName() const;
  static QString mergingText();

  TrainState& m_state;
  Label *m_said, *m_notice;
  QPushButton *m_chat, *m_keep, *m_merge;
  bool m_isMerging = false;
};

}  // namespace app
