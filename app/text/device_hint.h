#pragma once
#include <QString>

namespace app::text {

/// What the choice "Automatic" of a device stands for, in a sentence (Engine::kindOf).
QString deviceHint();

}  // namespace app::text
