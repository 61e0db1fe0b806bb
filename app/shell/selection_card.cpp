#include "app/shell/selection_card.h"

#include <QGridLayout>

#include "app/selection/selection.h"
#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
SelectionCard::SelectionCard(Selection& selection, QWidget* parent) : QWidget(parent), m_selection(selection) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(space::kTwo, 0, space::kTwo, space::kTwo);
  grid->setHorizontalSpacing(space::kOneHalf);
  grid->setVerticalSpacing(space::kHalf);
  grid->setColumnStretch(1, 1);
  int row = 0;
  const auto add = [&](const QString& caption, Label::Style style) {
    auto* name = new Label(Label::Style::Hint, caption);
    auto* value = new Label(style);
    value->setElide(Qt::ElideMiddle);
    value->setAccessibleName(caption);
    grid->addWidget(name, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
    grid->addWidget(value, row++, 1);
    return Row{name, value};
  };
  m_model = add(tr("Model"), Label::Style::Body);
  m_compared = add(tr("Compared"), Label::Style::Body);
  m_tensor = add(tr("Tensor"), Label::Style::Body);
  m_shape = add(tr("Shape"), Label::Style::Body);
  m_storage = add(tr("Stored"), Label::Style::Body);
  m_scheme = add(tr("Scheme"), Label::Style::Body);
  m_weight = add(tr("Weight"), Label::Style::Body);
  m_chatToken = add(tr("Chat token"), Label::Style::Body);
  setAccessibleName(tr("What is selected"));
  for (const auto signal : {&Selection::modelChanged, &Selection::comparedModelChanged, &Selection::tensorChanged,
                            &Selection::weightChanged, &Selection::currentSchemeChanged, &Selection::chatTokenChanged})
    connect(&selection, signal, this, &SelectionCard::refresh);
  refresh();
}

void SelectionCard::Row::setVisible(bool isVisible) const {
  name->setVisible(isVisible);
  value->setVisible(isVisible);
}

void SelectionCard::setBrief(bool isBrief) {
  if (isBrief == m_isBrief) return;
  m_isBrief = isBrief;
  refresh();
}

void SelectionCard::refresh() {
  const QString none = QStringLiteral("—");
  const auto& model = m_selection.model();
  const core::io::TensorInfo* tensor = m_selection.tensorInfo();
  m_model.value->setText(model ? QString::fromStdString(model->checkpoint().name()) : none);
  const auto& compared = m_selection.comparedModel();
  m_compared.value->setText(compared ? QString::fromStdString(compared->checkpoint().name()) : QString());
  m_tensor.value->setText(tensor ? QString::fromStdString(tensor->name) : none);
  m_shape.value->setText(tensor ? shapeText(tensor->shape) : none);
  m_storage.value->setText(
      tensor ? tr("%1 · %2").arg(typeText(*tensor), text::bytes(weightBytes(model->checkpoint(), *tensor))) +
                   productScaleText(model->checkpoint(), *tensor)
             : none);
  m_scheme.value->setText(m_selection.currentRecipe() ? m_selection.currentTitle() : none);
  m_weight.value->setText(tensor && m_selection.weight() ? placeText(tensor->shape, *m_selection.weight()) : none);
  m_chatToken.value->setText(m_selection.chatToken() ? m_selection.chatToken()->label : none);
  for (const Row& row : {m_model, m_shape, m_storage}) row.setVisible(!m_isBrief);
  m_compared.setVisible(compared != nullptr);
  m_chatToken.setVisible(!m_isBrief || m_selection.chatToken());
  const QStringList whole{m_tensor.value->text(), m_shape.value->text(), m_storage.value->text()};
  m_tensor.value->setToolTip(tensor && m_isBrief ? whole.join(u'\n') : QString());
}

}  // namespace app
