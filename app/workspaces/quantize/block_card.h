#pragma once
#include "app/widgets/card.h"

class QPushButton;
class QSpinBox;

namespace app {

class BlockSummary;
class Label;
class LabState;
class Sentence;
class WeightBars;

/// The weights of the block as bars that can be moved, with what is stored in their place, and the way to other blocks.
class BlockCard : public Card {
  Q_OBJECT
 public:
  explicit BlockCard(LabState& state, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// The person wants to see a weight bit by bit. @param flatIndex of the tensor
  void weightActivated(quint64 flatIndex);

 private:
  QWidget* buildEmpty();
  std::uint32_t enough() const;
  bool lacksCalibration() const;
  void refreshEmpty();
  void buildWay();
  void connectBars();
  void refresh();
  void refreshWay();
  void go();

  LabState& m_state;
  WeightBars* m_bars;
  BlockSummary* m_summary;
  QWidget *m_content = nullptr, *m_empty = nullptr;  ///< the block, or why there is none
  Label *m_rowName, *m_blockName, *m_of, *m_why;
  Sentence* m_note;  ///< that the tensor is kept, and why
  QPushButton* m_draw;
  QSpinBox *m_row, *m_block;
  bool m_refreshing = false;
};

}  // namespace app
