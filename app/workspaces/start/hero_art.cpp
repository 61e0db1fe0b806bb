#include "app/workspaces/start/hero_art.h"

#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "app/widgets/theme.h"
#include "core/numeric/code_books.h"
#include "core/numeric/half.h"

namespace app {
namespace {

double bell(double x) { return std::exp(-x * x * 4.5); }  // x in −1 … 1

/// What rounding to the NF4 code book makes of x.
double nearestLevel(double x) {
  double best = 0, distance = 10;
  for (const float level : core::numeric::nf4CodeBook()) {
    const double d = std::fabs(static_cast<double>(level) - x);
    if (d < distance) distance = d, best = static_cast<double>(level);
  }
  return best;
}

void paintBits(QPainter& painter, const QRectF& area, std::uint16_t code) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const double gap = 8, cell = (area.width() - 2 * gap) / 16;
  painter.setFont(theme.monoFont(-1, QFont::DemiBold));
  double x = area.left();
  for (int bit = 15; bit >= 0; --bit) {
    const QColor color = bit == 15 ? c.sign : bit >= 7 ? c.exponent : c.mantissa;
    const bool set = (code >> bit) & 1;
    const QRectF box(x, area.top(), cell - 3, area.height());
    painter.setPen(QPen(mix(c.surface, color, set ? 1.0 : 0.35), 1));
    painter.setBrush(set ? mix(color, c.surface, c.dark ? 0.25 : 0.0) : mix(c.surface, color, 0.1));
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(set ? (c.dark ? c.sunken : QColor(Qt::white)) : color);
    painter.drawText(box, Qt::AlignCenter, set ? QStringLiteral("1") : QStringLiteral("0"));
    x += cell + (bit == 15 || bit == 7 ? gap : 0);
  }
}

}  // namespace

HeroArt::HeroArt(QWidget* parent) : QWidget(parent) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void HeroArt::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF plot(8, 8, width() - 16.0, height() - 62.0);
  const auto at = [&](double x, double y) {
    return QPointF(plot.center().x() + x * plot.width() / 2, plot.bottom() - y * plot.height());
  };
  // Weights as thin bars; deterministic ripple so that it looks measured.
  constexpr int kBars = 61;
  painter.setPen(Qt::NoPen);
  for (int i = 0; i < kBars; ++i) {
    const double x = -1 + 2.0 * (i + 0.5) / kBars;
    const double h = bell(x) * (1 + 0.07 * std::sin(i * 12.9898)) + 0.006;
    painter.setBrush(mix(c.surface, c.exponent, 0.28));
    painter.drawRect(QRectF(at(x, 0).x() - plot.width() / kBars / 2 + 0.7, at(x, h).y(), plot.width() / kBars - 1.4,
                            plot.bottom() - at(x, h).y()));
  }
  QPen levels(c.sign, 1.2);
  painter.setPen(levels);
  for (const float level : core::numeric::nf4CodeBook())
    painter.drawLine(at(static_cast<double>(level), -0.02), at(static_cast<double>(level), 0.07));
  QPainterPath stairs;
  for (int i = 0; i <= 400; ++i) {
    const double x = -1 + i / 200.0, y = bell(nearestLevel(x));
    if (i == 0)
      stairs.moveTo(at(x, y));
    else
      stairs.lineTo(at(x, y));
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(c.accent, 2));
  painter.drawPath(stairs);
  painter.setPen(QPen(c.borderStrong, 1));
  painter.drawLine(plot.bottomLeft(), plot.bottomRight());
  paintBits(painter, QRectF(plot.left(), height() - 36.0, plot.width(), 26), core::numeric::floatToBfloat16(0.3379F));
}

}  // namespace app
