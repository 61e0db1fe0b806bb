#include "app/workspaces/bits/precision_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kLowest = -160, kHighest = 130;  ///< powers of two
const QCPRange kHome(1e-9, 1e6);               ///< magnitudes shown at first
constexpr double kFewestBits = 0.9, kMostBits = 90;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

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

/// 1, 2, 4, 8 … bits.
class DoublingTicker final : public QCPAxisTickerLog {
 public:
  DoublingTicker() {
    setLogBase(2);
    setTickCount(7);
  }

 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return text::trimmed(tick, 3); }
};

QString titleOf(const FormatRow& row) {
  return QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()));
}

double floatBits(const core::numeric::NumberFormat& format, int exponent) {
  const double largest = core::numeric::decode(format, format.maxFiniteCode());
  if (std::ldexp(1.0, exponent) > largest) return kNone;
  const int smallestNormal = 1 - format.bias, mantissa = static_cast<int>(format.mantissaBits);
  const int bits = exponent >= smallestNormal ? mantissa + 1 : mantissa + 1 - (smallestNormal - exponent);
  return bits >= 1 ? bits : kNone;
}

/// Levels with gaps: significant bits are log2(magnitude / gap) + 1 at the largest magnitude of the octave.
double levelBits(const FormatRow& row, int exponent) {
  std::vector<double> levels;
  for (const double value : core::numeric::enumerate(*row.format, row.scale)) levels.push_back(value * row.factor);
  std::sort(levels.begin(), levels.end());
  if (std::ldexp(1.0, exponent) > levels.back()) return kNone;
  const double magnitude = std::min(std::ldexp(1.0, exponent + 1), levels.back());
  const auto above = std::lower_bound(levels.begin(), levels.end(), magnitude);
  if (above == levels.begin()) return kNone;
  const double bits = std::log2(magnitude / (*above - *(above - 1))) + 1;
  return bits >= 1 ? bits : kNone;
}

}  // namespace

double significantBits(const FormatRow& row, int exponent) {
  return row.format->kind == core::numeric::FormatKind::Float ? floatBits(*row.format, exponent)
                                                              : levelBits(row, exponent);
}

PrecisionChart::PrecisionChart(BitsState& state, QWidget* parent)
    : Chart(parent), m_state(state), m_marker(new QCPItemStraightLine(this)) {
  setTitle(tr("Precision over the range"));
  setAxisTitles(tr("magnitude"), tr("significant bits"));
  xAxis->setScaleType(QCPAxis::stLogarithmic);
  xAxis->setTicker(QSharedPointer<DecadeTicker>::create());
  yAxis->setScaleType(QCPAxis::stLogarithmic);  // so that 53 bits leave room for 2
  yAxis->setTicker(QSharedPointer<DoublingTicker>::create());
  for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
    Curve curve{row, {}, {}, addGraph(), new QCPItemText(this)};
    curve.graph->setLineStyle(QCPGraph::lsStepLeft);
    curve.label->setPositionAlignment(Qt::AlignRight | Qt::AlignBottom);
    curve.label->setText(titleOf(state.rows()[static_cast<std::size_t>(row)]));
    m_curves.push_back(std::move(curve));
  }
  m_view = kHome;
  xAxis->setRange(kHome);
  yAxis->setRange(kFewestBits, kMostBits);
  rememberHome();
  connect(&state, &BitsState::changed, this, &PrecisionChart::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &PrecisionChart::refresh);
  refresh();
}

void PrecisionChart::refresh() {
  for (Curve& curve : m_curves) {
    curve.magnitudes.clear();
    curve.bits.clear();
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
      curve.magnitudes << std::ldexp(1.0, exponent);
      curve.bits << significantBits(row, exponent);
    }
    curve.graph->setData(curve.magnitudes, curve.bits, true);
  }
  const double number = std::fabs(m_state.number().nearest);
  const bool hasPlace = number > 0 && std::isfinite(number);
  m_marker->setVisible(hasPlace);
  if (hasPlace) {
    m_marker->point1->setCoords(number, 1);
    m_marker->point2->setCoords(number, 2);
  }
  keepInView(hasPlace ? number : 1.0);
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
    curve.label->setColor(selected ? c.accent : c.textFaint);
    curve.label->setFont(theme.textFont(selected ? -0.5 : -2, selected ? QFont::DemiBold : QFont::Normal));
  }
  m_marker->setPen(QPen(c.text, 1.2, Qt::DashLine));
  placeLabels();
}

void PrecisionChart::placeLabels() {
  // Each over the right end of its highest plateau; the selected one first, then those that do not collide.
  std::vector<Curve*> order;
  for (Curve& curve : m_curves) order.push_back(&curve);
  std::stable_sort(order.begin(), order.end(), [this](const Curve* a, const Curve* b) {
    return (a->row == m_state.selectedRow()) > (b->row == m_state.selectedRow());
  });
  std::vector<QPointF> taken;  // log10 of magnitude, log2 of bits
  for (Curve* curve : order) {
    QPointF best(0, 0);
    for (qsizetype i = 0; i < curve->bits.size(); ++i)
      if (curve->bits[i] >= best.y() && kHome.contains(curve->magnitudes[i]))
        best = {curve->magnitudes[i], curve->bits[i]};
    const QPointF place(std::log10(best.x()), std::log2(best.y()));
    const bool free = best.y() > 0 && std::none_of(taken.begin(), taken.end(), [&](const QPointF& other) {
                        return std::fabs(other.x() - place.x()) < 1.4 && std::fabs(other.y() - place.y()) < 0.45;
                      });
    curve->label->setVisible(free);
    if (!free) continue;
    taken.push_back(place);
    curve->label->position->setCoords(best.x() * 2, best.y() * 1.02);
  }
}

std::optional<QString> PrecisionChart::readout(QPointF at) const {
  if (!(at.x() > 0)) return std::nullopt;
  const int exponent = std::clamp(std::ilogb(at.x()), kLowest, kHighest);
  QStringList lines{tr("around %1 = 2%2").arg(text::number(at.x(), 3), text::superscript(exponent))};
  for (const Curve& curve : m_curves) {
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    const double bits = significantBits(row, exponent);
    if (std::isfinite(bits) && std::fabs(std::log2(bits / at.y())) < 0.3)
      lines << tr("%1: %2 bits, %3 decimal digits")
                   .arg(titleOf(row), text::trimmed(bits, 2), text::trimmed(bits * std::log10(2.0), 2));
  }
  if (lines.size() == 1) return std::nullopt;
  return lines.join(u'\n');
}

ChartTable PrecisionChart::table() const {
  ChartTable result;
  result.columns << QStringLiteral("magnitude");
  for (const Curve& curve : m_curves) result.columns << titleOf(m_state.rows()[static_cast<std::size_t>(curve.row)]);
  for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
    std::vector<double> line{std::ldexp(1.0, exponent)};
    for (const Curve& curve : m_curves)
      line.push_back(significantBits(m_state.rows()[static_cast<std::size_t>(curve.row)], exponent));
    result.rows.push_back(std::move(line));
  }
  return result;
}

}  // namespace app
