#include "core/text/jinja/globals.h"

#include <array>
#include <ctime>

namespace core::text::jinja {

namespace {

constexpr std::int64_t kLongestRange = 100'000;  // as Jinja's sandbox has it

Value range(Interpreter& interpreter, const Arguments& arguments) {
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
  std::vector<Value> items;
  // The bound on length keeps start + step·i inside 64 bits but for the last step, which is never taken.
  const auto whole = length <= 0 ? std::int64_t{0} : static_cast<std::int64_t>(length);
  for (std::int64_t i = 0; i <= whole; ++i) {
    std::int64_t offset = 0;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(step, i, &offset) || __builtin_add_overflow(start, offset, &value)) break;
    if (step > 0 ? value >= stop : value <= stop) break;
    items.emplace_back(value);
  }
  interpreter.budget().charge(items.size());
  return Value::list(std::move(items));
}

std::vector<std::pair<std::string, Value>> namedEntries(const Arguments& arguments) {
  std::vector<std::pair<std::string, Value>> entries;
  if (!arguments.positional.empty()) {
    const DictData* dict = arguments.positional[0].dict();
    if (dict == nullptr) fail("namespace() and dict() take a dictionary or named values.");
    for (const auto& [key, value] : dict->entries) entries.emplace_back(textArgument(key, "namespace"), value);
  }
  for (const auto& [name, value] : arguments.named) entries.emplace_back(name, value);
  return entries;
}

Value makeDict(Interpreter& interpreter, const Arguments& arguments) {
  std::vector<std::pair<Value, Value>> entries;
  for (auto& [name, value] : namedEntries(arguments)) entries.emplace_back(Value(name), value);
  return Value::dict(std::move(entries), interpreter.budget());
}

Value raiseException(Interpreter& interpreter, const Arguments& arguments) {
  const Value& message = required(arguments, 0, "message", "raise_exception");
  throw Failure{ErrorCode::InvalidArgument, toText(message, interpreter.budget()), true};
}

Value strftimeNow(Interpreter&, const Arguments& arguments) {
  const std::string& format = textArgument(required(arguments, 0, "format", "strftime_now"), "strftime_now");
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 512> buffer{};
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
  return Value(std::string(buffer.data(), length));
}

}  // namespace

const std::vector<std::pair<std::string, Value>>& builtinFunctions() {
  static const std::vector<std::pair<std::string, Value>> functions = [] {
    std::vector<std::pair<std::string, Value>> made;
    const auto add = [&](const char* name, auto&& function) {
      made.emplace_back(name, Value::callable(name, function));
    };
    add("range", range);
    add("namespace", [](Interpreter& i, const Arguments& a) { return i.makeNamespace(namedEntries(a)); });
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

const std::string& textArgument(const Value& value, std::string_view function) {
  if (value.text() == nullptr) {
    fail(std::string(function) + " needs a string, found a value of type " + std::string(value.typeName()) + ".");
  }
  return *value.text();
}

std::int64_t integerArgument(const Value& value, std::string_view function) {
  if (!value.integer()) {
    fail(std::string(function) + " needs an integer, found a value of type " + std::string(value.typeName()) + ".");
  }
  return *value.integer();
}

}  // namespace core::text::jinja
