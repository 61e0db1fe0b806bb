#include "app/pictures/layer_grid.h"

#include <QCoreApplication>
#include <QSet>
#include <algorithm>
#include <functional>
#include <optional>

namespace app {

namespace {

constexpr int kMostRowsOutside = 6;

/// A name taken apart at its block's number.
struct Parts {
  QString stack, kind;
  std::optional<int> block;
};

Parts takeApart(const std::string& name) {
  QStringList words = QString::fromStdString(name).split(u'.');
  if (words.size() > 1 && words.last() == QLatin1String("weight")) words.removeLast();
  Parts parts;
  for (qsizetype i = 0; i < words.size(); ++i) {
    bool isNumber = false;
    const int number = words[i].toInt(&isNumber);
    if (!isNumber || number < 0 || number > 9999) continue;
    if (!parts.block) {
      parts.block = number;
      parts.stack = words.mid(0, i).join(u'.');
      words.erase(words.begin(), words.begin() + i + 1);
      i = -1;
    } else {
      words.removeAt(i--);  // the number of an expert
    }
  }
  parts.kind = words.join(u'.');
  return parts;
}

}  // namespace

LayerGrid LayerGrid::arrange(const std::vector<std::string>& names) {
  std::vector<Parts> all;
  QSet<QString> stacks;
  for (const std::string& name : names) {
    all.push_back(takeApart(name));
    if (all.back().block) stacks.insert(all.back().stack);
  }
  const auto isInside = [](const Parts& parts) { return parts.block.has_value(); };
  const auto outside = std::count_if(all.begin(), all.end(), std::not_fn(isInside));
  LayerGrid grid;
  grid.places.resize(all.size());
  int others = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Parts& parts = all[i];
    if (!parts.block && outside <= kMostRowsOutside) continue;
    QString kind = parts.kind;
    if (!parts.block)
      kind = QCoreApplication::translate("LayerGrid", "other");
    else if (stacks.size() > 1)
      kind = parts.stack + u' ' + kind;
    if (!grid.kinds.contains(kind)) grid.kinds.append(kind);
    const int block = parts.block ? *parts.block : others++;
    grid.places[i] = {static_cast<int>(grid.kinds.indexOf(kind)), block};
    grid.blocks = std::max(grid.blocks, block + 1);
  }
  if (outside > kMostRowsOutside) return grid;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].block) continue;
    grid.places[i] = {static_cast<int>(grid.kinds.size()), 0};
    grid.kinds.append(all[i].kind);
    grid.blocks = std::max(grid.blocks, 1);
    ++grid.outside;
  }
  return grid;
}

}  // namespace app
