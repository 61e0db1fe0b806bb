#pragma once
#include <QTableWidget>
#include <string>
#include <vector>

#include "app/session/train_news.h"

namespace app {

/// Prompts that a person may change, and what the model answers to them unquantized, rounded without training, and now.
/// An answer that is not the unquantized model's is marked, in colour and by a sign.
class AnswersTable : public QTableWidget {
  Q_OBJECT
 public:
  explicit AnswersTable(QWidget* parent = nullptr);

  std::vector<std::string> prompts() const;
  void setPrompts(const std::vector<std::string>& prompts);
  /// @param history of a run that was asked these prompts; null: there is none
  void show(const TrainHistory* history);
  void setEditable(bool editable);

 Q_SIGNALS:
  void promptsEdited();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum Column { kPrompt, kUnquantized, kRounded, kNow };
  void setAnswer(int row, Column column, const std::vector<std::string>* answers,
                 const std::vector<std::string>* right);
  void fitRows();

  bool m_isFilling = false;
};

}  // namespace app
