#include "app/widgets/cell_keys.h"

#include <Qt>

namespace app {

std::optional<int> cellAfterKey(int key, int cell, int perLine, int count) {
  int next = cell;
  switch (key) {
    case Qt::Key_Left:
      next = cell - 1;
      break;
    case Qt::Key_Right:
      next = cell + 1;
      break;
    case Qt::Key_Up:
      next = cell - perLine;
      break;
    case Qt::Key_Down:
      next = cell + perLine;
      break;
    case Qt::Key_Home:
      next = 0;
      break;
    case Qt::Key_End:
      next = count - 1;
      break;
    default:
      return std::nullopt;
  }
  return next >= 0 && next < count ? next : cell;
}

}  // namespace app
