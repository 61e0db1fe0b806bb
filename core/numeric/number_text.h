#pragma once
#include <cstdint>
#include <string>

#include "core/numeric/codec.h"

namespace core::numeric {

/// The decimal with the fewest digits that reads back (nearest even, without overflow) as this code; of several the
/// nearest to its value. A second code of the same value has the text of the first. "nan", "inf" and "-inf"
/// otherwise. Plain from 1e-7 to 1e21, else with an exponent: "0.1", "5e-324".
std::string shortestText(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// decode() as C and C++17 write it: "0x1.d5ef2p-2F" (a double without F where a float cannot hold it), "INFINITY",
/// "-INFINITY", "NAN"; integers of scale 1 and zero-point 0 plain.
std::string cLiteral(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// decode() as Python reads it: "float.fromhex('0x1.d5ef2p-2')", "float('inf')", "float('nan')"; integers as above.
std::string pythonLiteral(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// "0x1.8p-3", "-0x0p+0". @pre the value is finite
std::string hexFloatText(double value);

}  // namespace core::numeric
