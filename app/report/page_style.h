#pragma once
#include <QString>

namespace app::report {

/// The page's style sheet: the program's own colours, light and dark.
QString pageStyle();

}  // namespace app::report
