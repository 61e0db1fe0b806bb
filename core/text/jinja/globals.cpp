#include "core/text/jinja/globals.h"

#include <array>
#include <ctime>

#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

namespace {

constexpr std::int64_t kLongestRange = 100'000;  // as Jinja's sandbox has it

Value range(Interpreter& interpreter, const Callable&, const Arguments& arguments) {
  const auto at = [&](std::size_t i) { return integerArgument(arguments.positional[i], "range"); };
  const std::size_t count = arguments.positional.size();
  if (count == 0 || count > 3) fail("range() takes one to three integers.");
  const std::int64_t start = count == 1 ? 0 : at(0);
  const std::int64_t stop = count == 1 ? at(0) : at(1);
  const std::int64_t step = count == 3 ? at(2) : 1;
  if (step == 0) fail("The step of range() must not be 0.");
  // In double: the difference of two 64-bit integers may not fit one.
  const double length = (static_cast<double>(stop) - static_cast<double>(start)) / static_cast<double>(step);
  if (length > static_cast<double>(kLongestRange)) {
    throw Failure{ErrorCode::Unsupported, "It asks for a range longer than the limit of 100000."};
  }
  ListBuilder items(interpreter.budget());
  // The bound on length keeps start + step·i inside 64 bits but for the last step, which is never taken.
  const auto whole = length <= 0 ? std::int64_t{0} : static_cast<std::int64_t>(length);
  for (std::int64_t i = 0; i <= whole; ++i) {
    std::int64_t offset = 0;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(step, i, &offset) || __builtin_add_overflow(start, offset, &value)) break;
    if (step > 0 ? value >= stop : value <= stop) break;
    items.push(Value(value));
  }
  return std::move(items).value(Sequence::Range);
}

/// What namespace() and dict() are given: a dictionary, then named values. A later name replaces an earlier one.
Value namedEntries(const Arguments& arguments, Budget& budget) {
  DictBuilder dict(budget);
  if (!arguments.positional.empty()) {
    const Value& given = arguments.positional[0];
    if (given.isDict()) {
      for (const auto& [key, value] : given.dict(budget)) dict.set(key, value);
    } else {
      for (const Value& pair : iterate(given, budget)) {
        const List both = iterate(pair, budget);
        if (both.size() != 2) fail("namespace() and dict() take a dictionary, pairs or named values.");
        dict.set(both[0], both[1]);
      }
    }
  }
  for (const auto& [name, value] : arguments.named) dict.set(newText(name, budget), value);
  return std::move(dict).value();
}

Value makeDict(Interpreter& interpreter, const Callable&, const Arguments& arguments) {
  return namedEntries(arguments, interpreter.budget());
}

Value makeNamespace(Interpreter& interpreter, const Callable&, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  std::vector<std::pair<std::string, Value>> attributes;
  const Value entries = namedEntries(arguments, budget);
  for (const auto& [key, value] : entries.dict(budget)) attributes.emplace_back(toText(key, budget), value);
  return interpreter.makeNamespace(std::move(attributes));
}

Value raiseException(Interpreter& interpreter, const Callable&, const Arguments& arguments) {
  const Value& message = required(arguments, 0, "message", "raise_exception");
  throw Failure{ErrorCode::InvalidArgument, toText(message, interpreter.budget()), true};
}

Value strftimeNow(Interpreter& interpreter, const Callable&, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const std::string& format = textArgument(required(arguments, 0, "format", "strftime_now"), "strftime_now", budget);
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 512> buffer{};
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
  return newText(std::string_view(buffer.data(), length), budget);
}

}  // namespace

const std::vector<std::pair<std::string, Value>>& builtinFunctions() {
  static const std::vector<std::pair<std::string, Value>> functions = [] {
    Budget once;
    std::vector<std::pair<std::string, Value>> made;
    const auto add = [&](const char* name, Callable::Function function) {
      made.emplace_back(name, Value::callable({name, function, Value(), nullptr, {}}, once));
    };
    add("range", range);
    add("namespace", makeNamespace);
    add("dict", makeDict);
    add("raise_exception", raiseException);
    add("strftime_now", strftimeNow);
    return made;
  }();
  return functions;
}

const Value& required(const Arguments& arguments, std::size_t position, std::string_view name,
                      std::string_view function) {
  const Value* found = arguments.find(position, name);
  if (found == nullptr) fail(std::string(function) + " needs the argument '" + std::string(name) + "'.");
  return *found;
}

const std::string& textArgument(const Value& value, std::string_view function, Budget& budget) {
  const std::string* text = value.text(budget);
  if (text == nullptr) {
    fail(std::string(function) + " needs a string, found a value of type " + std::string(value.typeName()) + ".");
  }
  return *text;
}

std::int64_t integerArgument(const Value& value, std::string_view function) {
  if (!value.integer()) {
    fail(std::string(function) + " needs an integer, found a value of type " + std::string(value.typeName()) + ".");
  }
  return *value.integer();
}

}  // namespace core::text::jinja
