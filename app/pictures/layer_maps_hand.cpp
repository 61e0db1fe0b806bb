// What mouse and keyboard do in the layer maps.
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/pictures/layer_maps.h"
#include "app/pictures/layer_maps_item.h"

namespace app {

void LayerMaps::showMarks() {
  replot(QCustomPlot::rpQueuedReplot);
  Q_EMIT markedChanged();
}

// As in a list: Ctrl adds one or takes it away, Shift goes from where the last one was, a plain click is alone.
void LayerMaps::mark(Place place, Qt::KeyboardModifiers modifiers) {
  const auto selected = selectedPlace();
  if (m_marks.isEmpty() && selected && (modifiers & (Qt::ControlModifier | Qt::ShiftModifier)))
    m_marks.begin(*selected, CellMarks::Before::Dropped);
  if (modifiers & Qt::ShiftModifier)
    m_marks.stretch(place, m_content.grid);
  else if (modifiers & Qt::ControlModifier)
    m_marks.toggle(place);
  else
    m_marks.clear();
  showMarks();
}

void LayerMaps::clickedAt(QPointF coordinates) {
  const auto hit = hitAt(coordinates);
  if (!hit || hit->matrix < 0) return;
  mark(hit->place, m_pressModifiers);
  Q_EMIT cellClicked(hit->matrix, hit->scheme);
}

bool LayerMaps::activatedAt(QPointF coordinates) {
  const auto hit = hitAt(coordinates);
  if (!hit || hit->matrix < 0) return false;
  Q_EMIT cellActivated(hit->matrix, hit->scheme);
  return true;
}

void LayerMaps::mousePressEvent(QMouseEvent* event) {
  m_panFrom = event->position().x();
  m_pressModifiers = event->modifiers();
  m_pressed.reset();
  m_isDragging = false;
  if (event->button() == Qt::LeftButton) {
    const auto hit = hitAt(event->position());
    if (hit && hit->matrix >= 0) m_pressed = hit;
  }
  Chart::mousePressEvent(event);
}

void LayerMaps::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  if (event->buttons().testFlag(Qt::MiddleButton)) {
    const double cell = m_item->layOut(axisRect()->rect().size()).cell.width();
    pan((m_panFrom - event->position().x()) / std::max(cell, 1.0));
    m_panFrom = event->position().x();
  }
  if (!event->buttons().testFlag(Qt::LeftButton) || !m_pressed) return;
  const Place now = nearestPlace(event->position(), m_pressed->scheme);
  if (!m_isDragging) {
    if (now == m_pressed->place) return;
    m_isDragging = true;
    const bool adds = m_pressModifiers & Qt::ControlModifier;
    m_marks.begin(m_pressed->place, adds ? CellMarks::Before::Kept : CellMarks::Before::Dropped);
  }
  m_marks.stretch(now, m_content.grid);
  showMarks();
}

void LayerMaps::mouseReleaseEvent(QMouseEvent* event) {
  const auto pressed = std::exchange(m_pressed, std::nullopt);
  const bool wasDragging = std::exchange(m_isDragging, false);
  if (!wasDragging || !pressed) return Chart::mouseReleaseEvent(event);
  QCustomPlot::mouseReleaseEvent(event);
  Q_EMIT cellClicked(pressed->matrix, pressed->scheme);
}

void LayerMaps::contextMenuEvent(QContextMenuEvent* event) {
  QPoint place = event->globalPos();
  if (event->reason() == QContextMenuEvent::Mouse) {
    // A click beside what is marked is about the cell under it.
    const auto hit = hitAt(event->pos());
    if (hit && hit->matrix >= 0 && !m_marks.contains(hit->place)) {
      mark(hit->place, {});
      Q_EMIT cellClicked(hit->matrix, hit->scheme);
    }
  } else if (selectedPlace() && m_selectedScheme >= 0) {
    place = mapToGlobal(centerOf(m_selectedMatrix, m_selectedScheme));
  }
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  Q_EMIT menuOpens(menu);
  if (!menu->isEmpty()) menu->addSeparator();
  fillMenu(menu);
  menu->popup(place);
}

void LayerMaps::pan(double blocks) {
  const QCPRange now = m_item->blocks();
  const double room = m_content.grid.blocks - now.size();
  const double lower = std::clamp(now.lower + blocks, -0.5, std::max(room - 0.5, -0.5));
  xAxis2->setRange(lower, lower + now.size());
  replot(QCustomPlot::rpQueuedReplot);
}

void LayerMaps::zoomBlocks(double factor, double around) {
  constexpr double kFewest = 4;
  const QCPRange now = m_item->blocks();
  const double all = m_content.grid.blocks, size = std::clamp(now.size() * factor, std::min(kFewest, all), all);
  const double lower = std::clamp(around - (around - now.lower) * size / now.size(), -0.5, all - size - 0.5);
  xAxis2->setRange(lower, lower + size);
  replot(QCustomPlot::rpQueuedReplot);
}

// The wheel alone scrolls the page that this picture may be larger than.
void LayerMaps::wheelEvent(QWheelEvent* event) {
  const auto hit = hitAt(event->position());
  const QPoint turned = event->angleDelta();
  const auto layout = m_item->layOut(axisRect()->rect().size());
  if (hit && event->modifiers().testFlag(Qt::ControlModifier)) {
    const double around =
        (event->position().x() - layout.grid(hit->scheme).left()) / layout.cell.width() + m_item->blocks().lower;
    zoomBlocks(std::pow(0.85, turned.y() / 120.0), around);
  } else if (hit && (turned.x() != 0 || event->modifiers().testFlag(Qt::ShiftModifier))) {
    pan(-(turned.x() != 0 ? turned.x() : turned.y()) / 120.0 * m_item->blocks().size() / 8);
  } else {
    return event->ignore();
  }
  event->accept();
}

void LayerMaps::step(int blocks, int kinds, Qt::KeyboardModifiers modifiers) {
  const auto selected = selectedPlace();
  Place place = selected.value_or(Place());
  const int scheme = std::max(m_selectedScheme, 0);
  if (!selected) blocks = kinds = 0;
  // Places without a matrix are stepped over.
  while (true) {
    place.block += blocks;
    place.kind += kinds;
    if (place.block < 0 || place.block >= m_content.grid.blocks || place.kind < 0 ||
        place.kind >= m_content.grid.kinds.size())
      return;
    const Place seen{place.kind, m_content.grid.isOutside(place.kind) ? 0 : place.block};
    if (const int matrix = worstAt(seen, scheme); matrix >= 0) {
      if (!(modifiers & Qt::ControlModifier)) mark(seen, modifiers & Qt::ShiftModifier);
      return Q_EMIT cellClicked(matrix, scheme);
    }
    if (blocks == 0 && kinds == 0) return;
  }
}

bool LayerMaps::markKey(const QKeyEvent& event) {
  const auto selected = selectedPlace();
  if (event.matches(QKeySequence::SelectAll)) {
    m_marks.clear();
    for (const Place place : m_content.grid.places)
      if (!m_marks.contains(place)) m_marks.toggle(place);
  } else if (event.key() == Qt::Key_Space && selected) {
    m_marks.isEmpty() ? m_marks.begin(*selected, CellMarks::Before::Dropped) : m_marks.toggle(*selected);
  } else if (event.key() == Qt::Key_Escape && !m_marks.isEmpty()) {
    m_marks.clear();
  } else {
    return false;
  }
  showMarks();
  return true;
}

void LayerMaps::keyPressEvent(QKeyEvent* event) {
  if (m_content.names.isEmpty() || m_content.schemes.empty()) return Chart::keyPressEvent(event);
  if (markKey(*event)) return;
  const int last = static_cast<int>(m_content.schemes.size()) - 1;
  const auto scheme = [&](int by) {
    Q_EMIT cellClicked(std::max(m_selectedMatrix, 0), std::clamp(m_selectedScheme + by, 0, last));
  };
  switch (event->key()) {
    case Qt::Key_Left:
      return step(-1, 0, event->modifiers());
    case Qt::Key_Right:
      return step(1, 0, event->modifiers());
    case Qt::Key_Up:
      return step(0, -1, event->modifiers());
    case Qt::Key_Down:
      return step(0, 1, event->modifiers());
    case Qt::Key_PageUp:
      return scheme(-1);
    case Qt::Key_PageDown:
      return scheme(1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (m_selectedMatrix >= 0 && m_selectedScheme >= 0) Q_EMIT cellActivated(m_selectedMatrix, m_selectedScheme);
      return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoomBlocks(0.8, m_item->blocks().center());
    case Qt::Key_Minus:
      return zoomBlocks(1.25, m_item->blocks().center());
    default:
      Chart::keyPressEvent(event);
  }
}

}  // namespace app
