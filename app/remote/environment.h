#pragma once
namespace app::remote {

/// Whether one is set to what huggingface_hub takes for yes: 1, on, yes, true in any case.
bool isSwitchedOn(const char* name);

}  // namespace app::remote
