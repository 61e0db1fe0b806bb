#include "app/workspaces/bits/precision_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kLowest = -160, kHighest = 130;
const QCPRange kHome(-26, 20);  ///< powers of two shown at first
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Labels the axis in powers of two: 2⁻⁸.
class PowerTicker final : public QCPAxisTickerFixed {
 public:
  PowerTicker() {
    setTickStep(4);
    setScaleStrategy(ssMultiples);
  }

 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return QStringLiteral("2") + text::superscript(static_cast<int>(std::lround(tick)));
  }
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

/// Levels with gaps: significant bits are log2(magnitude / gap) + 1, gap being the one around the magnitude.
double levelBits(const FormatRow& row, int exponent) {
  std::vector<double> levels;
  for (const double value : core::numeric::enumerate(*row.format, row.scale)) levels.push_back(value * row.factor);
  std::sort(levels.begin(), levels.end());
  const double magnitude = std::ldexp(1.0, exponent);
  const auto above = std::upper_bound(levels.begin(), levels.end(), magnitude);
  if (above == levels.end() || above == levels.begin()) return kNone;
  const double bits = std::log2(magnitude / (*above - *(above - 1))) + 1;
  return bits >= 0 ? bits : kNone;
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
  xAxis->setTicker(QSharedPointer<PowerTicker>::create());
  for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
    if (state.rows()[static_cast<std::size_t>(row)].format->id == core::numeric::FormatId::Fp64)
      continue;  // 53 bits would flatten the rest
    Curve curve{row, {}, {}, addGraph(), new QCPItemText(this)};
    curve.graph->setLineStyle(QCPGraph::lsStepLeft);
    curve.label->setPositionAlignment(Qt::AlignRight | Qt::AlignBottom);
    curve.label->setText(titleOf(state.rows()[static_cast<std::size_t>(row)]));
    m_curves.push_back(std::move(curve));
  }
  xAxis->setRange(kHome);
  yAxis->setRange(0, 26);
  rememberHome();
  connect(&state, &BitsState::changed, this, &PrecisionChart::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &PrecisionChart::refresh);
  refresh();
}

void PrecisionChart::refresh() {
  for (Curve& curve : m_curves) {
    curve.exponents.clear();
    curve.bits.clear();
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
      curve.exponents << exponent;
      curve.bits << significantBits(row, exponent);
    }
    curve.graph->setData(curve.exponents, curve.bits, true);
  }
  const double number = std::fabs(m_state.number().nearest);
  const bool hasPlace = number > 0 && std::isfinite(number);
  m_marker->setVisible(hasPlace);
  if (hasPlace) {
    m_marker->point1->setCoords(std::log2(number), 0);
    m_marker->point2->setCoords(std::log2(number), 1);
  }
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
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
  std::vector<QPointF> taken;
  for (Curve* curve : order) {
    QPointF best(0, -1);
    for (qsizetype i = 0; i < curve->bits.size(); ++i)
      if (curve->bits[i] >= best.y() && kHome.contains(curve->exponents[i]))
        best = {curve->exponents[i], curve->bits[i]};
    const bool free = best.y() >= 0 && std::none_of(taken.begin(), taken.end(), [&](const QPointF& other) {
                        return std::fabs(other.x() - best.x()) < 4.5 && std::fabs(other.y() - best.y()) < 1.6;
                      });
    curve->label->setVisible(free);
    if (!free) continue;
    taken.push_back(best);
    curve->label->position->setCoords(best.x(), best.y() + 0.2);
  }
}

std::optional<QString> PrecisionChart::readout(QPointF at) const {
  const int exponent = static_cast<int>(std::floor(at.x()));
  QStringList lines{tr("around 2%1 = %2").arg(text::superscript(exponent), text::number(std::ldexp(1.0, exponent), 3))};
  for (const Curve& curve : m_curves) {
    const FormatRow& row = m_state.rows()[static_cast<std::size_t>(curve.row)];
    const double bits = significantBits(row, exponent);
    if (std::isfinite(bits) && std::fabs(bits - at.y()) < 1.2)
      lines << tr("%1: %2 bits").arg(titleOf(row), text::trimmed(bits, 2));
  }
  if (lines.size() == 1) return std::nullopt;
  return lines.join(u'\n');
}

ChartTable PrecisionChart::table() const {
  ChartTable result;
  result.columns << QStringLiteral("exponent");
  for (const Curve& curve : m_curves) result.columns << titleOf(m_state.rows()[static_cast<std::size_t>(curve.row)]);
  for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
    std::vector<double> line{static_cast<double>(exponent)};
    for (const Curve& curve : m_curves)
      line.push_back(significantBits(m_state.rows()[static_cast<std::size_t>(curve.row)], exponent));
    result.rows.push_back(std::move(line));
  }
  return result;
}

}  // namespace app
