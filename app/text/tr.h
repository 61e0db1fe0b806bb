#pragma once
#include <QCoreApplication>
#include <QString>

namespace app::text {

/// A text for people, where no object lends its own tr().
inline QString tr(const char* text) { return QCoreApplication::translate("app", text); }

}  // namespace app::text
