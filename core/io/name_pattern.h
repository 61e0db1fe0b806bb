#pragma once
#include <cstdint>
#include <string_view>

namespace core::io {

/// Whether a pattern of a config ("model\.layers\..*\.(q|k)_proj$") matches from the name's first character on, as
/// Python's re.match: literals, ".", classes, groups with alternatives, "*", "+", "?", anchors and \d, \w, \s. What is
/// none of these, or takes too many steps, matches nothing: patterns come from strangers.
/// @param steps left for this match and those behind it; 0: nothing matches any more
bool matchesPattern(std::string_view pattern, std::string_view name, std::uint64_t& steps);

}  // namespace core::io
