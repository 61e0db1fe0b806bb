#pragma once
#include <QTableWidget>
#include <vector>

#include "app/session/train_news.h"

namespace app {

/// Facts that are to be learned, edited in place, and what became of each: known or not, in how many wordings that were
/// never trained, and what the model answers now.
class FactTable : public QTableWidget {
  Q_OBJECT
 public:
  explicit FactTable(QWidget* parent = nullptr);

  /// Rows that have both; half of one is a problem.
  std::vector<NewFact> facts() const;
  /// Why the rows cannot be trained; empty: they can.
  QString problem() const;
  void setFacts(const std::vector<NewFact>& facts);
  void addRow();
  void removeRows();
  /// Lines of two fields, apart by a tabulator, behind the rows that are there. @return the sentence of what is wrong
  QString paste();
  /// @param known of each row, or null
  void showKnown(const std::vector<FactKnown>* known);
  void setEditable(bool editable);

 Q_SIGNALS:
  void edited();
  void pasteFailed(const QString& sentence);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum Column { kQuestion, kAnswer, kNow, kWordings };
  void appendRow(const QString& question, const QString& answer);
  QString text(int row, Column column) const;
  void copy() const;

  bool m_isFilling = false, m_isEditable = true;
};

}  // namespace app
