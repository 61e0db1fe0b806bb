#pragma once
#include <QWidget>
#include <vector>

namespace app {

class Label;
class LabState;

/// What became of the block, in a few figures.
class BlockSummary : public QWidget {
  Q_OBJECT
 public:
  explicit BlockSummary(LabState& state, QWidget* parent = nullptr);
  QString text() const;

 private:
  enum Figure { Rmse, Sqnr, Zero, Beyond, Bits, Figures };
  void refresh();

  LabState& m_state;
  std::vector<Label*> m_names, m_values;
};

}  // namespace app
