#pragma once
#include <QWidget>
#include <vector>

#include "app/workspaces/chat/conversation.h"

class QPushButton;
class QSpinBox;

namespace app {

class Label;
class OldVeil;
class PageHead;
class TextTable;

/// How often the panes agree when only the seed differs, beside how often the reference agrees with itself.
class SeedPage : public QWidget {
  Q_OBJECT
 public:
  explicit SeedPage(QWidget* parent = nullptr);

  /// The question of the next run and why it cannot run; what was found stays until then.
  void setQuestion(const QString& question, const QString& whyNot, bool isGreedy);
  int seeds() const;
  /// The answers are of another ground than would answer now, or of another question: they are pale, and a sentence
  /// says it.
  void setOld(bool old);
  /// Lets go of them: they are another model's.
  void clear();
  /// A run of the panes with these titles began.
  void begin(const QString& question, const std::vector<QString>& titles);
  void take(const Turn& turn);
  void end();

 Q_SIGNALS:
  void backWanted();
  void runWanted();
  void stopWanted();
  void samplingWanted();  ///< some that draws

 private:
  void showStudy();
  void showState();

  PageHead* m_head;
  QSpinBox* m_seeds;
  Label *m_question, *m_definition, *m_greedy;
  QPushButton* m_sampling;
  TextTable *m_study = nullptr, *m_answers = nullptr;
  QWidget* m_tables;
  QString m_next, m_whyNot, m_asked;
  std::vector<QString> m_titles;
  std::vector<std::vector<QString>> m_texts;  ///< of every pane, one a seed; null where it failed
  std::vector<std::uint64_t> m_taken;         ///< the seeds
  int m_wanted = 0;                           ///< seeds of the run
  OldVeil* m_veil;
  bool m_isRunning = false;
};

}  // namespace app
