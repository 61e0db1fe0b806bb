#pragma once
#include <QString>

class QWidget;

namespace app {

/// A field behind its name, as one thing that stays together; the name is the field's accessible name, too.
/// @param stretch 1: the field takes what room there is
QWidget* namedField(const QString& name, QWidget* field, int stretch = 0);

}  // namespace app
