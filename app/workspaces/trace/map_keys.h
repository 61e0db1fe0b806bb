#pragma once
#include <optional>

namespace app {

/// What a key asks of a chart of cells: to go on by so many columns and rows (downwards), or to open the selected cell.
struct MapKey {
  int columns = 0, rows = 0;
  bool opens = false;
};

/// Arrows, Return and Enter; nothing for any other key. @param key of Qt::Key
std::optional<MapKey> mapKey(int key);

}  // namespace app
