#include "app/workspaces/bits/line_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/number_line.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {

LinePanel::LinePanel(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_line(new NumberLine(state)),
      m_words(new Label(Label::Style::Muted)),
      m_spacing(new QComboBox) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, space::kHalf, 0, 0);
  layout->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_words->setElide(Qt::ElideRight);
  m_words->setObjectName(QStringLiteral("line-words"));
  row->addWidget(m_words, 1);
  m_spacing->addItem(tr("Linear"), static_cast<int>(Spacing::Linear));
  m_spacing->addItem(tr("Value by value"), static_cast<int>(Spacing::EvenValues));
  m_spacing->setItemData(0, tr("Equal differences have equal room"), Qt::ToolTipRole);
  m_spacing->setItemData(1, tr("Every value has equal room, and so has every power of two of a float"),
                         Qt::ToolTipRole);
  m_spacing->setAccessibleName(tr("Spacing of the line"));
  m_spacing->setToolTip(tr("What has equal room on the line: differences, or values (S on the line)"));
  m_spacing->setObjectName(QStringLiteral("line-spacing"));
  connect(m_spacing, &QComboBox::currentIndexChanged, this,
          [this] { m_line->setSpacing(static_cast<Spacing>(m_spacing->currentData().toInt())); });
  row->addWidget(m_spacing);
  const auto jump = [&](const QString& name, const QString& toolTip, void (NumberLine::*where)()) {
    auto* button = new QPushButton(name);
    button->setToolTip(toolTip);
    connect(button, &QPushButton::clicked, m_line, where);
    row->addWidget(button);
  };
  jump(tr("Whole range"), tr("Everything the format has (Home)"), &NumberLine::showWholeRange);
  jump(tr("Around"), tr("From zero to twice the number"), &NumberLine::showBinade);
  jump(tr("Units"), tr("A few values to each side (End)"), &NumberLine::showUlps);
  row->addWidget(m_line->createMenuButton());
  layout->addLayout(row);
  layout->addWidget(m_line, 1);
  connect(m_line, &NumberLine::viewChanged, this, &LinePanel::refresh);
  refresh();
}

Spacing LinePanel::spacing() const { return m_line->spacing(); }
void LinePanel::setSpacing(Spacing spacing) { m_line->setSpacing(spacing); }

void LinePanel::refresh() {
  m_spacing->setCurrentIndex(m_spacing->findData(static_cast<int>(m_line->spacing())));
  const auto& interval = m_state.interval();
  QStringList words{
      tr("%1 values of %2 in sight").arg(text::count(m_line->inSight()), titleOf(*m_state.selected().format))};
  if (interval) words << tr("everything in %1 is stored as the chosen one").arg(intervalText(*interval));
  words << tr("the wheel zooms, dragging moves");
  m_words->setText(words.join(QStringLiteral(" · ")));
}

}  // namespace app
