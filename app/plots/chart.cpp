#include "app/plots/chart.h"

#include <QBuffer>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <QToolButton>
#include <cmath>
#include <utility>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/save_file.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr double kExportScale = 2.0;

/// The hover read-out: a small raised tile that follows the pointer.
class Readout final : public Label {
 public:
  explicit Readout(QWidget* parent) : Label(Label::Style::Body, {}, parent) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setContentsMargins(9, 5, 9, 5);
    hide();
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    const ThemeColors& c = Theme::instance().colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(c.borderStrong);
    painter.setBrush(c.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), space::kRadiusSmall, space::kRadiusSmall);
    painter.end();
    Label::paintEvent(event);
  }
};

}  // namespace

/// Title, provenance and legend above the chart for as long as a picture of it is made.
class Chart::Heading {
 public:
  explicit Heading(Chart& chart) : m_chart(chart), m_before(chart.viewport()) {
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
  ~Heading() {
    auto* layout = m_chart.plotLayout();
    for (QCPLayoutElement* element : m_elements) layout->remove(element);
    layout->simplify();
    m_chart.setViewport(m_before);
    m_chart.replot(QCustomPlot::rpQueuedReplot);
  }
  Heading(const Heading&) = delete;
  Heading& operator=(const Heading&) = delete;
  int height() const { return m_height; }

 private:
  QCPTextElement* text(const QString& what, const QFont& font, const QColor& color) const {
    auto* element = new QCPTextElement(&m_chart, what, font);
    element->setTextColor(color);
    element->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter);
    element->setMargins(QMargins(space::kOne, 2, space::kOne, 2));
    element->setMinimumSize(1, kLineHeight - 6);  // a long line is cut rather than making the chart wider
    return element;
  }
  /// As wide as its text, so that the entries stand side by side.
  QCPTextElement* legendText(const ChartLegendEntry& entry) const {
    QCPTextElement* element = text(QStringLiteral("■ ") + entry.name, Theme::instance().textFont(-1), entry.color);
    const int wide = QFontMetrics(element->font()).horizontalAdvance(element->text()) + 2 * space::kOne;
    element->setMinimumSize(wide, kLineHeight - 6);
    element->setMaximumSize(wide, kLineHeight);
    return element;
  }
  void addLine(const QString& what, const QFont& font, const QColor& color) {
    if (!what.isEmpty()) insert(text(what, font, color));
  }
  void insert(QCPLayoutElement* element) {
    const int row = static_cast<int>(m_elements.size());
    m_chart.plotLayout()->insertRow(row);
    m_chart.plotLayout()->addElement(row, 0, element);
    m_elements.push_back(element);
    m_height += kLineHeight;
  }

  static constexpr int kLineHeight = 24;
  Chart& m_chart;
  QRect m_before;
  std::vector<QCPLayoutElement*> m_elements;
  int m_height = 0;
};

Chart::Chart(QWidget* parent)
    : QCustomPlot(parent), m_readout(new Readout(this)), m_message(new Label(Label::Style::Muted, {}, this)) {
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  axisRect()->setRangeZoomFactor(0.85);
  setNoAntialiasingOnDrag(true);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(160, 110);
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setAttribute(Qt::WA_TransparentForMouseEvents);
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
  const bool inside = axisRect()->rect().contains(at.toPoint()) && event->buttons() == Qt::NoButton;
  const auto text = inside && m_message->isHidden() ? readout(toCoordinates(at)) : std::nullopt;
  if (!text) {
    m_readout->hide();
    return;
  }
  m_readout->setText(*text);
  m_readout->adjustSize();
  placeReadout(at);
  m_readout->show();
}

void Chart::placeReadout(QPointF pixel) {
  constexpr int kGap = 14;
  const QSize size = m_readout->size();
  int x = static_cast<int>(pixel.x()) + kGap, y = static_cast<int>(pixel.y()) - size.height() - kGap / 2;
  if (x + size.width() > width()) x = static_cast<int>(pixel.x()) - kGap - size.width();
  m_readout->move(std::max(0, x), std::max(0, y));
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

void Chart::fillMenu(QMenu* menu) {
  menu->addAction(icon(QStringLiteral("refresh")), tr("Reset view"), this, &Chart::resetView);
  menu->addSeparator();
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy picture"), this,
                  [this] { QGuiApplication::clipboard()->setPixmap(picture()); });
  menu->addAction(tr("Copy numbers"), this,
                  [this] { QGuiApplication::clipboard()->setText(QString::fromUtf8(csv())); });
  menu->addSeparator();
  for (const char* ending : {"png", "svg", "pdf", "csv"}) {
    const QString name = QLatin1String(ending);
    menu->addAction(icon(QStringLiteral("export")), tr("Export as %1…").arg(name.toUpper()), this,
                    [this, name] { askAndExport(name); });
  }
}

void Chart::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  fillMenu(menu);
  menu->popup(event->globalPos());
}

QToolButton* Chart::createMenuButton() {
  auto* button = new QToolButton;
  button->setIcon(icon(QStringLiteral("export")));
  button->setIconSize({18, 18});
  button->setToolTip(tr("Export or copy this chart"));
  button->setAccessibleName(tr("Export or copy the chart"));
  button->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(button);
  fillMenu(menu);
  button->setMenu(menu);
  return button;
}

QPixmap Chart::picture() {
  const Heading heading(*this);
  return toPixmap(width(), height() + heading.height(), kExportScale);
}

void Chart::askAndExport(const QString& ending) {
  QString name = m_title;
  name.replace(u'/', u'_');
  auto* dialog = new QFileDialog(this, tr("Export chart"), name + u'.' + ending);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(ending);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& fileName) {
    if (const QString problem = exportTo(fileName); !problem.isEmpty()) Q_EMIT exportFailed(problem);
  });
  dialog->open();
}

QByteArray Chart::csv() const {
  const ChartTable content = table();
  const auto quoted = [](QString text) {
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n')) return text;
    return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
  };
  QStringList lines, head;
  for (const QString& column : content.columns) head << quoted(column);
  lines << head.join(u',');
  for (std::size_t r = 0; r < content.rows.size(); ++r) {
    QStringList fields;
    if (!content.rowLabels.isEmpty()) fields << quoted(content.rowLabels.value(static_cast<qsizetype>(r)));
    for (const double value : content.rows[r])
      fields << (std::isnan(value) ? QString() : QString::number(value, 'g', 17));
    lines << fields.join(u',');
  }
  return (lines.join(u'\n') + u'\n').toUtf8();
}

QByteArray Chart::svg(QSize size) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(), size));
  generator.setTitle(m_title);
  generator.setDescription(m_provenance);
  paintVectors(generator, size);
  return bytes;
}

QByteArray Chart::pdf(QSize size) {
  constexpr int kPixelsPerInch = 96;
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QPdfWriter writer(&buffer);
  writer.setTitle(m_title);
  writer.setResolution(kPixelsPerInch);
  writer.setPageSize(QPageSize(QSizeF(size) / kPixelsPerInch, QPageSize::Inch));
  writer.setPageMargins(QMarginsF());
  paintVectors(writer, size);
  return bytes;
}

void Chart::paintVectors(QPaintDevice& device, QSize size) {
  QCPPainter painter(&device);
  painter.setMode(QCPPainter::pmVectorized);
  toPainter(&painter, size.width(), size.height());
  painter.end();
}

QByteArray Chart::png(QSize size) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  toPixmap(size.width(), size.height(), kExportScale).toImage().save(&buffer, "PNG");
  return bytes;
}

QString Chart::exportTo(const QString& fileName) {
  const auto endsIn = [&fileName](const char* ending) {
    return fileName.endsWith(QLatin1String(ending), Qt::CaseInsensitive);
  };
  if (endsIn(".csv")) return saveFile(fileName, csv());
  const Heading heading(*this);
  const QSize whole(width(), height() + heading.height());
  return saveFile(fileName, endsIn(".pdf") ? pdf(whole) : endsIn(".svg") ? svg(whole) : png(whole));
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
