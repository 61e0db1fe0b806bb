#pragma once
#include <memory>
#include <optional>

#include "app/widgets/card.h"

namespace app {

class BlockMap;
class Label;
class TraceState;
struct Trace;

/// Step 3: which blocks of the selected tensor.
class MatrixStep : public Card {
  Q_OBJECT
 public:
  explicit MatrixStep(TraceState& state, QWidget* parent = nullptr);
  QString result() const;
  BlockMap& map() const { return *m_map; }
  void refresh();
  void refreshPlace();

 Q_SIGNALS:
  void blockActivated();

 private:
  void drawTensor();
  void drawProved();
  void select(quint64 row, quint64 block);

  TraceState& m_state;
  Label *m_title, *m_detail;
  BlockMap* m_map;
  std::shared_ptr<const Trace> m_shown;
  std::optional<std::size_t> m_tensor;
  QString m_result;
};

}  // namespace app
