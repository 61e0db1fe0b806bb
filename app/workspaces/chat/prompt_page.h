#pragma once
#include <QWidget>
#include <vector>

#include "app/workspaces/chat/prompt_run.h"

class QComboBox;
class QPushButton;

namespace app {

class Label;
class OldVeil;
class PageHead;
class TextTable;

/// A set of questions put to every pane: a table of the answers, those that differ the most first, live.
class PromptPage : public QWidget {
  Q_OBJECT
 public:
  explicit PromptPage(QWidget* parent = nullptr);

  /// The set that would run.
  const PromptSet& chosen() const;
  /// Reads a file of questions and chooses it. What is wrong with it is said on the page.
  void openFile(const QString& path);
  void setWhyNot(const QString& whyNot);
  /// The answers are of another ground than would answer now: they are pale, and a sentence says it.
  void setOld(bool old);
  /// Lets go of them: they are another model's.
  void clear();
  /// A run of the chosen set by panes of these titles began.
  void begin(const std::vector<QString>& titles);
  void take(std::size_t item, const Turn& turn);
  void end();
  const PromptRun& run() const { return m_run; }
  /// Writes the table as CSV, or with everything as JSON, by the name's end.
  void saveTo(const QString& path);

 Q_SIGNALS:
  void backWanted();
  void runWanted();
  void stopWanted();
  /// An answered question is to be looked at.
  void opened(const app::Turn& turn);

 private:
  void buildControls();
  void askForFile();
  void askWhereToSave();
  void fillSets();
  void showTable();
  void showState();
  QStringList lineOf(std::size_t item) const;

  PageHead* m_head;
  QComboBox* m_sets;
  QPushButton *m_open, *m_save;
  Label *m_summary, *m_notice;
  TextTable* m_table = nullptr;
  QWidget* m_holder;
  OldVeil *m_tableVeil, *m_summaryVeil;
  std::vector<PromptSet> m_files;
  PromptRun m_run;
  std::vector<std::size_t> m_order;  ///< item of every line
  QString m_whyNot;
  bool m_isRunning = false;
};

}  // namespace app
