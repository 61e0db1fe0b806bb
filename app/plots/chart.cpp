#include "app/plots/chart.h"

#include <QGuiApplication>
#include <typeinfo>
#include <utility>

#include "app/plots/readout.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

/// Numbers as everywhere in the window: with a minus sign, not a hyphen.
class NumberTicker final : public QCPAxisTicker {
 protected:
  QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override {
    return QCPAxisTicker::getTickLabel(tick, locale, format, precision).replace(u'-', QChar(0x2212));
  }
};

}  // namespace

Chart::Chart(QWidget* parent)
    : QCustomPlot(parent), m_readout(new Readout(this)), m_message(new Label(Label::Style::Muted, {}, this)) {
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  axisRect()->setRangeZoomFactor(0.85);
  setNoAntialiasingOnDrag(true);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(160, 110);
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setWrapping();
  m_message->setAttribute(Qt::WA_TransparentForMouseEvents);
  m_message->setObjectName(QStringLiteral("chart-message"));
  m_message->hide();
  for (QCPAxis* axis : {xAxis, yAxis}) axis->ticker()->setTickCount(5);
  connect(&Theme::instance(), &Theme::changed, this, &Chart::applyTheme);
  applyTheme();
}

void Chart::setTitle(const QString& title) {
  m_title = title;
  setAccessibleName(title);
}

void Chart::setAxisTitles(const QString& x, const QString& y) {
  xAxis->setLabel(x);
  yAxis->setLabel(y);
}

void Chart::styleAxis(QCPAxis* axis) {
  if (const QCPAxisTicker& ticker = *axis->ticker(); typeid(ticker) == typeid(QCPAxisTicker))
    axis->setTicker(QSharedPointer<NumberTicker>::create());
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  axis->setBasePen(QPen(c.borderStrong, 1));
  axis->setTickPen(QPen(c.borderStrong, 1));
  axis->setSubTickPen(Qt::NoPen);
  axis->setSubTicks(false);
  axis->setTickLengthIn(0);
  axis->setTickLengthOut(4);
  axis->setTickLabelColor(c.textMuted);
  axis->setLabelColor(c.textMuted);
  axis->setTickLabelFont(theme.textFont(-1.5));
  axis->setLabelFont(theme.textFont(-1));
  axis->setLabelPadding(4);
  axis->grid()->setPen(QPen(c.grid, 1));
  axis->grid()->setZeroLinePen(QPen(c.grid, 1));
  axis->grid()->setSubGridVisible(false);
}

void Chart::applyTheme() {
  setBackground(QBrush(Theme::instance().colors().surface));
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) styleAxis(axis);
  xAxis->grid()->setVisible(false);
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void Chart::rememberHome() {
  m_home.clear();
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) m_home.emplace_back(axis, axis->range());
}

void Chart::resetView() {
  for (const auto& [axis, range] : m_home) axis->setRange(range);
  replot(QCustomPlot::rpQueuedReplot);
}

void Chart::setMessage(const QString& message) {
  m_message->setText(message);
  m_message->setVisible(!message.isEmpty());
  m_message->setGeometry(rect().adjusted(space::kTwo, 0, -space::kTwo, 0));
}

QPointF Chart::toCoordinates(QPointF pixel) const {
  return {xAxis->pixelToCoord(pixel.x()), yAxis->pixelToCoord(pixel.y())};
}

void Chart::mouseMoveEvent(QMouseEvent* event) {
  QCustomPlot::mouseMoveEvent(event);
  const QPointF at = event->position();
  const bool inside = isReadAt(at) && event->buttons() == Qt::NoButton;
  const auto text = inside && m_message->isHidden() ? readout(toCoordinates(at)) : std::nullopt;
  if (text)
    m_readout->showAt(at, *text);
  else
    m_readout->hide();
}

void Chart::mousePressEvent(QMouseEvent* event) {
  m_pressedAt = event->position();
  m_readout->hide();
  QCustomPlot::mousePressEvent(event);
}

void Chart::mouseReleaseEvent(QMouseEvent* event) {
  QCustomPlot::mouseReleaseEvent(event);
  if (std::exchange(m_doubleClicked, false)) return;
  const bool click =
      (event->position() - m_pressedAt).manhattanLength() < QGuiApplication::styleHints()->startDragDistance();
  if (event->button() == Qt::LeftButton && click) clickedAt(toCoordinates(event->position()));
}

void Chart::mouseDoubleClickEvent(QMouseEvent* event) {
  QCustomPlot::mouseDoubleClickEvent(event);
  m_doubleClicked = true;
  const bool inside = axisRect()->rect().contains(event->position().toPoint());
  if (!inside || !activatedAt(toCoordinates(event->position()))) resetView();
}

bool Chart::activatedAt(QPointF) { return false; }

void Chart::leaveEvent(QEvent* event) {
  m_readout->hide();
  QCustomPlot::leaveEvent(event);
}

void Chart::zoom(double factor) {
  if (axisRect()->rangeZoom().testFlag(Qt::Horizontal)) xAxis->scaleRange(factor);
  if (axisRect()->rangeZoom().testFlag(Qt::Vertical)) yAxis->scaleRange(factor);
  replot(QCustomPlot::rpQueuedReplot);
}

void Chart::pan(double x, double y) {
  if (xAxis->scaleType() == QCPAxis::stLinear) xAxis->moveRange(xAxis->range().size() * x);
  if (yAxis->scaleType() == QCPAxis::stLinear) yAxis->moveRange(yAxis->range().size() * y);
  replot(QCustomPlot::rpQueuedReplot);
}

void Chart::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(0.8);
    case Qt::Key_Minus:
      return zoom(1.25);
    case Qt::Key_0:
    case Qt::Key_Home:
      return resetView();
    case Qt::Key_Left:
      return pan(-0.1, 0);
    case Qt::Key_Right:
      return pan(0.1, 0);
    case Qt::Key_Up:
    case Qt::Key_Down:
      if (!axisRect()->rangeDrag().testFlag(Qt::Vertical)) break;
      return pan(0, (event->key() == Qt::Key_Up) == yAxis->rangeReversed() ? -0.1 : 0.1);
    default:
      break;
  }
  QCustomPlot::keyPressEvent(event);
}

void Chart::showEvent(QShowEvent* event) {
  QCustomPlot::showEvent(event);
  replot(QCustomPlot::rpQueuedReplot);
}

void Chart::paintEvent(QPaintEvent* event) {
  QCustomPlot::paintEvent(event);
  if (!hasFocus()) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(Theme::instance().colors().accent, 2));
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadiusSmall, space::kRadiusSmall);
}

void Chart::resizeEvent(QResizeEvent* event) {
  QCustomPlot::resizeEvent(event);
  m_message->setGeometry(rect().adjusted(space::kTwo, 0, -space::kTwo, 0));
}

}  // namespace app
