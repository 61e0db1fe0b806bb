#pragma once
#include "app/workspaces/quantize/lab_page.h"

class QGridLayout;

namespace app {

class BlockBytes;
class Label;

/// The block as it is stored, every bit in the colour of its field, and what the whole tensor costs, part by part.
class BytesPage : public LabPage {
  Q_OBJECT
 public:
  explicit BytesPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  QWidget* buildSize();
  void refreshSize();
  Label* cell(int row, int column);

  BlockBytes* m_bytes;
  Label *m_legend, *m_field, *m_shape;
  QGridLayout* m_size;
  std::vector<Label*> m_cells;
  int m_rows = 0;
};

}  // namespace app
