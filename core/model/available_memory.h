#pragma once
#include <cstdint>
#include <string_view>

namespace core::model {

/// Memory the operating system can give without swapping, in bytes; the largest number when it does not say.
std::uint64_t availableMemory();

/// @param what starts the sentence: "The KV cache for 512 tokens"
/// @throws Error (OutOfMemory) saying how much is needed and available
void requireMemory(std::string_view what, double neededBytes);

}  // namespace core::model
