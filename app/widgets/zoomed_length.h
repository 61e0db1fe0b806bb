#pragma once
#include "app/widgets/theme.h"

namespace app {

/// A length of the design in pixels at the window's zoom.
inline double px(double length) { return length * Theme::instance().zoom() / 100.0; }

}  // namespace app
