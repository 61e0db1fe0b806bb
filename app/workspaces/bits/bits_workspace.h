#pragma once
#include "app/selection/bits_state.h"
#include "app/workspaces/bits/block_state.h"
#include "app/workspaces/bits/page_bar.h"
#include "app/workspaces/workspace.h"

class QSplitter;
class QStackedWidget;

namespace app {

class BlockPage;
class BlockSource;
class Card;
class FormatDetails;
class InputBar;
class Lens;
class LinePanel;
class RoundingView;
class TensorPanel;
class WeightPicker;

/// One number, every format, bit by bit: typed, or the selected weight of the model; or a block of weights, byte by
/// byte.
class BitsWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit BitsWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  BitsState& state() { return m_state; }
  BlockState& block() { return m_block; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildNumberPage();
  QWidget* buildTable();
  void buildLens();
  void connectAll();
  void refreshModel();
  void arrange();
  void setPage(PageBar::Page page);
  void activateSources();

  BitsState m_state;
  BlockState m_block;
  WeightPicker* m_weights;
  BlockSource* m_blocks;
  PageBar* m_bar;
  InputBar* m_input;
  QStackedWidget* m_pages;
  Card* m_side;  ///< the details beside the table
  FormatDetails* m_details;
  RoundingView* m_rounding;
  LinePanel* m_line;
  TensorPanel* m_tensor;
  Lens* m_lens;
  QSplitter *m_across, *m_down;  ///< table and details; both and the lens
  bool m_active = false;
  bool m_splitterMoved = false;  ///< by the person: then sizes are left alone
};

}  // namespace app
