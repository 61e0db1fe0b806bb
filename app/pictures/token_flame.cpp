#include "app/pictures/token_flame.h"

#include <QAccessible>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "app/plots/text_layer.h"
#include "app/text/numbers.h"

namespace app {

namespace {

/// Of each model, in units of the vertical axis: its title, a bar of each level, and room before the next.
constexpr double kTitle = 0, kBars = 1, kLevels = 3, kModelRows = 4.5;
constexpr Length kRowPixels{22}, kHighRowPixels{27}, kAxisPixels{48};
constexpr double kGapFrom = 3;      ///< pixels
constexpr double kLeastName = 16;   ///< pixels: shorter bars are not named
constexpr double kMilli = 1e3;      ///< the axis is in milliseconds
constexpr double kMostZoom = 1e-4;  ///< of a token is the picture wide at least

double topOf(const TokenFlame::Place& place, FlameCell::Level level) {
  return kModelRows * static_cast<double>(place.model) + kBars + static_cast<double>(level);
}

}  // namespace

/// All bars and titles: some fifty of a model.
class TokenFlame::Drawing : public QCPAbstractItem {
 public:
  explicit Drawing(TokenFlame& chart) : QCPAbstractItem(&chart), m_chart(chart) { setClipToAxisRect(true); }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override {
    painter->setRenderHint(QPainter::Antialiasing, false);
    for (std::size_t model = 0; model < m_chart.m_models.size(); ++model) {
      drawTitle(*painter, model);
      for (std::size_t cell = 0; cell < m_chart.m_cells[model].size(); ++cell)
        drawCell(*painter, {model, static_cast<int>(cell)});
    }
  }

 private:
  void drawTitle(QPainter& painter, std::size_t index) const {
    const ThemeColors& c = Theme::instance().colors();
    const Model& model = m_chart.m_models[index];
    const QRectF plot = m_chart.axisRect()->rect();
    const double y = m_chart.yAxis->coordToPixel(kModelRows * static_cast<double>(index) + kTitle);
    const double high = m_chart.yAxis->coordToPixel(kModelRows * static_cast<double>(index) + kBars) - y;
    const double mark = std::min(high, 10.0);
    painter.setRenderHint(QPainter::Antialiasing, true);
    paintMark(painter, model.mark, QRectF(plot.left() + 1, y + (high - mark) / 2, mark, mark), model.color);
    painter.setRenderHint(QPainter::Antialiasing, false);
    const QFont font = Theme::instance().textFont(-0.5, QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(c.text);
    const QRectF room(plot.left() + mark + 6, y, plot.width() - mark - 6, high);
    const QString text = m_chart.titleOf(index);
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(font).elidedText(text, Qt::ElideMiddle, room.width()));
  }

  void drawCell(QPainter& painter, const Place& place) const {
    const ThemeColors& c = Theme::instance().colors();
    const QRectF rect = m_chart.rectOf(place);
    if (rect.isEmpty()) return;
    const FlameCell& cell = m_chart.at(place);
    const bool isChosen = m_chart.m_chosen == place;
    const QColor ground = cell.level == FlameCell::Level::Step   ? colorOf(cell.kind)
                          : cell.level == FlameCell::Level::Part ? mix(c.surface, c.text, 0.14)
                                                                 : mix(c.surface, c.text, 0.24);
    // A pixel between neighbours, where there is one to spare.
    painter.fillRect(rect.width() > kGapFrom ? rect.adjusted(0, 0, -1, 0) : rect, ground);
    if (isChosen) {
      painter.setPen(QPen(c.text, 2));
      painter.setBrush(Qt::NoBrush);
      painter.drawRect(rect.adjusted(1, 1, -1, -1));
    }
    const QRectF room = rect.adjusted(4, 0, -3, 0);
    if (room.width() < kLeastName) return;
    const QFont font = Theme::instance().textFont(-1);
    const QFontMetricsF metrics(font);
    const QString name = metrics.elidedText(cell.name, Qt::ElideRight, room.width());
    if (name.size() < 3 && name != cell.name) return;
    painter.setFont(font);
    painter.setPen(cell.level == FlameCell::Level::Step ? TextLayer::inkOn(ground) : c.text);
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter, name);
  }

  TokenFlame& m_chart;
};

TokenFlame::TokenFlame(QWidget* parent) : Chart(parent) {
  setTitle(tr("What the time of one token goes to"));
  new Drawing(*this);  // the chart's own
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  yAxis->setVisible(false);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Maximum);
  yAxis->grid()->setVisible(false);
  yAxis->setRangeReversed(true);
  setAxisTitles(tr("time of one token (ms)"), {});
}

TokenFlame::~TokenFlame() = default;

void TokenFlame::setModels(std::vector<Model> models) {
  m_models = std::move(models);
  m_cells.clear();
  m_chosen.reset();
  for (const Model& model : m_models) m_cells.push_back(flameCells(model.profile));
  QStringList spoken;
  for (std::size_t i = 0; i < m_models.size(); ++i) spoken << titleOf(i);
  setAccessibleDescription(spoken.join(QStringLiteral("; ")));
  xAxis->setRange(0, m_models.empty() ? 1 : kMilli * longest());
  yAxis->setRange(0, std::max(1.0, kModelRows * static_cast<double>(m_models.size()) - (kModelRows - kBars - kLevels)));
  rememberHome();
  setMinimumHeight(heightOf(kRowPixels));  // below it scrolls
  updateGeometry();
  replot(QCustomPlot::rpQueuedReplot);
}

QString TokenFlame::titleOf(std::size_t model) const {
  const Model& shown = m_models[model];
  return tr("%1: %2 a token, %3 tokens/s")
      .arg(shown.title, text::duration(shown.profile.seconds), text::number(shown.profile.tokensPerSecond(), 3));
}

double TokenFlame::longest() const {
  double longest = 0;
  for (const auto& cells : m_cells) longest = std::max(longest, cells.front().seconds);
  return longest;
}

int TokenFlame::heightOf(int row) const {
  const double rows = kModelRows * static_cast<double>(std::max<std::size_t>(m_models.size(), 1));
  return static_cast<int>(rows * row) + kAxisPixels;
}

QSize TokenFlame::minimumSizeHint() const { return {240, heightOf(kRowPixels)}; }

QSize TokenFlame::sizeHint() const { return {640, heightOf(kHighRowPixels)}; }

QRectF TokenFlame::rectOf(const Place& place) const {
  const FlameCell& cell = at(place);
  const QRectF plot = axisRect()->rect();
  const double left = std::max(plot.left(), xAxis->coordToPixel(kMilli * cell.begin));
  const double right = std::min(plot.right() + 1, xAxis->coordToPixel(kMilli * (cell.begin + cell.seconds)));
  const double top = yAxis->coordToPixel(topOf(place, cell.level)),
               bottom = yAxis->coordToPixel(topOf(place, cell.level) + 1);
  if (right <= left) return {};
  // Whole pixels, so that neighbours meet; what takes time at all is seen.
  const double first = std::round(left), last = std::max(std::round(right), first + 1);
  return {first, std::round(top), last - first, std::round(bottom) - std::round(top) - 1};
}

std::optional<TokenFlame::Place> TokenFlame::placeAt(QPointF coordinates) const {
  const double model = std::floor(coordinates.y() / kModelRows), seconds = coordinates.x() / kMilli;
  if (model < 0 || model >= static_cast<double>(m_models.size())) return std::nullopt;
  const auto index = static_cast<std::size_t>(model);
  for (std::size_t i = 0; i < m_cells[index].size(); ++i) {
    const Place place{index, static_cast<int>(i)};
    const FlameCell& cell = at(place);
    const double top = topOf(place, cell.level);
    if (coordinates.y() >= top && coordinates.y() < top + 1 && seconds >= cell.begin &&
        seconds < cell.begin + cell.seconds)
      return place;
  }
  return std::nullopt;
}

QString TokenFlame::textOf(const Place& place) const {
  return m_models[place.model].title + QStringLiteral(" · ") + describe(at(place));
}

std::optional<QString> TokenFlame::readout(QPointF coordinates) const {
  const auto place = placeAt(coordinates);
  return place ? std::optional(textOf(*place)) : std::nullopt;
}

void TokenFlame::choose(const Place& place) {
  m_chosen = place;
  const QString said = textOf(place);
  setAccessibleDescription(said);
  QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&changed);
  // In sight, when the picture shows a part of it.
  const FlameCell& cell = at(place);
  const QCPRange shown = xAxis->range();
  if (kMilli * cell.begin >= shown.upper || kMilli * (cell.begin + cell.seconds) <= shown.lower)
    xAxis->moveRange(kMilli * cell.begin - shown.lower);
  replot(QCustomPlot::rpQueuedReplot);
  Q_EMIT described(said);
}

void TokenFlame::clickedAt(QPointF coordinates) {
  if (const auto place = placeAt(coordinates)) choose(*place);
}

void TokenFlame::zoomTo(const Place& place) {
  const FlameCell& cell = at(place);
  const double wide = kMilli * std::max(cell.seconds, kMostZoom * longest());
  xAxis->setRange(kMilli * cell.begin, kMilli * cell.begin + wide);
  replot(QCustomPlot::rpQueuedReplot);
}

bool TokenFlame::activatedAt(QPointF coordinates) {
  const auto place = placeAt(coordinates);
  if (!place || at(*place).level == FlameCell::Level::Token) return false;  // the whole: as at first
  zoomTo(*place);
  return true;
}

// Left and right to the neighbours of the same level, up to what it is part of and down to its first part; beyond the
// ends of one model to the next.
void TokenFlame::step(int key) {
  const Place from = m_chosen.value_or(Place());
  const auto& cells = m_cells[from.model];
  const auto count = static_cast<int>(cells.size());
  const FlameCell& now = at(from);
  if (key == Qt::Key_Left || key == Qt::Key_Right) {
    const int by = key == Qt::Key_Left ? -1 : 1;
    for (int i = from.cell + by; i >= 0 && i < count; i += by)
      if (cells[static_cast<std::size_t>(i)].level == now.level) return choose({from.model, i});
    return;
  }
  if (key == Qt::Key_Up) {
    if (now.parent >= 0) return choose({from.model, now.parent});
    if (from.model > 0) choose({from.model - 1, 0});
    return;
  }
  for (int i = from.cell + 1; i < count; ++i)
    if (cells[static_cast<std::size_t>(i)].parent == from.cell) return choose({from.model, i});
  if (from.model + 1 < m_models.size()) choose({from.model + 1, 0});
}

void TokenFlame::keyPressEvent(QKeyEvent* event) {
  if (m_models.empty()) return Chart::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
      return m_chosen ? step(event->key()) : choose({});
    case Qt::Key_Home:
      return choose({m_chosen ? m_chosen->model : 0, 0});
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (m_chosen) at(*m_chosen).level == FlameCell::Level::Token ? resetView() : zoomTo(*m_chosen);
      return;
    default:
      Chart::keyPressEvent(event);
  }
}

void TokenFlame::focusInEvent(QFocusEvent* event) {
  Chart::focusInEvent(event);
  const bool byKey = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
  if (byKey && !m_chosen && !m_models.empty()) choose({});
}

QColor TokenFlame::colorOf(FlameKind kind) {
  const Theme& theme = Theme::instance();
  constexpr std::array<int, kFlameKinds> kSlots{0, 5, 1, 4, 2, 3, 6, 7, -1, -1};
  const int slot = kSlots[static_cast<std::size_t>(kind)];
  return slot < 0 ? theme.colors().reference : theme.seriesColor(slot);
}

std::vector<FlameKind> TokenFlame::kinds() const {
  std::vector<FlameKind> found;
  for (int i = 0; i < kFlameKinds; ++i) {
    const auto kind = static_cast<FlameKind>(i);
    const auto isThere = [kind](const std::vector<FlameCell>& cells) {
      return std::ranges::any_of(
          cells, [kind](const FlameCell& cell) { return cell.level == FlameCell::Level::Step && cell.kind == kind; });
    };
    if (std::ranges::any_of(m_cells, isThere)) found.push_back(kind);
  }
  return found;
}

std::vector<ChartLegendEntry> TokenFlame::legend() const {
  std::vector<ChartLegendEntry> entries;
  for (const FlameKind kind : kinds()) entries.push_back({nameOf(kind), colorOf(kind)});
  return entries;
}

ChartTable TokenFlame::table() const {
  ChartTable result;
  result.columns = {tr("step"),  tr("level"), tr("ms"),        tr("share of the token"),
                    tr("count"), tr("bytes"), tr("operations")};
  for (std::size_t model = 0; model < m_models.size(); ++model) {
    for (const FlameCell& cell : m_cells[model]) {
      const QString above = cell.level == FlameCell::Level::Step
                                ? m_cells[model][static_cast<std::size_t>(cell.parent)].name + QStringLiteral(" · ")
                                : QString();
      result.rowLabels.append(m_models[model].title + QStringLiteral(" · ") + above + cell.name);
      result.rows.push_back({static_cast<double>(cell.level), kMilli * cell.seconds, cell.share,
                             static_cast<double>(cell.count), static_cast<double>(cell.work.bytes()),
                             static_cast<double>(cell.work.operations)});
    }
  }
  return result;
}

}  // namespace app
