#pragma once
#include <map>
#include <string>
#include <string_view>

#include "core/text/jinja/value.h"

namespace core::text::jinja {

/// A method of Python's str.
using TextMethod = Value (*)(const std::string& self, const Arguments& arguments, Budget& budget);
using TextMethods = std::map<std::string_view, TextMethod>;

/// split, partition, …
const TextMethods& splittingMethods();
/// find, startswith, count, …
const TextMethods& searchingMethods();
/// strip, upper, replace, join, isdigit, …
const TextMethods& writingMethods();

}  // namespace core::text::jinja
