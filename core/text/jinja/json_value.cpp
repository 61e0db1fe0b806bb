#include "core/text/jinja/json_value.h"

#include <limits>

namespace core::text::jinja {

namespace {

Value scalarValue(const io::JsonScalar& scalar) {
  if (const auto* flag = std::get_if<bool>(&scalar)) return Value(*flag);
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) return Value(*number);
  if (const auto* number = std::get_if<double>(&scalar)) return Value(*number);
  if (const auto* text = std::get_if<std::string>(&scalar)) return Value::literal(*text);
  if (const auto* number = std::get_if<std::uint64_t>(&scalar)) {
    const bool fits = *number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return fits ? Value(static_cast<std::int64_t>(*number)) : Value(static_cast<double>(*number));
  }
  return Value::none();
}

}  // namespace

Value valueOfJson(const io::JsonTree& tree, Budget& budget) {
  const Budget::Level level(budget);
  if (!tree.container) return scalarValue(tree.scalar);
  if (tree.isObject()) {
    DictBuilder dict(budget);
    for (const auto& [key, child] : tree.children) dict.set(Value::literal(key), valueOfJson(child, budget));
    return std::move(dict).value();
  }
  ListBuilder list(budget);
  for (const auto& [key, child] : tree.children) list.push(valueOfJson(child, budget));
  return std::move(list).value();
}

}  // namespace core::text::jinja
