#include "app/shell/scheme_panel.h"

#include <QVBoxLayout>

#include "app/calibration/calibration_dialog.h"
#include "app/selection/selection.h"
#include "app/shell/own_scheme.h"
#include "app/shell/reference_row.h"
#include "app/shell/scheme_list.h"

namespace app {

SchemePanel::SchemePanel(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent)
    : QWidget(parent), m_list(new SchemeList(selection, jobs, SchemeRow::Boxes::Shown)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* own = new OwnScheme(selection, jobs);
  layout->addWidget(new ReferenceRow(selection));
  layout->addWidget(m_list, 1);
  layout->addWidget(own);
  connect(m_list, &SchemeList::chosen, &selection,
          [&selection](const core::model::Recipe& recipe) { selection.setCurrentRecipe(recipe); });
  connect(m_list, &SchemeList::calibrationWanted, this,
          [this, &selection, &calibrator] { startCalibration(selection, calibrator, window()); });
  connect(own, &OwnScheme::added, m_list, &SchemeList::reveal);
  const auto follow = [this, &selection] { m_list->setCurrent(selection.currentRecipe()); };
  connect(&selection, &Selection::currentSchemeChanged, this, follow);
  follow();
}

void SchemePanel::focusFilter() { m_list->focusFilter(); }

}  // namespace app
