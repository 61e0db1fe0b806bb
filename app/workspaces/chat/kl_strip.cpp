#include "app/workspaces/chat/kl_strip.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kLow = -6, kHigh = 1;  ///< powers of ten of the axis
constexpr double kMaxBar = 14, kLabelWidth = 52;

double barShare(double kl) { return std::clamp((std::log10(std::max(kl, 1e-12)) - kLow) / (kHigh - kLow), 0.02, 1.0); }
}  // namespace

KlStrip::KlStrip(QWidget* parent) : QWidget(parent), m_color(Theme::instance().colors().accent) {
  setAccessibleName(tr("KL divergence per token"));
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void KlStrip::clear() {
  m_values.clear();
  m_selected.reset();
  m_parted.reset();
  m_pending = false;
  update();
}

void KlStrip::setValue(std::size_t index, double kl) {
  if (index >= m_values.size()) m_values.resize(index + 1);
  m_values[index] = kl;
  update();
}

void KlStrip::setParted(std::optional<std::size_t> index) {
  m_parted = index;
  update();
}

void KlStrip::setPending(bool pending) {
  if (m_pending == pending) return;
  m_pending = pending;
  update();
}

void KlStrip::setColor(const QColor& color) {
  m_color = color;
  update();
}

void KlStrip::setSelected(std::optional<int> index) {
  m_selected = index;
  update();
}

QRectF KlStrip::plotRect() const { return QRectF(rect()).adjusted(kLabelWidth, 20, -2, -4); }

double KlStrip::barWidth() const {
  return std::min(kMaxBar, plotRect().width() / static_cast<double>(std::max<std::size_t>(m_values.size(), 1)));
}

int KlStrip::tokenAt(double x) const {
  const int index = static_cast<int>(std::floor((x - plotRect().left()) / barWidth()));
  return index >= 0 && index < static_cast<int>(m_values.size()) ? index : -1;
}

void KlStrip::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF plot = plotRect();
  QPainter painter(this);
  painter.setPen(colors.textMuted);
  painter.setFont(Theme::instance().textFont(-1));
  painter.drawText(QRectF(0, 0, width(), 18), Qt::AlignLeft | Qt::AlignVCenter, title());
  const auto level = [&](double power) { return plot.bottom() - plot.height() * (power - kLow) / (kHigh - kLow); };
  for (const auto& [power, name] :
       {std::pair{1.0, QStringLiteral("10")}, {-2.0, QStringLiteral("0.01")}, {-6.0, QStringLiteral("10⁻⁶")}}) {
    painter.setPen(colors.grid);
    painter.drawLine(QPointF(plot.left(), level(power)), QPointF(plot.right(), level(power)));
    painter.setPen(colors.textFaint);
    painter.drawText(QRectF(0, level(power) - 8, kLabelWidth - 6, 16), Qt::AlignRight | Qt::AlignVCenter, name);
  }
  const double bar = barWidth();
  for (std::size_t i = 0; i < m_values.size(); ++i) {
    const double x = plot.left() + static_cast<double>(i) * bar;
    if (m_selected && *m_selected == static_cast<int>(i))
      painter.fillRect(QRectF(x, plot.top(), bar, plot.height()), colors.selection);
    if (!m_values[i]) continue;
    const double h = plot.height() * barShare(*m_values[i]);
    painter.fillRect(QRectF(x, plot.bottom() - h, std::max(bar - 1.5, 1.0), h), m_color);
  }
  if (m_parted) paintParting(painter, plot.left() + static_cast<double>(*m_parted) * bar - 1);
  if (m_pending) {
    painter.setPen(colors.textFaint);
    const QRectF room = plot.adjusted(static_cast<double>(m_values.size()) * bar + 8, 0, 0, 0);
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(tr("reading the reference's words…"), Qt::ElideRight,
                                                      static_cast<int>(room.width())));
  }
}

void KlStrip::paintParting(QPainter& painter, double x) const {
  const ThemeColors& colors = Theme::instance().colors();
  painter.setPen(QPen(colors.sign, 1.5, Qt::DashLine));
  painter.drawLine(QPointF(x, 18), QPointF(x, plotRect().bottom()));
  const QString words = tr("the answers part here");
  const int wide = painter.fontMetrics().horizontalAdvance(words) + 4;
  const double left = std::clamp(x - wide / 2.0, static_cast<double>(titleWidth(painter)) + 12,
                                 std::max(plotRect().right() - wide, 0.0));
  painter.drawText(QRectF(left, 0, wide, 18), Qt::AlignCenter, words);
}

QString KlStrip::title() { return tr("KL divergence per token, in nats"); }

int KlStrip::titleWidth(const QPainter& painter) { return painter.fontMetrics().horizontalAdvance(title()); }

void KlStrip::mousePressEvent(QMouseEvent* event) {
  const int index = tokenAt(event->position().x());
  if (index >= 0) Q_EMIT tokenClicked(index);
}

bool KlStrip::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = tokenAt(help->pos().x());
    if (index >= 0 && m_values[static_cast<std::size_t>(index)]) {
      QToolTip::showText(
          help->globalPos(),
          tr("Token %1: %2 nats").arg(index + 1).arg(text::number(*m_values[static_cast<std::size_t>(index)], 3)),
          this);
    }
    return true;
  }
  return QWidget::event(event);
}

}  // namespace app
