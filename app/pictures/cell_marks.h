#pragma once
#include <set>
#include <utility>

#include "app/pictures/layer_grid.h"

namespace app {

/// Places of a layer map that a person marked: single ones, and rectangles from an anchor to where the hand is.
class CellMarks {
 public:
  using Place = LayerGrid::Place;

  bool isEmpty() const { return m_places.empty(); }
  bool contains(Place place) const { return m_places.contains({place.kind, place.block}); }
  void clear();
  void toggle(Place place);
  /// Begins a rectangle of one place, beside what is marked already if that is kept.
  enum class Before { Kept, Dropped };
  void begin(Place anchor, Before before);
  /// Lets the rectangle end at another place. Rows of one tensor (outside the blocks) are in it whatever the block.
  void stretch(Place to, const LayerGrid& grid);

 private:
  std::set<std::pair<int, int>> m_places, m_before;  ///< kind and block; what was marked before the rectangle
  Place m_anchor;
};

}  // namespace app
