#pragma once
#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "app/selection/selection.h"

class QMenu;

namespace app {

class LayerMaps;
class PaintBar;
class RecipePainter;

/// Lets a person paint: connects what is marked in the maps with the bar above them and the menus of both, and with
/// what makes the recipe.
class PaintingHand : public QObject {
  Q_OBJECT
 public:
  /// Maps and bar outlive this.
  PaintingHand(Selection& selection, LayerMaps& maps, PaintBar& bar, QObject* parent);

  /// What the maps show. @param tensors indices in the checkpoint, one a matrix @param over what is painted over
  void show(std::vector<std::size_t> tensors, std::optional<core::model::Recipe> over);
  void undo();

 private:
  void refresh();
  /// The schemes that marked tensors can be given.
  void fillMenu(QMenu* menu);
  std::vector<std::size_t> markedTensors() const;

  Selection& m_selection;
  LayerMaps& m_maps;
  PaintBar& m_bar;
  RecipePainter* m_painter;
  std::vector<std::size_t> m_tensors;
  std::optional<core::model::Recipe> m_over;
  QString m_painted;  ///< what was just painted, said until something else is marked
};

}  // namespace app
