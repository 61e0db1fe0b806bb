#pragma once
#include <QMenu>

#include "app/session/copy_as.h"

namespace app {

/// A menu of what to type elsewhere to get the same as a scheme or recipe: each item copies it, and shows it as its
/// tool tip. What a program cannot be told stands there, too, disabled, with the reason.
QMenu* createCopyAsMenu(const core::model::Recipe& recipe, QWidget* parent);
/// The same in a menu that is there, in place of what it had.
void fillCopyAsMenu(QMenu& menu, const core::model::Recipe& recipe);

}  // namespace app
