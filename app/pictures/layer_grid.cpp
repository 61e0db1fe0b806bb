#include "app/pictures/layer_grid.h"

#include <QCoreApplication>
#include <QSet>
#include <algorithm>
#include <optional>

namespace app {

namespace {

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
  LayerGrid grid;
  int others = 0;
  for (const Parts& parts : all) {
    QString kind = parts.kind;
    if (!parts.block)
      kind = QCoreApplication::translate("LayerGrid", "other");
    else if (stacks.size() > 1)
      kind = parts.stack + u' ' + kind;
    if (!grid.kinds.contains(kind)) grid.kinds.append(kind);
    const int block = parts.block ? *parts.block : others++;
    grid.places.push_back({static_cast<int>(grid.kinds.indexOf(kind)), block});
    grid.blocks = std::max(grid.blocks, block + 1);
  }
  return grid;
}

}  // namespace app
