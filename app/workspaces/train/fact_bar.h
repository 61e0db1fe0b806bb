#pragma once
#include <QWidget>

class QPushButton;

namespace app {

class FactTable;
class Label;

/// What is done with the table of facts as a whole: rows added and taken away, pasted, read from a file; and how many
/// are known now.
class FactBar : public QWidget {
  Q_OBJECT
 public:
  explicit FactBar(FactTable& table, QWidget* parent = nullptr);
  /// @param text "9 of 10 facts, 33 of 40 unseen wordings"; empty: nothing was trained
  void setKnown(const QString& text);
  void setEditable(bool editable);
  /// Facts in lines of JSON; what is wrong with them is said here, by line and field, and then nothing has changed.
  void load(const QString& file);

 private:
  void ask();
  void say(const QString& problem);

  FactTable& m_table;
  Label *m_known, *m_problem;
  QPushButton *m_add, *m_remove, *m_paste, *m_load;
};

}  // namespace app
