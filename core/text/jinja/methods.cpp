// Methods of strings, lists and dictionaries, as Python has them; what would change a list or dictionary is not there,
// as in Jinja's immutable sandbox.
#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_format.h"
#include "core/text/jinja/text_methods.h"

namespace core::text::jinja {

namespace {

/// The entry of a table, whose name outlives every value; null when there is none.
const TextMethods::value_type* findTextMethod(std::string_view name) {
  for (const TextMethods* methods : {&splittingMethods(), &searchingMethods(), &writingMethods()}) {
    const auto found = methods->find(name);
    if (found != methods->end()) return &*found;
  }
  return nullptr;
}

Value callTextMethod(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  return findTextMethod(callable.name)
      ->second(*callable.self.text(interpreter.budget()), arguments, interpreter.budget());
}

Value formatMethod(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  return formatBraces(*callable.self.text(interpreter.budget()), arguments, interpreter);
}

/// str.format_map(): format() with the names of a dictionary.
Value formatMap(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& names = required(arguments, 0, "mapping", "format_map()");
  Arguments named;
  for (const auto& [key, value] : dictArgument(names, "format_map()").dict(budget)) {
    const std::string& name = textArgument(key, "format_map()", budget);
    budget.make(name.size() + sizeof(Value));
    named.named.emplace_back(name, value);
  }
  return formatBraces(*callable.self.text(budget), named, interpreter);
}

Value listCopy(Interpreter&, const Callable& callable, const Arguments&) { return callable.self; }

Value listCount(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& wanted = required(arguments, 0, "value", "count()");
  std::int64_t found = 0;
  for (const Value& item : callable.self.list(budget)) found += equal(item, wanted, budget) ? 1 : 0;
  return Value(found);
}

Value listIndex(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& wanted = required(arguments, 0, "value", "index()");
  const List items = callable.self.list(budget);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (equal(items[i], wanted, budget)) return Value(static_cast<std::int64_t>(i));
  }
  fail("index() finds nothing.");
}

Value get(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  const Value* found = callable.self.dict(interpreter.budget()).find(required(arguments, 0, "key", "get()"));
  if (found != nullptr) return *found;
  const Value* otherwise = arguments.find(1, "default");
  return otherwise == nullptr ? Value::none() : *otherwise;
}

Value items(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& [key, value] : callable.self.dict(interpreter.budget())) {
    out.push(newPair(key, value, interpreter.budget()));
  }
  return std::move(out).value(Sequence::Entries);
}

Value keys(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.first);
  return std::move(out).value(Sequence::Keys);
}

Value values(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.second);
  return std::move(out).value(Sequence::Values);
}

const std::map<std::string_view, Callable::Function>& dictMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {
      {"get", get}, {"items", items}, {"keys", keys}, {"values", values}, {"copy", listCopy}};
  return methods;
}

const std::map<std::string_view, Callable::Function>& listMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {
      {"copy", listCopy}, {"count", listCount}, {"index", listIndex}};
  return methods;
}

/// The methods of texts that need more than the budget.
const std::map<std::string_view, Callable::Function>& formatMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {{"format", formatMethod},
                                                                         {"format_map", formatMap}};
  return methods;
}

Value boundFrom(const std::map<std::string_view, Callable::Function>& methods, const Value& object,
                std::string_view name, Budget& budget) {
  const auto found = methods.find(name);
  if (found == methods.end()) return {};
  return Value::callable({found->first, found->second, object, nullptr, {}}, budget);
}

}  // namespace

Value boundMethod(const Value& object, std::string_view name, Budget& budget) {
  if (object.isDict()) return boundFrom(dictMethods(), object, name, budget);
  if (object.isList() && name == "copy" && object.sequenceKind() != Sequence::List) return {};
  if (object.isList()) return boundFrom(listMethods(), object, name, budget);
  if (!object.isText()) return {};
  const auto* found = findTextMethod(name);
  if (found == nullptr) return boundFrom(formatMethods(), object, name, budget);
  return Value::callable({found->first, callTextMethod, object, nullptr, {}}, budget);
}

}  // namespace core::text::jinja
