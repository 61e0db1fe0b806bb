#pragma once
#include <QComboBox>

namespace app {

/// A box of what is built in, a word each, and one file of a person's own, which a dialog asks for. Who cancels the
/// dialog keeps what was chosen before.
class FileChoice : public QComboBox {
  Q_OBJECT
 public:
  /// @param title, filter of the dialog
  FileChoice(QString title, QString filter, QWidget* parent = nullptr);
  /// The built-in texts that models are evaluated on ("demo", "prose"), or a file.
  static FileChoice* ofTexts();
  /// The built-in questions ("demo"), which are for the built-in model, or a file. @param isDemo without them none is
  /// chosen: ""
  static FileChoice* ofTasks(bool isDemo = true);

  /// Behind the words before it; the first one is chosen.
  void addWord(const QString& name, const QString& word);
  /// The word or the file.
  const QString& chosen() const { return m_chosen; }
  /// A word of the box, or a file, which takes the place of the one before. No signal.
  void choose(const QString& wordOrFile);

 Q_SIGNALS:
  void chosenByPerson();

 private:
  void take(int index);
  void ask();

  QString m_title, m_filter, m_chosen;
  int m_words = 0;  ///< a file stands behind them
};

}  // namespace app
