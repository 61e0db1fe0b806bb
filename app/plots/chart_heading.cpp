#include "app/plots/chart_heading.h"

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kLineHeight{24};
}

ChartHeading::ChartHeading(Chart& chart) : m_chart(chart), m_before(chart.viewport()) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  addLine(chart.title(), theme.textFont(1, QFont::DemiBold), c.text);
  addLine(chart.provenance(), theme.textFont(-1), c.textMuted);
  if (const auto legend = chart.legend(); !legend.empty()) {
    auto* row = new QCPLayoutGrid;
    row->setColumnSpacing(space::kTwo);
    row->setMargins(QMargins(space::kOne, 2, space::kOne, 2));
    int column = 0;
    for (const ChartLegendEntry& entry : legend) row->addElement(0, column++, legendText(entry));
    row->addElement(0, column, text({}, theme.textFont(-1), c.text));
    row->setColumnStretchFactor(column, 1000);
    insert(row);
  }
}

ChartHeading::~ChartHeading() {
  auto* layout = m_chart.plotLayout();
  for (QCPLayoutElement* element : m_elements) layout->remove(element);
  layout->simplify();
  m_chart.setViewport(m_before);
  m_chart.replot(QCustomPlot::rpQueuedReplot);
}

QCPTextElement* ChartHeading::text(const QString& what, const QFont& font, const QColor& color) const {
  auto* element = new QCPTextElement(&m_chart, what, font);
  element->setTextColor(color);
  element->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter);
  element->setMargins(QMargins(space::kOne, 2, space::kOne, 2));
  element->setMinimumSize(1, kLineHeight - 6);  // a long line is cut rather than making the chart wider
  return element;
}

// As wide as its text, so that the entries stand side by side.
QCPTextElement* ChartHeading::legendText(const ChartLegendEntry& entry) const {
  QCPTextElement* element = text(QStringLiteral("■ ") + entry.name, Theme::instance().textFont(-1), entry.color);
  const int wide = QFontMetrics(element->font()).horizontalAdvance(element->text()) + 2 * space::kOne;
  element->setMinimumSize(wide, kLineHeight - 6);
  element->setMaximumSize(wide, kLineHeight);
  return element;
}

void ChartHeading::addLine(const QString& what, const QFont& font, const QColor& color) {
  if (!what.isEmpty()) insert(text(what, font, color));
}

void ChartHeading::insert(QCPLayoutElement* element) {
  const int row = static_cast<int>(m_elements.size());
  m_chart.plotLayout()->insertRow(row);
  m_chart.plotLayout()->addElement(row, 0, element);
  m_elements.push_back(element);
  m_height += kLineHeight;
}

}  // namespace app
