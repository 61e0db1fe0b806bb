#pragma once
#include <vector>

#include "app/widgets/text_table.h"
#include "app/workspaces/train/train_run.h"

namespace app {

/// Runs that came to their end since the model was opened, side by side: what one with replay forgets, and one without.
class RunsTable : public TextTable {
  Q_OBJECT
 public:
  explicit RunsTable(QWidget* parent = nullptr);
  void add(const QloraLabSettings& settings, const TrainHistory& history);
  void forget();

 private:
  std::vector<QStringList> m_lines;
};

}  // namespace app
