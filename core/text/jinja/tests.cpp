// `value is test`.
#include <map>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/text_functions.h"

namespace core::text::jinja {

namespace {

using Test = bool (*)(const Value& value, const Arguments& arguments, Interpreter& interpreter);

const Value& other(const Arguments& arguments, std::string_view test) {
  return required(arguments, 0, "other", "The test '" + std::string(test) + "'");
}

template <int remainder>
bool hasRemainder(const Value& value, const Arguments&, Interpreter&) {
  const std::int64_t rest = integerArgument(value, "The tests 'even' and 'odd'") % 2;
  return (rest != 0) == (remainder != 0);
}

bool divisibleBy(const Value& value, const Arguments& arguments, Interpreter&) {
  const std::int64_t by = integerArgument(other(arguments, "divisibleby"), "The test 'divisibleby'");
  if (by == 0) fail("A number is divided by zero.");
  return by == -1 || integerArgument(value, "The test 'divisibleby'") % by == 0;
}

bool isEqual(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return equal(value, other(arguments, "equalto"), interpreter.budget());
}
bool isNotEqual(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return !isEqual(value, arguments, interpreter);
}
bool isLess(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return less(value, other(arguments, "lessthan"), interpreter.budget());
}
bool isGreater(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return less(other(arguments, "greaterthan"), value, interpreter.budget());
}
bool isIn(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return contains(other(arguments, "in"), value, interpreter.budget());
}
bool isString(const Value& value, const Arguments&, Interpreter&) { return value.isText(); }
bool isMapping(const Value& value, const Arguments&, Interpreter&) { return value.isDict(); }
bool isIterable(const Value& value, const Arguments&, Interpreter&) {
  return value.isText() || value.isList() || value.isDict() || value.isUndefined();
}
bool isCallable(const Value& value, const Arguments&, Interpreter&) { return value.callable() != nullptr; }
/// Whether changing case this way changes nothing while the other way would.
template <Letters own, Letters opposite>
bool isOfCase(const Value& value, const Arguments&, Interpreter& i) {
  const std::string& text = textArgument(value, "The tests 'lower' and 'upper'", i.budget());
  return changeCase(text, own, i.budget()) == text && changeCase(text, opposite, i.budget()) != text;
}

const std::map<std::string_view, Test>& allTests() {
  static const std::map<std::string_view, Test> tests = {
      {"defined", [](const Value& v, const Arguments&, Interpreter&) { return !v.isUndefined(); }},
      {"undefined", [](const Value& v, const Arguments&, Interpreter&) { return v.isUndefined(); }},
      {"none", [](const Value& v, const Arguments&, Interpreter&) { return v.isNone(); }},
      {"true", [](const Value& v, const Arguments&, Interpreter&) { return v.isBoolean() && v.truthy(); }},
      {"false", [](const Value& v, const Arguments&, Interpreter&) { return v.isBoolean() && !v.truthy(); }},
      {"boolean", [](const Value& v, const Arguments&, Interpreter&) { return v.isBoolean(); }},
      {"integer", [](const Value& v, const Arguments&, Interpreter&) { return v.isInteger(); }},
      {"float", [](const Value& v, const Arguments&, Interpreter&) { return v.isFloat(); }},
      {"number", [](const Value& v, const Arguments&, Interpreter&) { return v.isNumber(); }},
      {"string", isString},
      {"mapping", isMapping},
      {"iterable", isIterable},
      {"sequence", isIterable},
      {"callable", isCallable},
      {"lower", isOfCase<Letters::Lower, Letters::Upper>},
      {"upper", isOfCase<Letters::Upper, Letters::Lower>},
      {"even", hasRemainder<0>},
      {"odd", hasRemainder<1>},
      {"divisibleby", divisibleBy},
      {"equalto", isEqual},
      {"eq", isEqual},
      {"sameas", isEqual},
      {"ne", isNotEqual},
      {"lessthan", isLess},
      {"lt", isLess},
      {"greaterthan", isGreater},
      {"gt", isGreater},
      {"le", [](const Value& v, const Arguments& a, Interpreter& i) { return !isGreater(v, a, i); }},
      {"ge", [](const Value& v, const Arguments& a, Interpreter& i) { return !isLess(v, a, i); }},
      {"in", isIn},
  };
  return tests;
}

}  // namespace

bool Interpreter::applyTest(std::string_view name, const Value& input, const Arguments& arguments) {
  m_budget.step();
  const auto found = allTests().find(name);
  if (found == allTests().end()) fail("The test " + inQuotes(name) + " is unknown.");
  return found->second(input, arguments, *this);
}

}  // namespace core::text::jinja
