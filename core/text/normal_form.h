#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace core::text {

/// Unicode's normal forms (UAX #15): composed or decomposed, canonical or (K) compatible.
enum class NormalForm : std::uint8_t { Nfc, Nfd, Nfkc, Nfkd };

/// A text of any bytes in a normal form: what is no UTF-8 stays as it is.
std::string normalized(std::string_view text, NormalForm form);

}  // namespace core::text
