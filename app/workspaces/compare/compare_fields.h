#pragma once
#include <QString>

#include "app/session/kv_layout.h"

class QWidget;

namespace app {

/// A field behind its name, as one thing that stays together.
QWidget* namedField(const QString& name, QWidget* field);
/// "FP16", "INT8", "Q8_0".
QString kvText(KvStorage storage);

}  // namespace app
