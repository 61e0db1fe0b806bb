#include "app/workspaces/bits/precision_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"
#include "core/numeric/binades.h"

namespace app {
namespace {

constexpr int kLowest = -160, kHighest = 130;  ///< powers of two
const QCPRange kHome(1e-9, 1e6);               ///< magnitudes shown at first
constexpr double kFewestBits = 0.9, kMostBits = 90;
constexpr double kFewestValues = 0.8, kMostValues = 4e17;
constexpr double kNotDrawn = std::numeric_limits<double>::quiet_NaN();

/// Labels decades as 10⁻⁸; between them, after zooming in, the numbers themselves.
class DecadeTicker final : public QCPAxisTickerLog {
 public:
  DecadeTicker() { setTickCount(8); }

 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    const double power = std::log10(tick);
    const bool decade = std::fabs(power - std::round(power)) < 1e-6;
    return decade ? QStringLiteral("10") + text::superscript(static_cast<int>(std::lround(power)))
                  : text::trimmed(tick, 3);
  }
};

/// 1, 2, 4, 8 … bits; large counts as 2³⁰.
class DoublingTicker final : public QCPAxisTickerLog {
 public:
  DoublingTicker() {
    setLogBase(2);
    setTickCount(7);
  }

 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return tick < 2000 ? text::trimmed(tick, 3) : QStringLiteral("2") + text::superscript(std::ilogb(tick));
  }
};

double floatBits(const core::numeric::NumberFormat& format, int exponent) {
  const double largest = core::numeric::decode(format, format.maxFiniteCode());
  if (std::ldexp(1.0, exponent) > largest) return kNotDrawn;
  const int smallestNormal = 1 - format.bias, mantissa = static_cast<int>(format.mantissaBits);
  if (exponent < smallestNormal && !format.hasSubnormals) return kNotDrawn;
  const int bits = exponent >= smallestNormal ? mantissa + 1 : mantissa + 1 - (smallestNormal - exponent);
  return bits >= 1 ? bits : kNotDrawn;
}

std::vector<double> levelsOf(const FormatRow& row) {
  std::vector<double> levels = core::numeric::enumerate(*row.format, row.scale);
  std::erase_if(levels, [](double level) { return !std::isfinite(level); });
  std::sort(levels.begin(), levels.end());
  return levels;
}

/// Levels with gaps: significant bits are log2(magnitude / gap) + 1 at the largest magnitude of the octave.
double levelBits(const std::vector<double>& levels, int exponent) {
  if (std::ldexp(1.0, exponent) > levels.back()) return kNotDrawn;
  const double magnitude = std::min(std::ldexp(1.0, exponent + 1), levels.back());
  const auto above = std::lower_bound(levels.begin(), levels.end(), magnitude);
  if (above == levels.begin()) return kNotDrawn;
  const double bits = std::log2(magnitude / (*above - *(above - 1))) + 1;
  return bits >= 1 ? bits : kNotDrawn;
}

}  // namespace

std::vector<double> curveOf(const FormatRow& row, RangeMeasure measure, int lowest, int highest) {
  std::vector<double> result;
  if (measure == RangeMeasure::ValuesPerBinade) {
    result.assign(static_cast<std::size_t>(highest - lowest + 1), kNotDrawn);
    for (const core::numeric::BinadeCount& binade : core::numeric::valuesPerBinade(*row.format, row.scale))
      if (binade.exponent >= lowest && binade.exponent <= highest && binade.positive > 0)
        result[static_cast<std::size_t>(binade.exponent - lowest)] = static_cast<double>(binade.positive);
    return result;
  }
  const bool isFloat = row.format->kind == core::numeric::FormatKind::Float;
  const std::vector<double> levels = isFloat ? std::vector<double>() : levelsOf(row);
  for (int exponent = lowest; exponent <= highest; ++exponent)
    result.push_back(isFloat ? floatBits(*row.format, exponent) : levelBits(levels, exponent));
  return result;
}

double significantBits(const FormatRow& row, int exponent) {
  return curveOf(row, RangeMeasure::SignificantBits, exponent, exponent).front();
}

PrecisionChart::PrecisionChart(BitsState& state, QWidget* parent)
    : Chart(parent), m_state(state), m_marker(new QCPItemStraightLine(this)) {
  setTitle(tr("Precision over the range"));
  setAxisTitles(tr("magnitude"), tr("significant bits"));
  xAxis->setScaleType(QCPAxis::stLogarithmic);
  xAxis->setTicker(QSharedPointer<DecadeTicker>::create());
  yAxis->setScaleType(QCPAxis::stLogarithmic);  // so that 53 bits leave room for 2
  yAxis->setTicker(QSharedPointer<DoublingTicker>::create());
  makeCurves();
  connect(this, &QCustomPlot::afterLayout, this, &PrecisionChart::placeLabels);
  m_view = kHome;
  xAxis->setRange(kHome);
  yAxis->setRange(kFewestBits, kMostBits);
  rememberHome();
  connect(&state, &BitsState::rowsChanged, this, &PrecisionChart::makeCurves);
  connect(&state, &BitsState::changed, this, &PrecisionChart::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &PrecisionChart::refresh);
  refresh();
}

void PrecisionChart::makeCurves() {
  for (const Curve& curve : m_curves) {
    removeGraph(curve.graph);
    removeItem(curve.label);
  }
  m_curves.clear();
  for (int row = 0; row < static_cast<int>(m_state.rows().size()); ++row) {
    Curve curve;
    curve.row = row;
    curve.graph = addGraph();
    curve.label = new QCPItemText(this);
    curve.graph->setLineStyle(QCPGraph::lsStepLeft);
    curve.label->setPadding(QMargins(2, 0, 2, 0));
    curve.label->setPen(Qt::NoPen);
    curve.label->setText(titleOf(*m_state.rows()[static_cast<std::size_t>(row)].format));
    m_curves.push_back(std::move(curve));
  }
}

void PrecisionChart::setMeasure(RangeMeasure measure) {
  m_measure = measure;
  const bool bits = measure == RangeMeasure::SignificantBits;
  setTitle(bits ? tr("Precision over the range") : tr("Values per binade"));
  setAxisTitles(tr("magnitude"), bits ? tr("significant bits") : tr("values per binade"));
  yAxis->setRange(bits ? kFewestBits : kFewestValues, bits ? kMostBits : kMostValues);
  rememberHome();
  refresh();
}

// Numbers come and go under one range: curves change with formats and scales alone.
void PrecisionChart::refreshCurves() {
  for (Curve& curve : m_curves) {
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    const bool same = curve.scale == row.scale.scale && curve.zeroPoint == row.scale.zeroPoint &&
                      curve.measure == m_measure && !curve.bits.isEmpty();
    if (same) continue;
    curve.scale = row.scale.scale, curve.zeroPoint = row.scale.zeroPoint, curve.measure = m_measure;
    const std::vector<double> bits = curveOf(row, m_measure, kLowest, kHighest);
    curve.magnitudes.clear();
    for (int exponent = kLowest; exponent <= kHighest; ++exponent) curve.magnitudes << std::ldexp(1.0, exponent);
    curve.bits = QVector<double>(bits.begin(), bits.end());
    curve.graph->setData(curve.magnitudes, curve.bits, true);
  }
}

void PrecisionChart::refresh() {
  refreshCurves();

  const double number = std::fabs(m_state.number().nearest);
  const bool hasPlace = number > 0 && std::isfinite(number);
  m_marker->setVisible(hasPlace);
  if (hasPlace) {
    m_marker->point1->setCoords(number, 1);
    m_marker->point2->setCoords(number, 2);
  }
  keepInView(hasPlace ? number : 1.0);
  setProvenance(provenanceText(m_state));
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void PrecisionChart::keepInView(double number) {
  constexpr double kRoom = 100;
  QCPRange view = kHome;
  if (number < kHome.lower) view.lower = std::max(1e-300, number / kRoom);
  if (number > kHome.upper) view.upper = std::min(1e300, number * kRoom);
  if (view == m_view) return;  // where a person zoomed to stays
  m_view = view;
  xAxis->setRange(view);
  rememberHome();
}

void PrecisionChart::applyColors() {
  if (m_curves.empty()) return;
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  for (Curve& curve : m_curves) {
    const bool selected = curve.row == m_state.selectedRow();
    curve.graph->setPen(QPen(selected ? c.accent : mix(c.reference, c.surface, 0.45), selected ? 2.4 : 1.1));
    curve.label->setBrush(c.surface);
    curve.label->setColor(selected ? c.accent : c.textFaint);
    curve.label->setFont(theme.textFont(selected ? -0.5 : -2, selected ? QFont::DemiBold : QFont::Normal));
  }
  m_marker->setPen(QPen(c.text, 1.2, Qt::DashLine));
}

std::vector<PrecisionChart::Spot> PrecisionChart::spotsOf(const Curve& curve) const {
  const QCPRange view = xAxis->range();
  qsizetype first = -1, last = -1;
  for (qsizetype i = 0; i < curve.bits.size(); ++i) {
    if (std::isnan(curve.bits[i]) || !view.contains(curve.magnitudes[i])) continue;
    if (last < 0 || curve.bits[i] > curve.bits[last]) first = i;
    if (last < 0 || curve.bits[i] >= curve.bits[last]) last = i;
  }
  if (last < 0) return {};
  const double y = curve.bits[last], left = curve.magnitudes[first];
  const double right = std::min(2 * curve.magnitudes[last], view.upper), middle = std::sqrt(left * right);
  return {{{right, y}, Qt::AlignRight | Qt::AlignBottom}, {{right, y}, Qt::AlignLeft | Qt::AlignVCenter},
          {{right, y}, Qt::AlignRight | Qt::AlignTop},    {{left, y}, Qt::AlignLeft | Qt::AlignBottom},
          {{left, y}, Qt::AlignRight | Qt::AlignVCenter}, {{middle, y}, Qt::AlignHCenter | Qt::AlignBottom},
          {{middle, y}, Qt::AlignHCenter | Qt::AlignTop}};
}

// Every name stands where it touches no other: first over the right end of the format's highest plateau, then at other
// places of it. The selected format chooses first, then those whose plateau leaves the least choice.
void PrecisionChart::placeLabels() {
  std::vector<std::pair<Curve*, std::vector<Spot>>> order;
  for (Curve& curve : m_curves) order.emplace_back(&curve, spotsOf(curve));
  const auto freedom = [this](const auto& entry) {
    if (entry.first->row == m_state.selectedRow() || entry.second.empty()) return -1.0;
    return std::log(entry.second.front().at.x() / entry.second[3].at.x());
  };
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return freedom(a) < freedom(b); });
  std::vector<QRectF> taken;
  const QRectF plot = axisRect()->rect();
  for (const auto& [curve, spots] : order) {
    curve->label->setVisible(false);
    const QFontMetricsF metrics(curve->label->font());
    const QSizeF size(metrics.horizontalAdvance(curve->label->text()) + 6, metrics.height());
    for (const Spot& spot : spots) {
      const QRectF box = boxAt(spot, size);
      const auto touches = [&](const QRectF& other) { return other.adjusted(-3, -1, 3, 1).intersects(box); };
      if (!plot.contains(box) || std::any_of(taken.begin(), taken.end(), touches)) continue;
      taken.push_back(box);
      curve->label->setPositionAlignment(spot.side);
      curve->label->position->setCoords(spot.at);
      curve->label->setVisible(true);
      break;
    }
  }
}

QRectF PrecisionChart::boxAt(const Spot& spot, QSizeF size) const {
  const QPointF at(xAxis->coordToPixel(spot.at.x()), yAxis->coordToPixel(spot.at.y()));
  const auto share = [&](Qt::AlignmentFlag middle, Qt::AlignmentFlag far) {
    return spot.side.testFlag(middle) ? 0.5 : spot.side.testFlag(far) ? 1.0 : 0.0;
  };
  return {at - QPointF(size.width() * share(Qt::AlignHCenter, Qt::AlignRight),
                       size.height() * share(Qt::AlignVCenter, Qt::AlignBottom)),
          size};
}

QStringList PrecisionChart::namesInSight() const {
  QStringList names;
  for (const Curve& curve : m_curves)
    if (curve.label->visible()) names << curve.label->text();
  return names;
}

std::vector<ChartLegendEntry> PrecisionChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{titleOf(*m_state.selected().format), c.accent},
          {tr("other formats"), mix(c.reference, c.surface, 0.45)},
          {tr("the number (dashed)"), c.text}};
}

std::optional<QString> PrecisionChart::readout(QPointF at) const {
  if (!(at.x() > 0)) return std::nullopt;
  const int exponent = std::clamp(std::ilogb(at.x()), kLowest, kHighest);
  QStringList lines{tr("around %1 = 2%2").arg(text::number(at.x(), 3), text::superscript(exponent))};
  constexpr double kNear = 0.05;  // of the chart's height
  for (const Curve& curve : m_curves) {
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    const double value = curve.bits[exponent - kLowest];
    if (!std::isfinite(value) || std::fabs(std::log2(value / at.y())) > kNear * std::log2(yAxis->range().upper))
      continue;
    lines << (m_measure == RangeMeasure::SignificantBits
                  ? tr("%1: %2 bits, %3 decimal digits")
                        .arg(titleOf(*row.format), text::trimmed(value, 2), text::trimmed(value * std::log10(2.0), 2))
                  : tr("%1: %2 values").arg(titleOf(*row.format), text::count(static_cast<std::uint64_t>(value))));
  }
  if (lines.size() == 1) return std::nullopt;
  return lines.join(u'\n');
}

ChartTable PrecisionChart::table() const {
  ChartTable result;
  result.columns << QStringLiteral("magnitude");
  for (const Curve& curve : m_curves) result.columns << curve.label->text();
  for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
    std::vector<double> line{std::ldexp(1.0, exponent)};
    for (const Curve& curve : m_curves) line.push_back(curve.bits[exponent - kLowest]);
    result.rows.push_back(std::move(line));
  }
  return result;
}

}  // namespace app
