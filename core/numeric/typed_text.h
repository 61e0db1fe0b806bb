#pragma once
#include <string>
#include <string_view>

namespace core::numeric {

/// A number as people and our own tables write it, in the plain letters the parsers read: lower case, without spaces
/// around it; U+2212 as "-", thin and zero-width spaces left out, "×10⁻⁷" as "e-7", "∞" as "inf", "×" and "·" as "*",
/// "÷" as "/", a decimal comma as a point. A comma is one when it is the only one and cannot group thousands ("0,1",
/// "-12,3456", but not "1,234"); commas that group thousands are left out when they can be nothing else ("1,234,567",
/// "1,234.5"). Of Python's "float.fromhex('…')" and "float('…')" alone what stands in it.
std::string plainNumberText(std::string_view typed);

/// A short text for a sentence: in quotation marks, without control characters, cut off after 40 bytes.
std::string shortQuote(std::string_view text);

/// ASCII letters in lower case, without spaces around it.
std::string lowerTrimmed(std::string_view text);

}  // namespace core::numeric
