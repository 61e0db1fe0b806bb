#pragma once
#include <string>

namespace app {

/// "3.10 GiB of weights (layers 25–31) lie in the computer's memory, which this device reads more slowly."
/// @param parts core::model::MemoryUse::hostParts
std::string hostWeightsSentence(double bytes, const std::string& parts);

}  // namespace app
