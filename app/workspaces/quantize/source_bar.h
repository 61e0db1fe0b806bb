#pragma once
#include <QWidget>
#include <utility>
#include <vector>

#include "app/workspaces/quantize/lab_input.h"

class QButtonGroup;
class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace app {

class FlowLayout;
class Label;
class LabState;
class Selection;

/// Where the weights come from: the selected tensor, a distribution, or what a person types; and undo.
class SourceBar : public QWidget {
  Q_OBJECT
 public:
  SourceBar(LabState& state, Selection& selection, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// What is wrong with the typed weights; empty when nothing is.
  void problemFound(const QString& sentence);

 private:
  QWidget* buildKinds();
  void addField(WeightSource source, QWidget* field);
  void buildTensorFields();
  void buildDrawnFields();
  void buildTypedFields();
  void buildUndo(class QHBoxLayout& row);
  void takeDraw();
  void takeTyped();
  void refresh();

  LabState& m_state;
  Selection& m_selection;
  QButtonGroup* m_kinds;
  FlowLayout* m_flow = nullptr;
  std::vector<std::pair<WeightSource, QWidget*>> m_fields;  ///< shown for their source only
  Label* m_tensor;
  QComboBox *m_distribution, *m_count;
  QSpinBox *m_outliers, *m_seed;
  QDoubleSpinBox* m_outlierSize;
  QLineEdit* m_typed;
  QToolButton *m_restore, *m_undo, *m_redo;
  bool m_refreshing = false;
};

}  // namespace app
