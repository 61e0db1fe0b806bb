#pragma once
#include <string_view>

namespace core::io {

/// Whether a pattern of a config ("model\.layers\..*\.(q|k)_proj$") matches from the name's first character on, as
/// Python's re.match: literals, ".", classes, groups with alternatives, "*", "+", "?", anchors and \d, \w, \s. What is
/// none of these, or takes too many steps, matches nothing: patterns come from strangers.
bool matchesPattern(std::string_view pattern, std::string_view name);

}  // namespace core::io
