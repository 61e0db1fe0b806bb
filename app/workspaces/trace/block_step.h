#pragma once
#include "app/widgets/card.h"

class QMenu;
class QPushButton;
class QTableView;
class QToolButton;

namespace app {

class BlockReader;
class HandChanges;
class Label;
class TraceState;
class WeightModel;

/// Step 4: the weights of the selected block, and what if one of them were stored differently.
class BlockStep : public Card {
  Q_OBJECT
 public:
  BlockStep(TraceState& state, HandChanges& changes, QWidget* parent = nullptr);
  QString result() const;
  WeightModel& weights() const { return *m_weights; }
  QTableView* table() const { return m_table; }
  /// Whether it is looked at.
  void setActive(bool active);
  void refresh();
  void refreshPlace();

 Q_SIGNALS:
  void bitsWanted();
  void quantizeWanted();

 private:
  void buildTable();
  void buildFoot();
  void fill();
  void fillBits();
  std::optional<std::uint64_t> chosen() const;
  void refreshChanges();
  bool eventFilter(QObject* watched, QEvent* event) override;

  TraceState& m_state;
  HandChanges& m_changes;
  BlockReader* m_reader;
  WeightModel* m_weights;
  Label *m_title, *m_detail, *m_message;
  QTableView* m_table;
  QPushButton *m_lower, *m_higher;
  QToolButton* m_bits;
  QMenu* m_bitMenu;
};

}  // namespace app
