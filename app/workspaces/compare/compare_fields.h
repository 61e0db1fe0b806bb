#pragma once
#include <QString>

class QWidget;

namespace app {

/// A field behind its name, as one thing that stays together.
QWidget* namedField(const QString& name, QWidget* field);

}  // namespace app
