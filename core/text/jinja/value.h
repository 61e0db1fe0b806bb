#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/text/jinja/budget.h"

namespace core::text::jinja {

class Value;
class Interpreter;

/// A name or key that does not exist: prints as nothing, is false, and fails when used otherwise.
struct Undefined {
  std::shared_ptr<const std::string> name;
};
struct None {};

enum class Sequence : std::uint8_t { List, Tuple };
struct ListData {
  std::vector<Value> items;
  Sequence kind;
  int nesting;  ///< 1 + the deepest item; bounded, so that printing and destroying cannot exhaust the stack
};
struct DictData {
  std::vector<std::pair<Value, Value>> entries;  ///< in order of insertion, keys unique
  int nesting;
};
/// namespace(): the one kind of value a template can change.
struct NamespaceData {
  std::vector<std::pair<std::string, Value>> attributes;
};
/// The variable `loop` inside a for.
struct LoopData {
  std::shared_ptr<const ListData> items;
  std::size_t index0 = 0;
};
/// Arguments of a call, filter or test.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
  /// The argument at a position or of a name; null when it was not given.
  const Value* find(std::size_t position, std::string_view name) const;
};
struct Callable {
  std::string name;
  std::function<Value(Interpreter&, const Arguments&)> call;
};

/// Any value of a template. Copies are cheap: texts and containers are shared and, namespaces aside, immutable.
class Value {
 public:
  using Variant =
      std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const std::string>,
                   std::shared_ptr<const ListData>, std::shared_ptr<const DictData>, std::shared_ptr<NamespaceData>,
                   std::shared_ptr<LoopData>, std::shared_ptr<const Callable>>;

  Value() = default;
  template <typename T>
  requires std::is_constructible_v<Variant, T> &&(!std::is_pointer_v<T>)explicit Value(T value)
      : m_value(std::move(value)) {}
  explicit Value(std::string text) : m_value(std::make_shared<const std::string>(std::move(text))) {}
  explicit Value(std::string_view text) : Value(std::string(text)) {}
  explicit Value(const char* text) : Value(std::string(text)) {}

  static Value undefined(std::string_view name);
  static Value none() { return Value(None{}); }
  /// @throws Failure when nested too deeply
  static Value list(std::vector<Value> items, Sequence kind = Sequence::List);
  /// Later entries replace earlier ones of an equal key.
  static Value dict(std::vector<std::pair<Value, Value>> entries, Budget& budget);
  static Value callable(std::string name, std::function<Value(Interpreter&, const Arguments&)> call);

  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(m_value);
  }
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&m_value);
  }
  bool isUndefined() const { return is<Undefined>(); }
  bool isNone() const { return is<None>(); }
  const std::string* text() const;
  const ListData* list() const;
  const DictData* dict() const;
  /// An integer; True and False count as 1 and 0.
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;
  bool isNumber() const { return number().has_value(); }
  bool truthy() const;
  /// Python's name of the type, for error sentences.
  std::string_view typeName() const;
  const Value* findKey(const Value& key, Budget& budget) const;
  const Value* findKey(std::string_view key) const;

 private:
  Variant m_value;
};

/// Python's ==.
bool equal(const Value& a, const Value& b, Budget& budget);
/// Python's <. @throws Failure when the types have no order.
bool less(const Value& a, const Value& b, Budget& budget);
/// Python's `item in container`.
bool contains(const Value& container, const Value& item, Budget& budget);
/// The values an iteration visits, kept alive by this object: safe to loop over directly as a temporary.
class Items {
 public:
  explicit Items(std::shared_ptr<const ListData> data) : m_data(std::move(data)) {}
  auto begin() const { return m_data->items.begin(); }
  auto end() const { return m_data->items.end(); }
  std::size_t size() const { return m_data->items.size(); }
  bool empty() const { return m_data->items.empty(); }
  const std::vector<Value>& values() const& { return m_data->items; }
  std::vector<Value> values() && { return m_data->items; }

 private:
  std::shared_ptr<const ListData> m_data;
};

/// What a for loop over the value visits: items, keys or characters; nothing for Undefined.
Items iterate(const Value& value, Budget& budget);
/// Number of items, entries or characters. @throws Failure for values without a length.
std::int64_t lengthOf(const Value& value);

/// Python's str().
std::string toText(const Value& value, Budget& budget);
/// Python's repr().
std::string toRepr(const Value& value, Budget& budget);
std::string floatToText(double value);

/// How json.dumps lays out what `tojson` prints (Hugging Face's filter: no HTML escapes, non-ASCII kept).
struct JsonLayout {
  std::optional<std::string> indent;  ///< one level's indentation; none: everything on one line
  std::string itemSeparator = ", ";
  std::string keySeparator = ": ";
  bool sortKeys = false;
};
std::string toJson(const Value& value, const JsonLayout& layout, Budget& budget);

}  // namespace core::text::jinja
