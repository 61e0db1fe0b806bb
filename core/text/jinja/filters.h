#pragma once
#include <map>
#include <string_view>

#include "core/text/jinja/interpreter.h"

namespace core::text::jinja {

using Filter = Value (*)(const Value& input, const Arguments& arguments, Interpreter& interpreter);
using FilterTable = std::map<std::string_view, Filter>;

/// Filters that make or take single values: trim, upper, default, tojson, int, round, …
const FilterTable& scalarFilters();
/// Filters on lists and dictionaries: join, map, select, …
const FilterTable& sequenceFilters();
/// Filters that order and divide: sort, unique, groupby, batch, …
const FilterTable& groupingFilters();
/// Filters that lay out texts: indent, wordwrap, format, escape, …
const FilterTable& layoutFilters();
/// Null when there is none of that name.
Filter findFilter(std::string_view name);

// What they share:

/// "a.b.0" followed from a value, as map(attribute=…) and friends do.
/// @param otherwise stands for every part that is undefined; may be null
Value follow(Value value, const Value& path, Interpreter& interpreter, const Value* otherwise);
/// Whether an argument is given and true.
bool flag(const Arguments& arguments, std::size_t position, std::string_view name);
/// A text in lower case; any other value as it is.
Value foldCase(const Value& value, Budget& budget);
/// @throws Failure unless the filter is given a dictionary
const Value& dictArgument(const Value& input, std::string_view filter);

}  // namespace core::text::jinja
