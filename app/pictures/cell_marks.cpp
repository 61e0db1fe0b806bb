#include "app/pictures/cell_marks.h"

#include <algorithm>

namespace app {

void CellMarks::clear() {
  m_places.clear();
  m_before.clear();
}

void CellMarks::toggle(Place place) {
  const std::pair at(place.kind, place.block);
  if (m_places.erase(at) == 0) m_places.insert(at);
  m_anchor = place;
  m_before = m_places;
}

void CellMarks::begin(Place anchor, Before before) {
  m_before = before == Before::Kept ? m_places : std::set<std::pair<int, int>>();
  m_anchor = anchor;
  m_places = m_before;
  m_places.insert({anchor.kind, anchor.block});
}

void CellMarks::stretch(Place to, const LayerGrid& grid) {
  m_places = m_before;
  const auto [firstKind, lastKind] = std::minmax(m_anchor.kind, to.kind);
  // A row of one tensor says nothing about blocks: the rectangle has those of its other end.
  const bool fromRow = grid.isOutside(m_anchor.kind), toRow = grid.isOutside(to.kind);
  const int from = fromRow ? to.block : m_anchor.block, end = toRow ? from : to.block;
  const auto [firstBlock, lastBlock] = std::minmax(from, end);
  for (int kind = firstKind; kind <= lastKind; ++kind) {
    if (grid.isOutside(kind)) {
      m_places.insert({kind, 0});
      continue;
    }
    for (int block = firstBlock; block <= lastBlock; ++block) m_places.insert({kind, block});
  }
}

}  // namespace app
