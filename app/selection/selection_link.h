#pragma once
#include <QString>

#include "app/selection/link.h"

namespace app {

class Selection;

/// What a link says about the one selection, the same for every workspace:
///   tensor=NAME          of the open model
///   weight=ROW,COLUMN    of that tensor or the selected one; or weight=INDEX, flat and row-major
///   scheme=TEXT          ticked in the list and made the current one; a recipe's name, too
/// Nothing changes unless all of it can be done. Other keys are the workspaces' own and are passed over.
/// @return empty, or the sentence that says what is wrong
QString followLink(Selection& selection, const Link& link);
/// Adds those keys for what is selected now.
void describeSelection(const Selection& selection, Link& link);
/// The first key that is none of the three and none of `own`; empty where there is none.
QString unknownKey(const Link& link, const QStringList& own = {});

}  // namespace app
