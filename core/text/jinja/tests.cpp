// `value is test`.
#include <map>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

namespace {

using Test = bool (*)(const Value& value, const Arguments& arguments, Interpreter& interpreter);

const Value& other(const Arguments& arguments, std::string_view test) {
  return required(arguments, 0, "other", "The test '" + std::string(test) + "'");
}

/// value % by == rest, of whole and other numbers.
bool leaves(const Value& value, const Value& by, std::int64_t rest, Interpreter& i) {
  return equal(arithmetic("%", value, by, i.budget()), Value(rest), i.budget());
}

template <std::int64_t remainder>
bool hasRemainder(const Value& value, const Arguments&, Interpreter& i) {
  return leaves(value, Value(std::int64_t{2}), remainder, i);
}

bool divisibleBy(const Value& value, const Arguments& arguments, Interpreter& i) {
  return leaves(value, other(arguments, "divisibleby"), 0, i);
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
bool isAtMost(const Value& value, const Arguments& arguments, Interpreter& i) {
  return isLess(value, arguments, i) || isEqual(value, arguments, i);
}
bool isAtLeast(const Value& value, const Arguments& arguments, Interpreter& i) {
  return isGreater(value, arguments, i) || isEqual(value, arguments, i);
}
bool isFilter(const Value& value, const Arguments&, Interpreter& i) {
  const std::string* name = value.text(i.budget());
  return name != nullptr && findFilter(*name) != nullptr;
}
bool isTest(const Value& value, const Arguments&, Interpreter& i);
bool isIn(const Value& value, const Arguments& arguments, Interpreter& interpreter) {
  return contains(other(arguments, "in"), value, interpreter.budget());
}
bool isString(const Value& value, const Arguments&, Interpreter&) { return value.isText(); }
bool isMapping(const Value& value, const Arguments&, Interpreter&) { return value.isDict(); }
bool isIterable(const Value& value, const Arguments&, Interpreter&) {
  return value.isText() || value.isSequence() || value.isDict() || value.isUndefined() || value.loop();
}
/// What has a length and takes an index; views of a dictionary and iterators do not.
bool isIndexable(const Value& value, const Arguments&, Interpreter&) {
  return value.isText() || value.isList() || value.isDict() || value.isUndefined() ||
         (value.isSequence() && value.sequenceKind() == Sequence::Range);
}
/// Jinja2's undefined values are callable, and then fail.
bool isCallable(const Value& value, const Arguments&, Interpreter&) {
  return value.callable() != nullptr || value.isUndefined() || value.loop();
}
bool isSame(const Value& value, const Arguments& arguments, Interpreter& i) {
  return identical(value, other(arguments, "sameas"), i.budget());
}
/// Whether changing case this way changes nothing while the other way would.
template <Letters own, Letters opposite>
bool isOfCase(const Value& value, const Arguments&, Interpreter& i) {
  const std::string text = toText(value, i.budget());
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
      {"sequence", isIndexable},
      {"callable", isCallable},
      {"lower", isOfCase<Letters::Lower, Letters::Upper>},
      {"upper", isOfCase<Letters::Upper, Letters::Lower>},
      {"even", hasRemainder<0>},
      {"odd", hasRemainder<1>},
      {"divisibleby", divisibleBy},
      {"equalto", isEqual},
      {"eq", isEqual},
      {"sameas", isSame},
      {"==", isEqual},
      {"!=", isNotEqual},
      {"<", isLess},
      {">", isGreater},
      {"<=", isAtMost},
      {">=", isAtLeast},
      {"ne", isNotEqual},
      {"lessthan", isLess},
      {"lt", isLess},
      {"greaterthan", isGreater},
      {"gt", isGreater},
      {"le", isAtMost},
      {"ge", isAtLeast},
      {"escaped", [](const Value& v, const Arguments&, Interpreter&) { return v.isMarkup(); }},
      {"filter", isFilter},
      {"test", isTest},
      {"in", isIn},
  };
  return tests;
}

bool isTest(const Value& value, const Arguments&, Interpreter& i) {
  const std::string* name = value.text(i.budget());
  return name != nullptr && allTests().contains(*name);
}

}  // namespace

bool Interpreter::applyTest(std::string_view name, const Value& input, const Arguments& arguments) {
  m_budget.step();
  const auto found = allTests().find(name);
  if (found == allTests().end()) fail("The test " + inQuotes(name) + " is unknown.");
  return found->second(input, arguments, *this);
}

}  // namespace core::text::jinja
