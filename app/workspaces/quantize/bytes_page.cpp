#include "app/workspaces/quantize/bytes_page.h"

#include <QGridLayout>
#include <QScrollArea>
#include <QVBoxLayout>

#include "app/pictures/block_bytes.h"
#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "core/quant/explain/size_parts.h"

namespace app {
namespace {
constexpr int kSizeWidth = 276, kBytesRowWidth = 620, kColumns = 3;
}

BytesPage::BytesPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_bytes(new BlockBytes),
      m_legend(new Label(Label::Style::Hint)),
      m_field(new Label(Label::Style::Body)),
      m_shape(new Label(Label::Style::Muted)),
      m_size(new QGridLayout) {
  auto* row = new ReflowRow(kBytesRowWidth, this);
  row->setContentsMargins(0, space::kHalf, 0, 0);
  row->setSpacing(space::kThree);
  auto* left = new QVBoxLayout;
  left->setSpacing(space::kHalf);
  m_bytes->setObjectName(QStringLiteral("lab-bytes"));
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);  // the bytes themselves take it
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(m_bytes);
  scroll->viewport()->setAutoFillBackground(false);
  m_bytes->setAutoFillBackground(false);
  m_legend->setWrapping();
  m_field->setElide(Qt::ElideRight);
  m_field->setObjectName(QStringLiteral("lab-field"));
  left->addWidget(m_legend);
  left->addWidget(scroll, 1);
  left->addWidget(m_field);
  row->addLayout(left, 1);
  row->addSide(buildSize(), kSizeWidth);
  connect(m_bytes, &BlockBytes::bitChosen, this, [this] { m_field->setText(m_bytes->chosenText()); });
  connect(m_bytes, &BlockBytes::valueChosen, this, [this](int value) {
    const LabBlock& block = this->state().block();
    const auto index = static_cast<std::size_t>(value);
    if (index >= block.offset && index - block.offset < block.values.size())
      this->state().setWeight(block.flatIndex(index - block.offset));
  });
}

QWidget* BytesPage::buildSize() {
  auto* panel = new QWidget;
  panel->setObjectName(QStringLiteral("lab-size"));
  auto* column = new QVBoxLayout(panel);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_shape->setWrapping();
  m_size->setHorizontalSpacing(space::kOneHalf);
  m_size->setVerticalSpacing(space::kHalf);
  m_size->setColumnStretch(1, 1);
  column->addWidget(m_shape);
  column->addLayout(m_size);
  column->addStretch(1);
  return panel;
}

Label* BytesPage::cell(int row, int column) {
  const auto index = static_cast<std::size_t>(row * kColumns + column);
  while (m_cells.size() <= index) {
    const int at = static_cast<int>(m_cells.size());
    auto* label = new Label(at % kColumns >= 2 ? Label::Style::Number : Label::Style::Body);
    if (at % kColumns >= 2) label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    if (at % kColumns == 1) label->setWrapping();
    m_size->addWidget(label, at / kColumns, at % kColumns);
    m_cells.push_back(label);
  }
  return m_cells[index];
}

void BytesPage::refreshSize() {
  const auto& shape = state().tensor()->shape;
  const auto parts = core::quant::sizeParts(state().block().scheme, shape);
  m_shape->setText(tr("Bits per weight, of %1 weights (%2)").arg(text::count(shape.count()), shapeText(shape)));
  std::uint64_t bits = 0;
  double perWeight = 0;
  int row = 0;
  const auto add = [&](const QString& name, const QString& how, std::uint64_t cost, double each) {
    cell(row, 0)->setText(name);
    cell(row, 1)->setText(how);
    cell(row, 2)->setText(QString::number(each, 'f', 4));
    for (int column = 0; column < kColumns; ++column)
      cell(row, column)->setToolTip(tr("%1 bits").arg(text::count(cost)));
    ++row;
  };
  for (const core::quant::SizePart& part : parts) {
    add(QString::fromStdString(part.part), QString::fromStdString(part.count), part.bits, part.bitsPerWeight);
    bits += part.bits;
    perWeight += part.bitsPerWeight;
  }
  add(tr("together"), text::bytes(bits / 8), bits, perWeight);
  for (int i = 0; i < static_cast<int>(m_cells.size()); ++i)
    m_cells[static_cast<std::size_t>(i)]->setVisible(i / kColumns < row);
  for (int column = 0; column < kColumns; ++column) {
    for (int r = 0; r < row; ++r)
      cell(r, column)->setRole(column >= 2   ? Label::Style::Number
                               : column == 1 ? Label::Style::Hint
                                             : Label::Style::Body);
    if (column != 1) cell(row - 1, column)->setRole(column == 0 ? Label::Style::Heading : Label::Style::Number);
  }
}

void BytesPage::refresh() {
  const LabBlock& block = state().block();
  const bool isThere = !block.isEmpty();
  for (QWidget* widget : std::initializer_list<QWidget*>{m_bytes, m_legend, m_field, m_shape->parentWidget()})
    widget->setVisible(isThere);
  if (!isThere) return;
  m_bytes->setBlock(block.explanation.fields, block.explanation.bytes);
  const int shown = state().shownWeight();
  m_bytes->setChosenValue(shown < 0 ? -1 : shown + static_cast<int>(block.offset));
  const auto size = block.explanation.bytes.size();
  m_legend->setText(
      size > BlockBytes::kMostBytes
          ? tr("%1   (the first %2 of %3 bytes)").arg(m_bytes->legendText()).arg(BlockBytes::kMostBytes).arg(size)
          : tr("%1   (%2 bytes)").arg(m_bytes->legendText()).arg(size));
  m_field->setText(m_bytes->chosenText().isEmpty() ? tr("Click a bit to see what it is part of.")
                                                   : m_bytes->chosenText());
  refreshSize();
}

}  // namespace app
