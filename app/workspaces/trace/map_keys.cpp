#include "app/workspaces/trace/map_keys.h"

#include <Qt>

namespace app {

std::optional<MapKey> mapKey(int key) {
  switch (key) {
    case Qt::Key_Left:
      return MapKey{-1, 0};
    case Qt::Key_Right:
      return MapKey{1, 0};
    case Qt::Key_Up:
      return MapKey{0, -1};
    case Qt::Key_Down:
      return MapKey{0, 1};
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return MapKey{0, 0, true};
    default:
      return std::nullopt;
  }
}

}  // namespace app
