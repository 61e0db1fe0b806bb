#pragma once
#include <string>

namespace app {

/// What tells one build of the program from another, for what is kept from run to run: a method may have changed.
std::string buildText();

}  // namespace app
