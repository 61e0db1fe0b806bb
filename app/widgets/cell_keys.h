#pragma once
#include <optional>

namespace app {

/// Which of many cells, laid out line by line, an arrow key, Home or End leads to; the same one where there is none in
/// that direction. Nothing for any other key.
/// @param key of Qt::Key  @param cell from 0, as laid out
std::optional<int> cellAfterKey(int key, int cell, int perLine, int count);

}  // namespace app
