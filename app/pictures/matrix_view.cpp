#include "app/pictures/matrix_view.h"

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
constexpr int kLegend = 26, kCaption = 20;
}

MatrixView::MatrixView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Matrix map"));
  setCursor(Qt::CrossCursor);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    draw();
    update();
  });
}

void MatrixView::setMap(core::metrics::MatrixMap map) {
  m_map = std::move(map);
  m_message.clear();
  draw();
  update();
}

void MatrixView::setMessage(const QString& message) {
  m_message = message;
  update();
}

void MatrixView::setMarked(std::optional<std::pair<std::uint64_t, std::uint64_t>> rowAndColumn) {
  m_marked = rowAndColumn;
  update();
}

namespace {

/// Share −1…1 of the largest magnitude. The square root spreads what is near zero, where nearly all weights are.
QRgb colorOf(double share, const ThemeColors& colors) {
  const double strength = std::sqrt(std::min(std::abs(share), 1.0));
  return mix(colors.dark ? colors.sunken : QColor(0xF7F7F7), share < 0 ? QColor(0x0072B2) : QColor(0xD55E00), strength)
      .rgb();
}

}  // namespace

void MatrixView::draw() {
  if (m_map.rows == 0 || m_map.columns == 0) {
    m_image = {};
    return;
  }
  const ThemeColors& colors = Theme::instance().colors();
  QRgb palette[512];
  for (int i = 0; i < 512; ++i) palette[i] = colorOf((i - 255.5) / 255.5, colors);
  m_image = QImage(static_cast<int>(m_map.columns), static_cast<int>(m_map.rows), QImage::Format_RGB32);
  const double scale = m_map.absMax > 0 ? 255.0 / static_cast<double>(m_map.absMax) : 0;
  for (std::size_t y = 0; y < m_map.rows; ++y) {
    auto* line = reinterpret_cast<QRgb*>(m_image.scanLine(static_cast<int>(y)));
    for (std::size_t x = 0; x < m_map.columns; ++x) {
      const double value = static_cast<double>(m_map.extreme[y * m_map.columns + x]);
      if (m_map.nonFiniteIn[y * m_map.columns + x] != 0) {
        line[x] = colors.warning.rgb();
        continue;
      }
      line[x] = palette[std::clamp(static_cast<int>(std::lround(value * scale)) + 256, 0, 511)];
    }
  }
}

QRectF MatrixView::plotRect() const { return QRectF(rect()).adjusted(0, 0, 0, -(kLegend + kCaption)); }

void MatrixView::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setFont(Theme::instance().textFont(-1));
  painter.setPen(colors.textMuted);
  if (!m_message.isEmpty() || m_image.isNull()) {
    painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_message);
    return;
  }
  const QRectF plot = plotRect();
  painter.drawImage(plot, m_image);
  painter.setPen(colors.border);
  painter.drawRect(plot.adjusted(0, 0, -1, -1));
  if (m_marked) {
    const QPointF at(plot.left() + plot.width() * (static_cast<double>(m_marked->second) + 0.5) /
                                       static_cast<double>(m_map.tensorColumns),
                     plot.top() + plot.height() * (static_cast<double>(m_marked->first) + 0.5) /
                                      static_cast<double>(m_map.tensorRows));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors.surface, 4));
    painter.drawEllipse(at, 6, 6);
    painter.setPen(QPen(colors.accent, 2));
    painter.drawEllipse(at, 6, 6);
  }
  painter.setPen(colors.textMuted);
  const QRectF caption(plot.left(), plot.bottom() + 2, plot.width(), kCaption);
  painter.drawText(caption, Qt::AlignLeft | Qt::AlignVCenter,
                   tr("%1 rows (outputs, downwards) × %2 columns (inputs)")
                       .arg(text::count(m_map.tensorRows), text::count(m_map.tensorColumns)));
  const QRectF bar(plot.left() + 76, caption.bottom() + 6, std::max(60.0, plot.width() - 152), 9);
  for (int x = 0; x < static_cast<int>(bar.width()); ++x) {
    painter.fillRect(QRectF(bar.left() + x, bar.top(), 1.5, bar.height()),
                     QColor(colorOf(2 * x / bar.width() - 1, colors)));
  }
  const QString high = text::number(static_cast<double>(m_map.absMax), 3);
  painter.drawText(QRectF(plot.left(), bar.top() - 6, 70, 20), Qt::AlignRight | Qt::AlignVCenter,
                   QStringLiteral("−") + high);
  painter.drawText(QRectF(bar.right() + 6, bar.top() - 6, 70, 20), Qt::AlignLeft | Qt::AlignVCenter, high);
}

std::optional<std::pair<std::size_t, std::size_t>> MatrixView::cellAt(QPointF position) const {
  const QRectF plot = plotRect();
  if (m_image.isNull() || !m_message.isEmpty() || !plot.contains(position)) return std::nullopt;
  const auto cell = [](double share, std::size_t count) {
    return std::min(static_cast<std::size_t>(share * static_cast<double>(count)), count - 1);
  };
  return std::pair(cell((position.y() - plot.top()) / plot.height(), m_map.rows),
                   cell((position.x() - plot.left()) / plot.width(), m_map.columns));
}

void MatrixView::mousePressEvent(QMouseEvent* event) {
  if (const auto cell = cellAt(event->position()))
    Q_EMIT weightClicked(m_map.firstRow(cell->first), m_map.firstColumn(cell->second));
}

bool MatrixView::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    if (const auto cell = cellAt(help->pos())) {
      const std::size_t index = cell->first * m_map.columns + cell->second;
      QToolTip::showText(
          help->globalPos(),
          tr("Row %1, column %2: largest %3, mean magnitude %4")
              .arg(text::count(m_map.firstRow(cell->first)), text::count(m_map.firstColumn(cell->second)),
                   text::number(static_cast<double>(m_map.extreme[index]), 4),
                   text::number(static_cast<double>(m_map.meanAbs[index]), 3)),
          this);
    } else {
      QToolTip::hideText();
    }
    return true;
  }
  return QWidget::event(event);
}

}  // namespace app
