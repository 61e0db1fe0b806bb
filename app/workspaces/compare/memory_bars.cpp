#include "app/workspaces/compare/memory_bars.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

#include "app/plots/text_layer.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr Length kBarHeight{17};
constexpr double kBarGap = 0.9;  ///< rows between groups
constexpr double kMost = 1.22;   ///< share up to which bars are drawn
constexpr double kRoomForNames = 0.24;

/// The longest context that fits, as far as the model goes.
QString contextText(const MemoryBars::Bar& bar) {
  if (bar.trainedContext != 0 && bar.plan.longestContext >= bar.trainedContext)
    return MemoryBars::tr("all %1 positions").arg(text::count(bar.trainedContext));
  return MemoryBars::tr("up to %1").arg(text::count(bar.plan.longestContext));
}

}  // namespace

QString plannedBytes(double bytes) { return text::bytes(static_cast<std::uint64_t>(std::max(bytes, 0.0))); }

MemoryBars::MemoryBars(QWidget* parent)
    : Chart(parent), m_limit(new QCPItemStraightLine(this)), m_texts(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)) {
  setTitle(tr("Memory on devices"));
  setObjectName(QStringLiteral("memory-bars"));
  setAxisTitles(tr("share of the memory that a model may use"), {});
  yAxis->setRangeReversed(true);
  yAxis->setTickLength(0, 0);
  yAxis->grid()->setVisible(false);
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  for (const int percent : {0, 25, 50, 75, 100}) ticker->addTick(percent / 100.0, text::percent(percent / 100.0, 0));
  xAxis->setTicker(ticker);
  axisRect()->setRangeZoom(Qt::Vertical);
  axisRect()->setRangeDrag(Qt::Vertical);
  m_limit->setLayer(QStringLiteral("axes"));
  m_limit->point1->setCoords(1, 0);
  m_limit->point2->setCoords(1, 1);
  applyColors();
}

double MemoryBars::yOf(std::size_t group, std::size_t bar) const {
  const double bars = m_groups.empty() ? 0 : static_cast<double>(m_groups.front().bars.size());
  return static_cast<double>(group) * (bars + kBarGap) + static_cast<double>(bar);
}

double MemoryBars::rows() const {
  return m_groups.empty() ? 1 : yOf(m_groups.size() - 1, m_groups.front().bars.size());
}

int MemoryBars::wantedHeight() const { return static_cast<int>(rows() * kBarHeight) + Theme::instance().px(64); }

void MemoryBars::setGroups(std::vector<Group> groups) {
  m_groups = std::move(groups);
  yAxis->setRange(-0.9, rows() - 0.1);
  xAxis->setRange(0, kMost + 0.42);
  rememberHome();
  setMinimumHeight(wantedHeight());
  draw();
}

void MemoryBars::setSelected(int scheme) {
  if (scheme == m_selected) return;
  m_selected = scheme;
  draw();
}

void MemoryBars::addPart(double from, double to, double y, const QBrush& brush, const QPen& pen) {
  if (!(to > from)) return;
  auto* rect = new QCPItemRect(this);
  rect->topLeft->setCoords(from, y - 0.36);
  rect->bottomRight->setCoords(to, y + 0.36);
  rect->setBrush(brush);
  rect->setPen(pen);
}

void MemoryBars::drawBar(const Bar& bar, double y, bool isSelected) {
  const ThemeColors& colors = Theme::instance().colors();
  const MemoryParts& parts = bar.plan.parts;
  const double capacity = std::max(bar.plan.capacity, 1.0);
  const std::pair<double, QColor> stack[] = {{parts.overhead, colors.borderStrong},
                                             {parts.weights, bar.color},
                                             {parts.kvCache, mix(bar.color, colors.surface, 0.45)},
                                             {parts.compute, mix(bar.color, colors.surface, 0.72)}};
  addPart(0, 1, y, colors.sunken, QPen(Qt::NoPen));
  double at = 0;
  for (const auto& [bytes, color] : stack) {
    const double to = at + bytes / capacity;
    addPart(at, std::min(to, kMost), y, color, QPen(Qt::NoPen));
    at = to;
  }
  if (at > 1) addPart(1, std::min(at, kMost), y, QBrush(colors.error, Qt::BDiagPattern), QPen(colors.error, 1));
  if (isSelected) addPart(0, std::min(std::max(at, 1.0), kMost), y, Qt::NoBrush, QPen(colors.text, 1.4));
}

void MemoryBars::draw() {
  for (int i = itemCount() - 1; i >= 0; --i)
    if (item(i) != m_limit && item(i) != m_texts) removeItem(item(i));
  const ThemeColors& colors = Theme::instance().colors();
  std::vector<TextLayer::Entry> texts;
  for (std::size_t g = 0; g < m_groups.size(); ++g) {
    for (std::size_t b = 0; b < m_groups[g].bars.size(); ++b) {
      const Bar& bar = m_groups[g].bars[b];
      const double y = yOf(g, b), share = bar.plan.parts.total() / std::max(bar.plan.capacity, 1.0);
      drawBar(bar, y, static_cast<int>(b) == m_selected);
      const bool fits = bar.plan.fits();
      const MemoryParts& parts = bar.plan.parts;
      const QString taken =
          parts.hostWeights > 0
              ? tr("%1 + %2 of the computer's").arg(plannedBytes(parts.total()), plannedBytes(parts.hostWeights))
              : plannedBytes(parts.total());
      const QString text = fits ? tr("%1 · %2 · %3").arg(bar.scheme, taken, contextText(bar))
                                : tr("%1 · %2 too much").arg(bar.scheme, plannedBytes(-bar.plan.left()));
      texts.push_back({QPointF(std::clamp(share, 1.0, kMost), y), text, fits ? colors.textMuted : colors.error});
    }
  }
  m_texts->setEntries(std::move(texts));
  describe();
  labelGroups();
  replot(QCustomPlot::rpQueuedReplot);
}

// What the marked scheme takes of every device, or the first one.
void MemoryBars::describe() {
  QStringList lines;
  for (const Group& group : m_groups) {
    if (group.bars.empty()) continue;
    const Bar& bar = group.bars[static_cast<std::size_t>(std::max(m_selected, 0)) % group.bars.size()];
    lines << (bar.plan.fits()
                  ? tr("%1 on %2: %3 of %4")
                        .arg(bar.scheme, group.device, plannedBytes(bar.plan.parts.total()),
                             plannedBytes(bar.plan.capacity))
                  : tr("%1 on %2: %3 too much").arg(bar.scheme, group.device, plannedBytes(-bar.plan.left())));
  }
  setAccessibleDescription(lines.join(u'\n'));
}

void MemoryBars::labelGroups() {
  const QFontMetricsF metrics(yAxis->tickLabelFont());
  const double room = kRoomForNames * width();
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  for (std::size_t g = 0; g < m_groups.size(); ++g) {
    if (m_groups[g].bars.empty()) continue;
    const double middle = yOf(g, 0) + (static_cast<double>(m_groups[g].bars.size()) - 1) / 2;
    const bool hasTwoLines = m_groups[g].bars.size() > 1;
    const QString size = plannedBytes(m_groups[g].bars.front().plan.capacity);
    const QString name = metrics.elidedText(m_groups[g].device, Qt::ElideMiddle, room);
    ticker->addTick(middle, hasTwoLines ? name + u'\n' + size : name);
  }
  yAxis->setTicker(ticker);
}

void MemoryBars::applyColors() {
  m_limit->setPen(QPen(Theme::instance().colors().textMuted, 1.2));
  if (!m_groups.empty()) draw();
}

void MemoryBars::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  labelGroups();
}

std::optional<MemoryBars::Place> MemoryBars::placeAt(double y) const {
  for (std::size_t g = 0; g < m_groups.size(); ++g)
    for (std::size_t b = 0; b < m_groups[g].bars.size(); ++b)
      if (std::abs(y - yOf(g, b)) < 0.5) return Place{g, b};
  return std::nullopt;
}

QPoint MemoryBars::centerOf(std::size_t group, std::size_t bar) const {
  return QPointF(xAxis->coordToPixel(0.5), yAxis->coordToPixel(yOf(group, bar))).toPoint();
}

std::optional<QString> MemoryBars::readout(QPointF coordinates) const {
  const auto place = placeAt(coordinates.y());
  if (!place) return std::nullopt;
  const Group& group = m_groups[place->group];
  const Bar& bar = group.bars[place->bar];
  const MemoryParts& parts = bar.plan.parts;
  QStringList lines{tr("%1 on %2").arg(bar.scheme, group.device), tr("weights %1").arg(plannedBytes(parts.weights)),
                    tr("keys and values %1").arg(plannedBytes(parts.kvCache)),
                    tr("compute %1").arg(plannedBytes(parts.compute))};
  if (parts.hostWeights > 0)
    lines << tr("%1 of weights (%2) in the computer's memory, which this device reads more slowly")
                 .arg(plannedBytes(parts.hostWeights), QString::fromStdString(parts.hostParts));
  if (parts.overhead > 0) lines << tr("driver and system %1").arg(plannedBytes(parts.overhead));
  lines << tr("together %1 of %2").arg(plannedBytes(parts.total()), plannedBytes(bar.plan.capacity));
  lines << (bar.plan.fits() ? tr("%1 free; up to %2 positions fit")
                                  .arg(plannedBytes(bar.plan.left()), text::count(bar.plan.longestContext))
            : bar.plan.longestContext > 0
                ? tr("%1 missing; up to %2 positions fit")
                      .arg(plannedBytes(-bar.plan.left()), text::count(bar.plan.longestContext))
                : tr("%1 missing; the weights alone do not fit").arg(plannedBytes(-bar.plan.left())));
  return lines.join(u'\n');
}

void MemoryBars::clickedAt(QPointF coordinates) {
  if (const auto place = placeAt(coordinates.y())) Q_EMIT schemeClicked(static_cast<int>(place->bar));
}

void MemoryBars::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if (step == 0 || m_groups.empty() || m_groups.front().bars.empty()) return Chart::keyPressEvent(event);
  const auto count = static_cast<int>(m_groups.front().bars.size());
  Q_EMIT schemeClicked(std::clamp(m_selected + step, 0, count - 1));
}

ChartTable MemoryBars::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("device, scheme"), QStringLiteral("weights"),      QStringLiteral("kv_cache"),
                    QStringLiteral("compute"),        QStringLiteral("host_weights"), QStringLiteral("overhead"),
                    QStringLiteral("total"),          QStringLiteral("capacity"),     QStringLiteral("fits"),
                    QStringLiteral("longest_context")};
  for (const Group& group : m_groups) {
    for (const Bar& bar : group.bars) {
      const MemoryParts& parts = bar.plan.parts;
      result.rowLabels << group.device + QStringLiteral(", ") + bar.scheme;
      result.rows.push_back({parts.weights, parts.kvCache, parts.compute, parts.hostWeights, parts.overhead,
                             parts.total(), bar.plan.capacity, bar.plan.fits() ? 1.0 : 0.0,
                             static_cast<double>(bar.plan.longestContext)});
    }
  }
  return result;
}

std::vector<ChartLegendEntry> MemoryBars::legend() const {
  std::vector<ChartLegendEntry> entries;
  if (m_groups.empty()) return entries;
  const ThemeColors& colors = Theme::instance().colors();
  for (const Bar& bar : m_groups.front().bars) entries.push_back({bar.scheme, bar.color});
  entries.push_back({tr("lighter: keys and values, then compute"), colors.textFaint});
  entries.push_back({tr("driver and system"), colors.borderStrong});
  return entries;
}

}  // namespace app
