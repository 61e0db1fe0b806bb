#pragma once
#include <string>

namespace app::remote {

/// An environment variable; empty where it is not set.
std::string environment(const char* name);
/// Whether one is set to what huggingface_hub takes for yes: 1, on, yes, true in any case.
bool isSwitchedOn(const char* name);

}  // namespace app::remote
