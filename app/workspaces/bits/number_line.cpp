#include "app/workspaces/bits/number_line.h"

#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QStyleHints>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/code_order.h"
#include "app/workspaces/bits/line_drawing.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

constexpr int kMargin = 28;
constexpr double kUlpsShown = 4;            ///< to each side, at first
constexpr double kTickRoom = 5;             ///< pixels a tick needs
constexpr int kShadePixels = 4;             ///< width of a shaded stretch
constexpr LineView::Wide kMargins = 1.06L;  ///< beyond the first and last value
constexpr LineView::Wide kFewest = 1.2L;    ///< half the narrowest view, in ulps

}  // namespace

NumberLine::NumberLine(BitsState& state, QWidget* parent) : Chart(parent), m_state(state) {
  setInteractions(QCP::iNone);
  setMinimumSize(240, 112);
  setObjectName(QStringLiteral("number-line"));
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(false);
  axisRect()->setAutoMargins(QCP::msNone);
  axisRect()->setMargins(QMargins(kMargin, 0, kMargin, 0));
  xAxis->setRange(-1, 1);
  new LineDrawing(*this);  // the chart owns it
  connect(&state, &BitsState::changed, this, &NumberLine::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &NumberLine::refresh);
  refresh();
}

void NumberLine::refresh() {
  const FormatRow& row = m_state.selected();
  setTitle(tr("Values of %1 around %2").arg(titleOf(*row.format), m_state.input().display));
  setProvenance(provenanceText(m_state));
  setMessage(std::isfinite(row.value)
                 ? QString()
                 : tr("%1 stores %2, which has no place on the line.")
                       .arg(titleOf(*row.format), std::isnan(row.value) ? tr("NaN") : tr("infinity")));
  setAccessibleDescription(tr("Previous %1, chosen %2, next %3")
                               .arg(QString::fromStdString(row.explanation.previousText),
                                    QString::fromStdString(row.explanation.valueText),
                                    QString::fromStdString(row.explanation.nextText)));
  const CodeOrder order(*row.format, row.scale);
  follow(order);
  collect(order);
  Q_EMIT viewChanged();
  replot(QCustomPlot::rpQueuedReplot);
}

// A number in sight moves in the view that a person has chosen; another takes the view along.
void NumberLine::follow(const CodeOrder& order) {
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const bool sameFormat = std::exchange(m_format, row.format) == row.format;
  if (sameFormat && m_view.contains(row.value)) {
    m_view.setReference(row.value);
    setLimits(order);
    return;
  }
  const LineView::Wide half = m_view.half();
  m_view.show(row.value, half);
  setLimits(order);
  if (sameFormat)
    m_view.show(row.value, half);
  else
    showUlps();
}

void NumberLine::setLimits(const CodeOrder& order) {
  const FormatRow& row = m_state.selected();
  const auto wide = [](double value) { return static_cast<LineView::Wide>(value); };
  const LineView::Wide largest = std::max(std::fabs(wide(order.smallest())), std::fabs(wide(order.largest())));
  const LineView::Wide step =
      std::max(wide(std::numeric_limits<double>::denorm_min()), std::fabs(wide(row.explanation.ulp)));
  m_view.setLimits(std::min(kFewest * step, largest), kMargins * std::max(largest, std::fabs(wide(row.value))));
}

void NumberLine::showUlps() {
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  LineView::Wide half = static_cast<LineView::Wide>(std::fabs(row.explanation.ulp) * kUlpsShown);
  if (std::isfinite(row.error)) half = std::max(half, static_cast<LineView::Wide>(1.2 * std::fabs(row.error)));
  m_view.show(row.value, half);
  viewMoved();
}

void NumberLine::showBinade() {
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const LineView::Wide size = std::fabs(static_cast<LineView::Wide>(row.value));
  m_view.show(row.value, size > 0 ? size * 1.5L : static_cast<LineView::Wide>(row.explanation.ulp) * 16);
  viewMoved();
}

void NumberLine::showWholeRange() {
  m_view.show(m_state.selected().value, std::numeric_limits<LineView::Wide>::max());
  viewMoved();
}

void NumberLine::viewMoved() {
  const FormatRow& row = m_state.selected();
  collect(CodeOrder(*row.format, row.scale));
  Q_EMIT viewChanged();
  replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::collect(const CodeOrder& order) {
  m_ticks.clear();
  m_shades.clear();
  m_hover = -1;
  m_inSight = 0;
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const double pixels = std::max(50, axisRect()->width());
  const std::uint64_t first = order.firstAtLeast(m_view.low());
  m_inSight = order.countBetween(m_view.low(), m_view.high());
  if (static_cast<double>(m_inSight) * kTickRoom <= pixels) {
    for (std::uint64_t place = first; place < first + m_inSight; ++place) {
      const std::uint64_t code = order.codeAt(place);
      const double value = order.valueAt(place);
      m_ticks.push_back({code, value, code == row.code || value == row.value});
    }
    return;
  }
  const int stretches = static_cast<int>(pixels) / kShadePixels;
  std::uint64_t begin = first;
  for (int i = 0; i < stretches; ++i) {
    const double low = 2.0 * i / stretches - 1, high = 2.0 * (i + 1) / stretches - 1;
    const std::uint64_t end = i + 1 == stretches ? first + m_inSight : order.firstAtLeast(m_view.fromAxis(high));
    if (end > begin) m_shades.push_back({low, high, end - begin});
    begin = std::max(begin, end);
  }
}

QStringList NumberLine::labels() const {
  std::vector<double> values;
  for (const Tick& tick : m_ticks) values.push_back(tick.value);
  if (!m_shades.empty())
    values = {m_view.low(), m_view.fromAxis(-0.5), m_view.fromAxis(0), m_view.fromAxis(0.5), m_view.high()};
  constexpr int kFewestDigits = 7, kFewInShade = 3;
  const int digits = text::digitsToTellApart(values, m_shades.empty() ? kFewestDigits : kFewInShade);
  QStringList result;
  for (const double value : values) result << text::trimmed(value, digits);
  return result;
}

std::vector<ChartLegendEntry> NumberLine::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  const QString format = titleOf(*m_state.selected().format);
  return {{tr("the number"), c.text},
          {tr("what %1 stores").arg(format), c.accent},
          {tr("other values of %1").arg(format), c.textFaint}};
}

ChartTable NumberLine::table() const {
  ChartTable result;
  const FormatRow& row = m_state.selected();
  if (m_shades.empty()) {
    result.columns = {tr("code"), tr("value"), tr("difference to the number")};
    for (const Tick& tick : m_ticks) {
      result.rowLabels << QStringLiteral("0x") + QString::number(static_cast<qulonglong>(tick.code), 16);
      result.rows.push_back({tick.value, tick.value - row.value + row.error});
    }
    return result;
  }
  result.columns = {tr("from"), tr("to"), tr("values")};
  for (const Shade& shade : m_shades)
    result.rows.push_back({m_view.fromAxis(shade.low), m_view.fromAxis(shade.high), static_cast<double>(shade.count)});
  return result;
}

std::optional<QString> NumberLine::readout(QPointF coordinates) const {
  for (const Shade& shade : m_shades)
    if (coordinates.x() >= shade.low && coordinates.x() < shade.high)
      return tr("%1 values from %2 to %3")
          .arg(text::count(shade.count), text::number(m_view.fromAxis(shade.low), 4),
               text::number(m_view.fromAxis(shade.high), 4));
  const int index = tickAt(xAxis->coordToPixel(coordinates.x()));
  if (index < 0) return std::nullopt;
  const Tick& tick = m_ticks[static_cast<std::size_t>(index)];
  return tr("code 0x%1: %2")
      .arg(QString::number(static_cast<qulonglong>(tick.code), 16), text::trimmed(tick.value, 17));
}

int NumberLine::tickAt(double pixel) const {
  int best = -1;
  double distance = 9;
  for (std::size_t i = 0; i < m_ticks.size(); ++i) {
    const double d = std::fabs(xAxis->coordToPixel(m_view.toAxis(m_ticks[i].value)) - pixel);
    if (d < distance) distance = d, best = static_cast<int>(i);
  }
  return best;
}

void NumberLine::zoom(LineView::Wide factor, double place) {
  m_view.zoom(factor, place);
  viewMoved();
}

void NumberLine::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / 120.0;
  // Near the number itself the zoom keeps it: who turns the wheel there wants its neighbours.
  const double pointer = xAxis->pixelToCoord(event->position().x()), chosen = m_view.toAxis(m_state.selected().value);
  constexpr double kNear = 0.12;
  const double place = std::fabs(pointer - chosen) < kNear ? chosen : std::clamp(pointer, -1.0, 1.0);
  zoom(std::pow(m_view.notch(), static_cast<LineView::Wide>(-notches)), place);
  event->accept();
}

void NumberLine::clickedAt(QPointF coordinates) {
  const int row = m_state.selectedRow();
  const int tick = tickAt(xAxis->coordToPixel(coordinates.x()));
  if (tick >= 0 && !m_ticks[static_cast<std::size_t>(tick)].chosen)
    m_state.setCode(row, m_ticks[static_cast<std::size_t>(tick)].code);
}

void NumberLine::mousePressEvent(QMouseEvent* event) {
  m_dragging = false;
  m_draggedAt = event->position().x();
  Chart::mousePressEvent(event);
}

void NumberLine::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  if (event->buttons().testFlag(Qt::LeftButton)) {
    const double moved = event->position().x() - m_draggedAt;
    m_dragging = m_dragging || std::fabs(moved) >= QGuiApplication::styleHints()->startDragDistance();
    if (!m_dragging) return;
    m_draggedAt = event->position().x();
    m_view.pan(-2 * moved / std::max(1, axisRect()->width()));
    return viewMoved();
  }
  const int hover = tickAt(event->position().x());
  setCursor(hover >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (std::exchange(m_hover, hover) != hover) replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::mouseReleaseEvent(QMouseEvent* event) {
  m_dragging = false;
  Chart::mouseReleaseEvent(event);
}

void NumberLine::leaveEvent(QEvent* event) {
  Chart::leaveEvent(event);
  if (std::exchange(m_hover, -1) != -1) replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  viewMoved();
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
  const double chosen = std::clamp(m_view.toAxis(m_state.selected().value), -1.0, 1.0);
  const bool shifted = event->modifiers().testFlag(Qt::ShiftModifier);
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
      const int direction = event->key() == Qt::Key_Right ? 1 : -1;
      return shifted ? m_state.stepExponent(m_state.selectedRow(), direction)
                     : m_state.step(m_state.selectedRow(), direction);
    }
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(1 / m_view.notch(), chosen);
    case Qt::Key_Minus:
      return zoom(m_view.notch(), chosen);
    case Qt::Key_Home:
      return showWholeRange();
    case Qt::Key_End:
      return showUlps();
    default:
      Chart::keyPressEvent(event);
  }
}

}  // namespace app
