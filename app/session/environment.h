#pragma once
#include <string>

namespace app {

/// The value of an environment variable; empty where it is not set.
std::string environmentVariable(const char* name);

}  // namespace app
