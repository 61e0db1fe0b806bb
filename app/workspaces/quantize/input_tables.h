#pragma once
#include <QWidget>
#include <memory>

#include "app/workspaces/quantize/lab_inputs.h"

namespace app {

class Label;
class TextTable;

/// The ranges of a layer's inputs with what each of them costs, and the tokens that the chosen one clips.
class InputTables : public QWidget {
  Q_OBJECT
 public:
  explicit InputTables(QWidget* parent = nullptr);

  void setInputs(std::shared_ptr<const LabInputs> inputs, int chosen);
  void choose(int range);
  int chosen() const;  ///< −1 for none

 Q_SIGNALS:
  void rangeChosen(int range);

 private:
  void showRanges();
  void showTokens(int range);
  void fitRanges();

  std::shared_ptr<const LabInputs> m_inputs;  ///< null: none yet
  TextTable *m_ranges, *m_tokens;
  Label* m_clipped;
};

}  // namespace app
