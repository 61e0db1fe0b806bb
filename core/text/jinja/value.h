#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/text/jinja/budget.h"

namespace core::text::jinja {

class Dict;
class Interpreter;
class List;
struct Callable;
struct DictData;
struct ListData;
struct LoopData;
struct NamespaceData;

/// A name or key that does not exist: prints as nothing, is false, and fails when used otherwise.
struct Undefined {
  std::shared_ptr<const std::string> name;
};
struct None {};

enum class Sequence : std::uint8_t { List, Tuple };

/// Any value of a template. Copies are cheap: texts and containers are shared and, namespaces aside, immutable.
/// Texts, lists and dictionaries are made by the builders (builders.h) and seen through accessors that take the budget.
class Value {
 public:
  Value() = default;
  template <typename T>
  requires std::same_as<T, bool> || std::same_as<T, std::int64_t> || std::same_as<T, double>
  explicit Value(T value) : m_value(value) {}
  explicit Value(std::shared_ptr<NamespaceData> space) : m_value(std::move(space)) {}

  static Value none();
  static Value undefined(std::string_view name, Budget& budget);
  /// A text of the template's source or of its caller, which nobody has to pay for.
  static Value literal(std::string text);
  /// @throws Failure when nested too deeply
  static Value callable(Callable callable, Budget& budget);
  static Value loop(const List& items, std::size_t index0, Budget& budget);

  bool isUndefined() const { return is<Undefined>(); }
  bool isNone() const { return is<None>(); }
  bool isBoolean() const { return is<bool>(); }
  bool isInteger() const { return is<std::int64_t>(); }
  bool isFloat() const { return is<double>(); }
  bool isNumber() const { return isBoolean() || isInteger() || isFloat(); }
  bool isText() const { return is<TextPtr>(); }
  bool isList() const { return is<std::shared_ptr<const ListData>>(); }
  bool isDict() const { return is<std::shared_ptr<const DictData>>(); }

  /// An integer; True and False count as 1 and 0.
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;
  bool truthy() const;
  /// Python's name of the type, for error sentences.
  std::string_view typeName() const;
  /// "'name', which is undefined" or "a value of type …", for error sentences.
  std::string description() const;
  /// "'name'" of an Undefined, or "The value" where it has none.
  std::string undefinedName() const;
  /// Levels of values within values, bounded by Budget::kNesting: what walks or destroys one may recurse.
  int nesting() const;

  /// The characters, paid for as if all are looked at; null when it is no text.
  const std::string* text(Budget& budget) const;
  /// @pre isList()
  List list(Budget& budget) const;
  /// @pre isDict()
  Dict dict(Budget& budget) const;
  /// Null when it is none.
  std::shared_ptr<NamespaceData> space() const { return get<std::shared_ptr<NamespaceData>>(); }
  std::shared_ptr<const LoopData> loop() const { return get<std::shared_ptr<const LoopData>>(); }
  std::shared_ptr<const Callable> callable() const { return get<std::shared_ptr<const Callable>>(); }

 private:
  friend class DictBuilder;
  friend class ListBuilder;
  friend class Text;
  using TextPtr = std::shared_ptr<const std::string>;
  using Variant = std::variant<Undefined, None, bool, std::int64_t, double, TextPtr, std::shared_ptr<const ListData>,
                               std::shared_ptr<const DictData>, std::shared_ptr<NamespaceData>,
                               std::shared_ptr<const LoopData>, std::shared_ptr<const Callable>>;

  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(m_value);
  }
  template <typename T>
  T get() const {
    const T* found = std::get_if<T>(&m_value);
    return found == nullptr ? nullptr : *found;
  }

  Variant m_value;
};

/// Arguments of a call, filter or test.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
  /// The argument at a position or of a name; null when it was not given.
  const Value* find(std::size_t position, std::string_view name) const;
};

/// Python's ==.
bool equal(const Value& a, const Value& b, Budget& budget);
/// Python's <. @throws Failure when the types have no order.
bool less(const Value& a, const Value& b, Budget& budget);
/// Python's `item in container`.
bool contains(const Value& container, const Value& item, Budget& budget);
/// What a for loop over the value visits: items, keys or characters; nothing for Undefined.
List iterate(const Value& value, Budget& budget);
/// Number of items, entries or characters. @throws Failure for values without a length.
std::int64_t lengthOf(const Value& value, Budget& budget);

}  // namespace core::text::jinja
