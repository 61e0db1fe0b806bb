#pragma once
#include <map>
#include <string_view>

#include "core/text/jinja/interpreter.h"

namespace core::text::jinja {

using Filter = Value (*)(const Value& input, const Arguments& arguments, Interpreter& interpreter);
using FilterTable = std::map<std::string_view, Filter>;

/// Filters that make or take single values: trim, upper, default, tojson, int, round, …
const FilterTable& scalarFilters();
/// Filters on lists and dictionaries: join, map, select, sort, …
const FilterTable& sequenceFilters();

}  // namespace core::text::jinja
