#pragma once
#include <string_view>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

class Interpreter;

/// Python's `format % value`: a tuple holds the values one by one, a dictionary those of %(name)s.
/// @throws Failure for too few or too many values, and for values of another type than a conversion needs
Value formatPercent(std::string_view format, const Value& value, Budget& budget);

/// Python's str.format(): {}, {0}, {name.attribute[key]!r:>10.2f}.
/// @throws Failure likewise, and for unknown names
Value formatBraces(std::string_view format, const Arguments& arguments, Interpreter& interpreter);

}  // namespace core::text::jinja
