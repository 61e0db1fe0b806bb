#include "app/workspaces/layers/painting_hand.h"

#include <QMenu>
#include <utility>

#include "app/pictures/layer_maps.h"
#include "app/text/numbers.h"
#include "app/workspaces/layers/paint_bar.h"
#include "app/workspaces/layers/recipe_painter.h"

namespace app {

PaintingHand::PaintingHand(Selection& selection, LayerMaps& maps, PaintBar& bar, QObject* parent)
    : QObject(parent), m_selection(selection), m_maps(maps), m_bar(bar), m_painter(new RecipePainter(selection, this)) {
  connect(&maps, &LayerMaps::markedChanged, this, [this] {
    m_painted.clear();  // it was of other tensors
    refresh();
  });
  connect(&maps, &LayerMaps::menuOpens, this, &PaintingHand::fillMenu);
  connect(&bar, &PaintBar::menuOpens, this, &PaintingHand::fillMenu);
  connect(&bar, &PaintBar::undoWanted, m_painter, &RecipePainter::undo);
  connect(m_painter, &RecipePainter::changed, this, [this] {
    m_painted = m_painter->sentence();
    refresh();
  });
}

void PaintingHand::show(std::vector<std::size_t> tensors, std::optional<core::model::Recipe> over) {
  m_tensors = std::move(tensors);
  m_over = std::move(over);
  refresh();
}

void PaintingHand::undo() { m_painter->undo(); }

std::vector<std::size_t> PaintingHand::markedTensors() const {
  std::vector<std::size_t> tensors;
  for (const int row : m_maps.marked()) tensors.push_back(m_tensors[static_cast<std::size_t>(row)]);
  return tensors;
}

void PaintingHand::refresh() {
  const std::vector<int> marked = m_maps.marked();
  QString text;
  if (m_over && !marked.empty())
    text = tr("%1 in %2")
               .arg(marked.size() == 1 ? m_maps.content().names[marked.front()]
                                       : tr("%1 tensors").arg(text::count(marked.size())),
                    m_selection.title(*m_over));
  m_bar.showMarked(text, m_painted, m_painter->canUndo());
}

void PaintingHand::fillMenu(QMenu* menu) {
  const auto tensors = markedTensors();
  if (tensors.empty() || !m_over) return;
  // What painting is over is what the dots show.
  const auto over = [this] { m_selection.setCurrentRecipe(m_over); };
  const bool edits = m_painter->editsCurrent();
  const QString what =
      tensors.size() == 1 ? tr("this tensor") : tr("these %1 tensors").arg(text::count(tensors.size()));
  menu->addSection(edits ? tr("In %1, give %2").arg(m_selection.title(*m_over), what)
                         : tr("In a recipe over %1, give %2").arg(m_selection.title(*m_over), what));
  for (const auto& recipe : m_selection.checkedRecipes()) {
    if (recipe.asScheme() == nullptr) continue;
    menu->addAction(m_selection.title(recipe), this, [this, over, tensors, scheme = *recipe.asScheme()] {
      over();
      m_painter->paint(tensors, scheme);
    });
  }
  menu->addSeparator();
  menu->addAction(tr("Keep as stored"), this, [this, over, tensors] {
    over();
    m_painter->paint(tensors, std::nullopt);
  });
  if (edits)
    menu->addAction(tr("As the rest of the recipe says"), this, [this, tensors] { m_painter->erase(tensors); });
}

}  // namespace app
