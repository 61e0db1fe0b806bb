#include "app/workspaces/trace/tensor_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/plots/text_layer.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/map_keys.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

namespace {
constexpr int kColors = 256, kMostMapTicks = 20;
constexpr double kMarkRight = 0.32, kMarkUp = 0.28;  // of a check in its cell, from the middle
}  // namespace

QCPColorGradient divergingGradient() {
  const ThemeColors& colors = Theme::instance().colors();
  QCPColorGradient gradient;
  gradient.clearColorStops();
  gradient.setColorStopAt(0, QColor(0x0072B2));
  gradient.setColorStopAt(0.5, colors.dark ? colors.sunken : QColor(0xF7F7F7));
  gradient.setColorStopAt(1, QColor(0xD55E00));
  gradient.setLevelCount(kColors);
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  return gradient;
}

TensorMap::TensorMap(QWidget* parent)
    : Chart(parent),
      m_map(new QCPColorMap(xAxis, yAxis)),
      m_frame(new QCPItemRect(this)),
      m_values(new TextLayer(this, xAxis, yAxis, Qt::AlignHCenter)),
      m_marks(new TextLayer(this, xAxis, yAxis, Qt::AlignHCenter)) {
  setTitle(tr("What every tensor did"));
  setAxisTitles(tr("layer"), QString());
  m_map->setInterpolate(false);
  m_map->setTightBoundary(false);
  yAxis->setRangeReversed(true);
  axisRect()->setRangeDrag(Qt::Horizontal);
  axisRect()->setRangeZoom(Qt::Horizontal);
  m_frame->topLeft->setType(QCPItemPosition::ptPlotCoords);
  m_frame->bottomRight->setType(QCPItemPosition::ptPlotCoords);
  m_frame->setVisible(false);
  m_values->setRoom(1.0);
  applyColors();
}

void TensorMap::applyColors() {
  if (m_marks == nullptr) return;
  m_map->setGradient(divergingGradient());
  m_frame->setPen(QPen(Theme::instance().colors().text, 2.5));
  m_frame->setBrush(Qt::NoBrush);
  yAxis->grid()->setVisible(false);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setBasePen(Qt::NoPen);
  draw();
}

void TensorMap::setCells(std::vector<Cell> cells, const QString& value) {
  std::vector<std::string> names;
  for (const Cell& cell : cells) names.push_back(cell.name.toStdString());
  const LayerGrid grid = LayerGrid::arrange(names);
  const bool isOther = !(grid == m_grid);
  m_grid = grid;
  m_cells = std::move(cells);
  m_value = value;
  m_cellAt.assign(static_cast<std::size_t>(m_grid.kinds.size()) * static_cast<std::size_t>(std::max(m_grid.blocks, 1)),
                  -1);
  for (std::size_t i = 0; i < m_cells.size(); ++i) {
    const auto& place = m_grid.places[i];
    m_cellAt[static_cast<std::size_t>(place.kind * std::max(m_grid.blocks, 1) + place.block)] = static_cast<int>(i);
  }
  if (isOther) {
    xAxis->setRange(-0.5, std::max(m_grid.blocks, 1) - 0.5);
    yAxis->setRange(-0.5, static_cast<double>(m_grid.kinds.size()) - 0.5);
    rememberHome();
  }
  draw();
  replot(QCustomPlot::rpQueuedReplot);
}

int TensorMap::cellAt(int block, int kind) const {
  if (kind < 0 || kind >= m_grid.kinds.size() || block < 0 || block >= std::max(m_grid.blocks, 1)) return -1;
  if (m_grid.isOutside(kind)) block = 0;
  return m_cellAt[static_cast<std::size_t>(kind * std::max(m_grid.blocks, 1) + block)];
}

int TensorMap::cellAt(QPointF coordinates) const {
  return cellAt(static_cast<int>(std::lround(coordinates.x())), static_cast<int>(std::lround(coordinates.y())));
}

void TensorMap::draw() {
  const int blocks = std::max(m_grid.blocks, 1), kinds = static_cast<int>(m_grid.kinds.size());
  const bool any = kinds > 0;
  m_map->setVisible(any);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(any);
  std::vector<TextLayer::Entry> values, marks;
  if (any) {
    double largest = 0.0;
    for (const Cell& cell : m_cells) largest = std::max(largest, cell.isKnown ? std::abs(cell.value) : 0.0);
    m_map->data()->setSize(blocks, kinds);
    m_map->data()->setRange(QCPRange(0, std::max(blocks - 1, 0)), QCPRange(0, std::max(kinds - 1, 0)));
    if (blocks == 1) m_map->data()->setKeyRange(QCPRange(-0.5, 0.5));
    if (kinds == 1) m_map->data()->setValueRange(QCPRange(-0.5, 0.5));
    m_map->setDataRange(QCPRange(-1, 1));
    for (int kind = 0; kind < kinds; ++kind) {
      for (int block = 0; block < blocks; ++block) {
        const int at = cellAt(block, kind);
        const Cell* cell = at < 0 ? nullptr : &m_cells[static_cast<std::size_t>(at)];
        const bool isKnown = cell != nullptr && cell->isKnown && largest > 0;
        const double share = isKnown ? cell->value / largest : std::numeric_limits<double>::quiet_NaN();
        m_map->data()->setCell(block, kind, share);
        if (cell == nullptr || (m_grid.isOutside(kind) && block != blocks / 2)) continue;
        const QColor ground = isKnown ? QColor::fromRgba(divergingGradient().color(share, QCPRange(-1, 1)))
                                      : Theme::instance().colors().surface;
        const QString number = signedNumber(cell->value, 2);
        const QColor ink = TextLayer::inkOn(ground);
        if (cell->isKnown) values.push_back({QPointF(block, kind), number, ink});
        if (cell->restores) marks.push_back({QPointF(block + kMarkRight, kind - kMarkUp), QStringLiteral("✓"), ink});
      }
    }
    QSharedPointer<QCPAxisTickerText> kindTicks(new QCPAxisTickerText), blockTicks(new QCPAxisTickerText);
    for (int kind = 0; kind < kinds; ++kind) kindTicks->addTick(kind, text::shortened(m_grid.kinds[kind], 22));
    const int every = std::max(1, (blocks + kMostMapTicks - 1) / kMostMapTicks);
    for (int block = 0; block < blocks; block += every) blockTicks->addTick(block, QString::number(block));
    xAxis->setTicker(blockTicks);
    yAxis->setTicker(kindTicks);
  }
  m_values->setEntries(std::move(values));
  m_marks->setEntries(std::move(marks));
  setSelected(m_selected);
}

void TensorMap::setSelected(int cell) {
  m_selected = cell < static_cast<int>(m_cells.size()) ? cell : -1;
  m_frame->setVisible(m_selected >= 0);
  if (m_selected >= 0) {
    const auto& place = m_grid.places[static_cast<std::size_t>(m_selected)];
    const bool isWide = m_grid.isOutside(place.kind);
    m_frame->topLeft->setCoords((isWide ? 0 : place.block) - 0.5, place.kind - 0.5);
    m_frame->bottomRight->setCoords((isWide ? std::max(m_grid.blocks, 1) - 1 : place.block) + 0.5, place.kind + 0.5);
  }
  setAccessibleDescription(m_selected >= 0 ? describe(m_selected) : QString());
  replot(QCustomPlot::rpQueuedReplot);
}

QString TensorMap::describe(int cell) const {
  const Cell& at = m_cells[static_cast<std::size_t>(cell)];
  QString text = at.name;
  text += at.isKnown ? tr(": %1 %2").arg(m_value, signedNumber(at.value)) : tr(": not tried alone");
  if (!at.note.isEmpty()) text += u'\n' + at.note;
  return text;
}

std::optional<QString> TensorMap::readout(QPointF coordinates) const {
  const int cell = cellAt(coordinates);
  return cell < 0 ? std::nullopt : std::optional(describe(cell));
}

void TensorMap::clickedAt(QPointF coordinates) {
  if (const int cell = cellAt(coordinates); cell >= 0) Q_EMIT cellClicked(cell);
}

bool TensorMap::activatedAt(QPointF coordinates) {
  const int cell = cellAt(coordinates);
  if (cell >= 0) Q_EMIT cellActivated(cell);
  return cell >= 0;
}

// Places without a tensor are stepped over.
void TensorMap::step(int blocks, int kinds) {
  LayerGrid::Place place = m_selected < 0 ? LayerGrid::Place() : m_grid.places[static_cast<std::size_t>(m_selected)];
  if (m_selected < 0) return Q_EMIT cellClicked(0);
  while (true) {
    place.block += blocks;
    place.kind += kinds;
    if (place.block < 0 || place.block >= std::max(m_grid.blocks, 1) || place.kind < 0 ||
        place.kind >= m_grid.kinds.size())
      return;
    const int cell = cellAt(place.block, place.kind);
    if (cell >= 0 && cell != m_selected) return Q_EMIT cellClicked(cell);
  }
}

void TensorMap::keyPressEvent(QKeyEvent* event) {
  const auto key = mapKey(event->key());
  if (m_cells.empty() || !key) return Chart::keyPressEvent(event);
  if (!key->opens) return step(key->columns, key->rows);
  if (m_selected >= 0) Q_EMIT cellActivated(m_selected);
}

QPoint TensorMap::centerOf(int cell) const {
  const auto& place = m_grid.places[static_cast<std::size_t>(cell)];
  return {static_cast<int>(xAxis->coordToPixel(place.block)), static_cast<int>(yAxis->coordToPixel(place.kind))};
}

ChartTable TensorMap::table() const {
  ChartTable table{{tr("tensor"), m_value, QStringLiteral("restores_the_word")}, {}, {}};
  for (const Cell& cell : m_cells) {
    table.rowLabels << cell.name;
    table.rows.push_back(
        {cell.isKnown ? cell.value : std::numeric_limits<double>::quiet_NaN(), cell.restores ? 1.0 : 0.0});
  }
  return table;
}

}  // namespace app
