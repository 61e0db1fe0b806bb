#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace core::tensor {

/// A type that files name and that this program has no decoder for: enough to list such a tensor.
struct ForeignType {
  std::string_view name;    ///< lower case, as the project that made it writes it: "i2_s", "iq4_ks"
  std::string_view origin;  ///< whose it is, or what became of it, to follow the name: "of BitNet"
};

/// Types of forks of ggml and those that GGUF gave up.
std::optional<ForeignType> foreignGgmlType(std::uint32_t type);

}  // namespace core::tensor
