// `value is test`.
#include <map>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/unicode.h"

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
bool isString(const Value& value, const Arguments&, Interpreter&) { return value.text() != nullptr; }
bool isMapping(const Value& value, const Arguments&, Interpreter&) { return value.dict() != nullptr; }
bool isIterable(const Value& value, const Arguments&, Interpreter&) {
  return value.text() != nullptr || value.list() != nullptr || value.dict() != nullptr || value.isUndefined();
}
bool isSequence(const Value& value, const Arguments&, Interpreter&) {
  return value.text() != nullptr || value.list() != nullptr || value.dict() != nullptr || value.isUndefined();
}
bool isCallable(const Value& value, const Arguments&, Interpreter&) {
  return value.is<std::shared_ptr<const Callable>>();
}
bool isLower(const Value& value, const Arguments&, Interpreter&) {
  const std::string& text = textArgument(value, "The test 'lower'");
  return toLower(text) == text && toUpper(text) != text;
}
bool isUpper(const Value& value, const Arguments&, Interpreter&) {
  const std::string& text = textArgument(value, "The test 'upper'");
  return toUpper(text) == text && toLower(text) != text;
}

const std::map<std::string_view, Test>& allTests() {
  static const std::map<std::string_view, Test> tests = {
      {"defined", [](const Value& v, const Arguments&, Interpreter&) { return !v.isUndefined(); }},
      {"undefined", [](const Value& v, const Arguments&, Interpreter&) { return v.isUndefined(); }},
      {"none", [](const Value& v, const Arguments&, Interpreter&) { return v.isNone(); }},
      {"true", [](const Value& v, const Arguments&, Interpreter&) { return v.is<bool>() && v.truthy(); }},
      {"false", [](const Value& v, const Arguments&, Interpreter&) { return v.is<bool>() && !v.truthy(); }},
      {"boolean", [](const Value& v, const Arguments&, Interpreter&) { return v.is<bool>(); }},
      {"integer", [](const Value& v, const Arguments&, Interpreter&) { return v.is<std::int64_t>(); }},
      {"float", [](const Value& v, const Arguments&, Interpreter&) { return v.is<double>(); }},
      {"number", [](const Value& v, const Arguments&, Interpreter&) { return v.isNumber(); }},
      {"string", isString},
      {"mapping", isMapping},
      {"iterable", isIterable},
      {"sequence", isSequence},
      {"callable", isCallable},
      {"lower", isLower},
      {"upper", isUpper},
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
  m_budget.charge();
  const auto found = allTests().find(name);
  if (found == allTests().end()) fail("The test '" + std::string(name) + "' is unknown.");
  return found->second(input, arguments, *this);
}

}  // namespace core::text::jinja
