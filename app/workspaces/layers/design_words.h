#pragma once
#include <QString>

#include "app/selection/selection.h"
#include "app/workspaces/layers/design_run.h"

namespace app {

class DesignState;

/// "36 % less KL (27 … 44 %)", "indistinguishable (−3 … 12 % less)": the design beside a rival, at 95 %; why there is
/// none where it could not be measured.
QString comparisonText(const DesignRival& rival);
/// What a question offers and asks: "43 tensors under 5 candidates: 215 single measurements. …".
QString offerText(const DesignQuestion& question, const DesignSpace& space);
/// How far it is, or how it ended.
QString stateText(const DesignState& state);
/// The answer in one or two sentences; empty while there is none.
QString verdictText(const DesignOutcome& outcome, const Selection& selection);
/// What the figures were computed from.
QString provenanceText(const DesignOutcome& outcome, const QString& model);
/// "INT4 · 32": what people call a scheme that is known by its text.
QString schemeTitle(const std::string& scheme);

}  // namespace app
