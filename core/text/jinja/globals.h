#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/jinja/interpreter.h"

namespace core::text::jinja {

/// range, namespace, dict, raise_exception, strftime_now.
const std::vector<std::pair<std::string, Value>>& builtinFunctions();

/// The method `name` of a string or dictionary, bound to it; Undefined when there is none.
Value boundMethod(const Value& object, std::string_view name, Budget& budget);

/// An argument that must be there. @throws Failure naming the function and the argument
const Value& required(const Arguments& arguments, std::size_t position, std::string_view name,
                      std::string_view function);
/// An argument as text or integer. @throws Failure when it is of another type
const std::string& textArgument(const Value& value, std::string_view function, Budget& budget);
std::int64_t integerArgument(const Value& value, std::string_view function);

/// Jinja's arithmetic: + - * / // % ** on numbers, + on strings and lists, * of a string or list by a count,
/// % of a string as formatting.
/// @throws Failure for other types, division by zero and results beyond 64 bits
Value arithmetic(std::string_view op, const Value& a, const Value& b, Budget& budget);

}  // namespace core::text::jinja
