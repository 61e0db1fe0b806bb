#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace core::text {

/// The bytes of a text in Base64 (RFC 4648, with its padding); nothing for one that is not.
std::optional<std::string> decodedBase64(std::string_view text);

/// The other way.
std::string encodedBase64(std::string_view bytes);

}  // namespace core::text
