#pragma once
#include <string>
#include <string_view>

namespace core::text {

/// Unicode's canonical composition (NFC) of a text of any bytes: what is no UTF-8 stays as it is.
std::string compose(std::string_view text);

}  // namespace core::text
