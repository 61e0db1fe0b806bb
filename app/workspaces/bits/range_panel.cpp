#include "app/workspaces/bits/range_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/precision_chart.h"

namespace app {

RangePanel::RangePanel(BitsState& state, QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, space::kHalf, 0, 0);
  layout->setSpacing(space::kHalf);
  auto* chart = new PrecisionChart(state);
  auto* measure = new QComboBox;
  measure->addItem(tr("Significant bits"));
  measure->addItem(tr("Values per binade"));
  measure->setAccessibleName(tr("What is compared"));
  measure->setObjectName(QStringLiteral("range-measure"));
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  row->addWidget(measure);
  auto* hint = new Label(Label::Style::Hint,
                         tr("every checked format, by magnitude; dashed: the number; the selected one in colour"));
  hint->setElide(Qt::ElideRight);
  row->addWidget(hint, 1);
  row->addWidget(chart->createMenuButton());
  layout->addLayout(row);
  layout->addWidget(chart, 1);
  connect(measure, &QComboBox::currentIndexChanged, chart, [chart](int index) {
    chart->setMeasure(index == 0 ? RangeMeasure::SignificantBits : RangeMeasure::ValuesPerBinade);
  });
}

}  // namespace app
