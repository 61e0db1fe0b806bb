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
#include "app/workspaces/bits/line_drawing.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

constexpr int kSideMargin = 28;
constexpr double kUlpsShown = 4;          ///< to each side, at first
constexpr double kTickRoom = 5;           ///< pixels a tick needs; where all have the same, half of it
constexpr int kShadePixels = 4;           ///< width of a shaded stretch
constexpr LineView::Wide kFewest = 1.2L;  ///< half the narrowest view, in ulps

/// Powers of ten and zero between two values, so far apart that there are few; negative ones first.
std::vector<double> powersOfTen(double low, double high, double smallest) {
  constexpr double kMostOnASide = 5;
  const bool hasZero = low <= 0 && high >= 0;
  const double largest = std::max(std::fabs(low), std::fabs(high));
  const double least = hasZero ? smallest : std::min(std::fabs(low), std::fabs(high));
  if (!(least > 0) || !(largest > least)) return {};
  const double from = std::log10(least), to = std::log10(largest);
  int step = 1;
  for (const int next : {2, 5, 10, 20, 50, 100, 200})
    if ((to - from) / step > kMostOnASide) step = next;
  std::vector<double> powers;
  const auto add = [&](double value) {
    if (value >= low && value <= high) powers.push_back(value);
  };
  const int first = static_cast<int>(std::ceil(from / step)), last = static_cast<int>(std::floor(to / step));
  for (int i = last; i >= first; --i) add(-std::pow(10.0, i * step));
  add(0);
  for (int i = first; i <= last; ++i) add(std::pow(10.0, i * step));
  return powers;
}

}  // namespace

NumberLine::NumberLine(BitsState& state, QWidget* parent) : Chart(parent), m_state(state) {
  setInteractions(QCP::iNone);
  setMinimumSize(240, 112);
  setObjectName(QStringLiteral("number-line"));
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(false);
  axisRect()->setAutoMargins(QCP::msNone);
  axisRect()->setMargins(QMargins(kSideMargin, 0, kSideMargin, 0));
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
  follow();
  collect();
  Q_EMIT viewChanged();
  replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::setSpacing(Spacing spacing) {
  if (std::exchange(m_spacing, spacing) == spacing) return;
  const FormatRow& row = m_state.selected();
  if (m_places && std::isfinite(row.value)) {
    const double low = valueAt(-1), high = valueAt(1);
    m_places.emplace(m_spacing, CodeOrder(*row.format, row.scale), row.value);
    setLimits();
    // Most of what was in sight stays so: as far as the farther end.
    m_view.show(std::max(std::fabs(m_places->distanceOf(low)), std::fabs(m_places->distanceOf(high))));
  }
  viewMoved();
}

double NumberLine::toAxis(double value) const { return m_view.toAxis(m_places->distanceOf(value)); }
double NumberLine::valueAt(double place) const { return m_places->valueAt(m_view.fromAxis(place)); }

// A number in sight moves in the view that a person has chosen; another takes the view along.
void NumberLine::follow() {
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const bool sameFormat = std::exchange(m_format, row.format) == row.format && m_places;
  const bool inSight = sameFormat && m_view.contains(m_places->distanceOf(row.value));
  if (inSight) m_view.moveReference(m_places->distanceOf(row.value));
  const LineView::Wide half = m_view.half();
  m_places.emplace(m_spacing, CodeOrder(*row.format, row.scale), row.value);
  setLimits();
  if (inSight) return;
  if (sameFormat)
    m_view.show(half);
  else
    showUlps();
}

void NumberLine::setLimits() { m_view.setLimits(kFewest * m_places->step(), m_places->lowest(), m_places->highest()); }

void NumberLine::showUlps() {
  const FormatRow& row = m_state.selected();
  if (!m_places || !std::isfinite(row.value)) return;
  LineView::Wide half = kUlpsShown * m_places->step();
  if (std::isfinite(row.error)) half = std::max(half, 1.2L * std::fabs(m_places->distanceOfDifference(-row.error)));
  m_view.show(half);
  viewMoved();
}

void NumberLine::showBinade() {
  const FormatRow& row = m_state.selected();
  if (!m_places || !std::isfinite(row.value)) return;
  const double size = std::fabs(row.value);
  const auto reach = [&](double value) { return std::fabs(m_places->distanceOf(value)); };
  const bool even = m_spacing == Spacing::EvenValues;
  const LineView::Wide half = even ? std::max(reach(row.value / 2), reach(std::min(1e308, size) * 2))
                                   : static_cast<LineView::Wide>(size) * 1.5L;
  m_view.show(size > 0 && half > 0 ? half : m_places->step() * 16);
  viewMoved();
}

void NumberLine::showWholeRange() {
  if (!m_places) return;
  m_view.show(m_places->highest() - m_places->lowest());
  m_view.zoom(1e30L, 0);
  viewMoved();
}

void NumberLine::viewMoved() {
  collect();
  Q_EMIT viewChanged();
  replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::collect() {
  m_ticks.clear();
  m_shades.clear();
  m_hover = -1;
  m_inSight = 0;
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const CodeOrder& order = m_places->order();
  const double pixels = std::max(50, axisRect()->width());
  const std::uint64_t first = m_places->firstFrom(m_view.fromAxis(-1));
  std::uint64_t end = m_places->firstFrom(m_view.fromAxis(1));
  if (end < order.count() && m_places->distanceOfPlace(end) <= m_view.fromAxis(1)) ++end;
  m_inSight = end - first;
  const double room = m_spacing == Spacing::EvenValues ? kTickRoom / 2 : kTickRoom;
  if (static_cast<double>(m_inSight) * room <= pixels) {
    for (std::uint64_t place = first; place < end; ++place) {
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
    const std::uint64_t to = i + 1 == stretches ? end : m_places->firstFrom(m_view.fromAxis(high));
    if (to > begin) m_shades.push_back({low, high, to - begin});
    begin = std::max(begin, to);
  }
}

std::vector<double> NumberLine::marks() const {
  const core::numeric::FormatKind kind = m_state.selected().format->kind;
  const bool hasBinades = kind == core::numeric::FormatKind::Float || kind == core::numeric::FormatKind::PowerOfTwo;
  if (m_spacing == Spacing::EvenValues && hasBinades) {
    const double smallest =
        m_state.selected().format->kind == core::numeric::FormatKind::Float
            ? core::numeric::decode(*m_state.selected().format, m_state.selected().format->minPositiveCode())
            : m_places->order().smallest();
    if (std::vector<double> powers = powersOfTen(valueAt(-1), valueAt(1), smallest); powers.size() > 2) return powers;
  }
  return {valueAt(-1), valueAt(-0.5), valueAt(0), valueAt(0.5), valueAt(1)};
}

QStringList NumberLine::labels() const {
  std::vector<double> values;
  for (const Tick& tick : m_ticks) values.push_back(tick.value);
  if (!m_shades.empty()) values = marks();
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
    result.rows.push_back({valueAt(shade.low), valueAt(shade.high), static_cast<double>(shade.count)});
  return result;
}

std::optional<QString> NumberLine::readout(QPointF coordinates) const {
  for (const Shade& shade : m_shades)
    if (coordinates.x() >= shade.low && coordinates.x() < shade.high)
      return tr("%1 values from %2 to %3")
          .arg(text::count(shade.count), text::number(valueAt(shade.low), 4), text::number(valueAt(shade.high), 4));
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
    const double d = std::fabs(xAxis->coordToPixel(toAxis(m_ticks[i].value)) - pixel);
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
  const double pointer = xAxis->pixelToCoord(event->position().x()), chosen = m_view.toAxis(0);
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
  const double chosen = std::clamp(m_view.toAxis(0), -1.0, 1.0);
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
    case Qt::Key_S:
      return setSpacing(m_spacing == Spacing::Linear ? Spacing::EvenValues : Spacing::Linear);
    case Qt::Key_Home:
      return showWholeRange();
    case Qt::Key_End:
      return showUlps();
    default:
      Chart::keyPressEvent(event);
  }
}

}  // namespace app
