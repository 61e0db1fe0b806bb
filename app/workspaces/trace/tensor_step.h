#pragma once
#include "app/widgets/card.h"

class QComboBox;
class QSplitter;
class QTreeView;

namespace app {

class Label;
class PartModel;
class TensorMap;
class TraceState;

/// Step 2: which tensors did it, as a map and as a list; the parts add up to the whole.
class TensorStep : public Card {
  Q_OBJECT
 public:
  explicit TensorStep(TraceState& state, QWidget* parent = nullptr);
  QString result() const;
  TensorMap& map() const { return *m_map; }
  PartModel& parts() const { return *m_parts; }
  QSplitter* splitter() const { return m_splitter; }
  void refresh();
  void refreshPlace();
  /// Selects the tensor of a layer that did most.
  void selectLayer(std::uint32_t layer);

 Q_SIGNALS:
  void tensorActivated();

 private:
  enum class Measure { Contribution, Restored };
  void buildTable();
  void fillMap();
  QString sumText() const;
  Measure shownMeasure() const;

  TraceState& m_state;
  QComboBox* m_measure;
  QSplitter* m_splitter;
  TensorMap* m_map;
  QTreeView* m_table;
  PartModel* m_parts;
  Label* m_sum;
  const void* m_shown = nullptr;
};

}  // namespace app
