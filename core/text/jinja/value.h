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

/// Python's kinds of sequences, as far as a template can tell them apart.
enum class Sequence : std::uint8_t {
  List,
  Tuple,
  Group,  ///< groupby's (grouper, list): a tuple with names
  Range,
  Keys,  ///< of a dictionary, as the values and entries below: can be counted and walked, but not indexed
  Values,
  Entries,
  Iterator  ///< what lazy filters give: walked once, true, without length. Its items are all made at once, here
};

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
  /// A text as markup. @pre isText()
  Value asMarkup() const;
  /// @throws Failure when nested too deeply
  static Value callable(Callable callable, Budget& budget);
  static Value loop(const LoopData& data, Budget& budget);

  bool isUndefined() const { return is<Undefined>(); }
  bool isNone() const { return is<None>(); }
  bool isBoolean() const { return is<bool>(); }
  bool isInteger() const { return is<std::int64_t>(); }
  bool isFloat() const { return is<double>(); }
  bool isNumber() const { return isBoolean() || isInteger() || isFloat(); }
  bool isText() const { return rawText() != nullptr; }
  /// A text that `safe` or `escape` gave: what is added to it is escaped.
  bool isMarkup() const { return is<Markup>(); }
  /// A list or tuple.
  bool isList() const;
  bool isIterator() const;
  /// Any sequence that is no text.
  bool isSequence() const { return is<std::shared_ptr<const ListData>>(); }
  /// @pre isSequence()
  Sequence sequenceKind() const;
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
  /// @pre isSequence()
  List list(Budget& budget) const;
  /// @pre isDict()
  Dict dict(Budget& budget) const;
  /// Null when it is none.
  std::shared_ptr<NamespaceData> space() const { return get<std::shared_ptr<NamespaceData>>(); }
  std::shared_ptr<const LoopData> loop() const { return get<std::shared_ptr<const LoopData>>(); }
  std::shared_ptr<const Callable> callable() const { return get<std::shared_ptr<const Callable>>(); }

 private:
  friend bool identical(const Value& a, const Value& b, Budget& budget);
  friend class DictBuilder;
  friend class ListBuilder;
  friend class Text;
  using TextPtr = std::shared_ptr<const std::string>;
  struct Markup {
    TextPtr text;
  };
  using Variant =
      std::variant<Undefined, None, bool, std::int64_t, double, TextPtr, Markup, std::shared_ptr<const ListData>,
                   std::shared_ptr<const DictData>, std::shared_ptr<NamespaceData>, std::shared_ptr<const LoopData>,
                   std::shared_ptr<const Callable>>;

  const TextPtr* rawText() const;

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
/// Python's `is`: the same object; small values are the same when they are of one type and equal.
bool identical(const Value& a, const Value& b, Budget& budget);
/// Python's <. @throws Failure when the types have no order.
bool less(const Value& a, const Value& b, Budget& budget);
/// Python's `item in container`.
bool contains(const Value& container, const Value& item, Budget& budget);
/// What a for loop over the value visits: items, keys or characters; nothing for Undefined. Empties an iterator.
List iterate(const Value& value, Budget& budget);
/// Number of items, entries or characters. @throws Failure for values without a length.
std::int64_t lengthOf(const Value& value, Budget& budget);

}  // namespace core::text::jinja
