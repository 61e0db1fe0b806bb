#pragma once
#include <cstdint>
#include <vector>

#include "core/text/token.h"

namespace app {

/// Arbitrary but valid tokens: speed does not depend on which.
inline std::vector<core::text::TokenId> someTokens(std::uint32_t count, std::uint32_t vocabulary) {
  std::vector<core::text::TokenId> tokens(count);
  for (std::uint32_t i = 0; i < count; ++i) tokens[i] = static_cast<core::text::TokenId>((i * 7919U + 1U) % vocabulary);
  return tokens;
}

}  // namespace app
