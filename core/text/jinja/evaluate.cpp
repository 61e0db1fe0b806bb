// Expressions of the interpreter.
#include <algorithm>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/interpreter.h"
#include "core/text/jinja/value_text.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

/// Python's rules for slice bounds: negative counts from the end, everything is clamped.
struct SliceRange {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
};

SliceRange resolveSlice(std::int64_t length, const Value& start, const Value& stop, const Value& step) {
  const auto part = [](const Value& v, std::int64_t absent) {
    return v.isNone() || v.isUndefined() ? absent : integerArgument(v, "A slice");
  };
  const std::int64_t by = part(step, 1);
  if (by == 0) fail("The step of a slice must not be 0.");
  const std::int64_t lowest = by > 0 ? 0 : -1;
  const std::int64_t highest = by > 0 ? length : length - 1;
  const auto bound = [&](const Value& v, std::int64_t absent) {
    std::int64_t at = part(v, absent);
    if (!v.isNone() && !v.isUndefined() && at < 0) at = at < -length ? lowest : at + length;
    return std::clamp(at, lowest, highest);
  };
  return {bound(start, by > 0 ? 0 : length - 1), bound(stop, by > 0 ? length : -1), by};
}

Value itemAt(const List& items, std::int64_t index, const Value& key, Budget& budget) {
  const auto size = static_cast<std::int64_t>(items.size());
  if (index < -size || index >= size) return Value::undefined(toText(key, budget), budget);
  return items[static_cast<std::size_t>(index < 0 ? index + size : index)];
}

Value cycle(Interpreter&, const Callable& self, const Arguments& arguments) {
  if (arguments.positional.empty()) fail("loop.cycle needs at least one value.");
  return arguments.positional[self.self.loop()->index0 % arguments.positional.size()];
}

/// What groupby's pairs and macros are asked for by name.
Value partAttribute(const Value& object, std::string_view name, Budget& budget) {
  if (object.isSequence() && object.sequenceKind() == Sequence::Group) {
    if (name == "grouper") return object.list(budget)[0];
    if (name == "list") return object.list(budget)[1];
  }
  const auto callable = object.callable();
  if (callable == nullptr || callable->macro == nullptr) return {};
  const Stmt& macro = *callable->macro;
  if (name == "name") return newText(macro.name, budget);
  if (name == "caller") return Value(macro.implicit.caller);
  if (name == "catch_varargs") return Value(macro.implicit.positional);
  if (name == "catch_kwargs") return Value(macro.implicit.named);
  if (name != "arguments") return {};
  ListBuilder names(budget);
  for (const Parameter& parameter : macro.parameters) names.push(parameter.name);
  return std::move(names).value(Sequence::Tuple);
}

/// A text from one character to another, every `step`-th of them.
Value sliceText(const std::string& text, const SliceRange& range, std::size_t length, Budget& budget) {
  std::vector<std::size_t> starts;  // of every character, and the end
  budget.make((length + 1) * sizeof(std::size_t));
  starts.reserve(length + 1);
  for (std::size_t at = 0; at < text.size(); at += firstCharacter(std::string_view(text).substr(at)).length) {
    starts.push_back(at);
  }
  starts.push_back(text.size());
  const auto begin = [&](std::int64_t index) { return starts[static_cast<std::size_t>(index)]; };
  Text out(budget);
  if (range.step == 1) {
    if (range.start < range.stop) {
      out += std::string_view(text).substr(begin(range.start), begin(range.stop) - begin(range.start));
    }
    return std::move(out).value();
  }
  for (std::int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop;) {
    out += std::string_view(text).substr(begin(i), begin(i + 1) - begin(i));
    if (__builtin_add_overflow(i, range.step, &i)) break;
  }
  return std::move(out).value();
}

Value negated(const Value& value, Budget& budget) {
  if (value.isFloat()) return Value(-*value.number());  // 0 − 0.0 would lose its sign
  return arithmetic("-", Value(std::int64_t{0}), value, budget);
}

/// The character at an index of a text; Undefined outside.
Value characterAt(const std::string& text, std::int64_t index, const Value& key, Budget& budget) {
  const auto length = static_cast<std::int64_t>(countCharacters(text));
  if (index < -length || index >= length) return Value::undefined(toText(key, budget), budget);
  if (index < 0) index += length;
  std::string_view rest = text;
  for (; index > 0; --index) rest.remove_prefix(firstCharacter(rest).length);
  return newText(rest.substr(0, firstCharacter(rest).length), budget);
}

}  // namespace

Value Interpreter::loopAttribute(const Value& object, std::string_view name) {
  const auto loop = object.loop();
  const auto index = static_cast<std::int64_t>(loop->index0);
  const auto length = static_cast<std::int64_t>(loop->items.size());
  const auto neighbour = [&](std::int64_t at) {
    return at < 0 || at >= length ? Value::undefined(name, m_budget) : loop->items[static_cast<std::size_t>(at)];
  };
  if (name == "index") return Value(index + 1);
  if (name == "index0") return Value(index);
  if (name == "revindex") return Value(length - index);
  if (name == "revindex0") return Value(length - index - 1);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return Value(length);
  if (name == "depth") return Value(std::int64_t{loop->depth0 + 1});
  if (name == "depth0") return Value(std::int64_t{loop->depth0});
  if (name == "previtem") return neighbour(index - 1);
  if (name == "nextitem") return neighbour(index + 1);
  if (name == "cycle") return Value::callable({"cycle", cycle, object, nullptr, {}}, m_budget);
  if (name == "changed") return Value::callable({"changed", loopChanged, object, nullptr, {}}, m_budget);
  return Value::undefined(name, m_budget);
}

Value Interpreter::attribute(const Value& object, std::string_view name) {
  if (object.isUndefined()) fail(object.undefinedName() + " is undefined, so it has no " + inQuotes(name) + ".");
  if (const auto space = object.space()) {
    m_budget.step(space->attributes.size());
    for (const auto& [key, value] : space->attributes) {
      if (key == name) return value;
    }
    return Value::undefined(name, m_budget);
  }
  if (object.loop()) return loopAttribute(object, name);
  Value part = partAttribute(object, name, m_budget);
  if (!part.isUndefined()) return part;
  Value method = boundMethod(object, name, m_budget);
  if (!method.isUndefined()) return method;
  const Value* found = object.isDict() ? object.dict(m_budget).find(name) : nullptr;
  return found == nullptr ? Value::undefined(name, m_budget) : *found;
}

Value Interpreter::subscript(const Value& object, const Value& key) {
  if (const std::string* name = key.text(m_budget)) {
    const Value* found = object.isDict() ? object.dict(m_budget).find(*name) : nullptr;
    return found == nullptr ? attribute(object, *name) : *found;
  }
  if (object.isUndefined()) return attribute(object, toText(key, m_budget));
  if (object.isDict()) {
    const Value* found = object.dict(m_budget).find(key);
    return found == nullptr ? Value::undefined(toText(key, m_budget), m_budget) : *found;
  }
  const auto index = key.integer();
  const bool indexable = object.isList() || (object.isSequence() && object.sequenceKind() == Sequence::Range);
  if (index && indexable) return itemAt(object.list(m_budget), *index, key, m_budget);
  if (index && object.isText()) return characterAt(*object.text(m_budget), *index, key, m_budget);
  return Value::undefined(toText(key, m_budget), m_budget);
}

std::vector<Value> Interpreter::evaluateAll(const std::vector<ExprPtr>& operands, std::size_t from) {
  std::vector<Value> values;
  values.reserve(operands.size() - from);
  m_budget.make((operands.size() - from) * sizeof(Value));
  for (std::size_t i = from; i < operands.size(); ++i) values.push_back(evaluate(*operands[i]));
  return values;
}

Value Interpreter::evaluateList(const Expr& expr, Sequence kind) {
  ListBuilder items(m_budget);
  for (const ExprPtr& operand : expr.operands) items.push(evaluate(*operand));
  return std::move(items).value(kind);
}

Arguments Interpreter::evaluateArguments(const Expr& expr) {
  Arguments arguments{evaluateAll(expr.operands, 1), {}};
  for (const auto& [name, value] : expr.keywords) arguments.named.emplace_back(name, evaluate(*value));
  if (expr.spread) {
    for (const Value& item : iterate(evaluate(*expr.spread), m_budget)) {
      m_budget.make(sizeof(Value));
      arguments.positional.push_back(item);
    }
  }
  if (!expr.spreadNamed) return arguments;
  const Value named = evaluate(*expr.spreadNamed);
  if (!named.isDict()) fail("Only a dictionary can give named arguments, not " + named.description() + ".");
  for (const auto& [key, value] : named.dict(m_budget)) {
    const std::string& name = textArgument(key, "A named argument", m_budget);
    m_budget.make(sizeof(Value) + name.size());
    m_budget.step(arguments.named.size());
    const bool twice = std::any_of(arguments.named.begin(), arguments.named.end(),
                                   [&name](const auto& given) { return given.first == name; });
    if (twice) fail("The argument " + inQuotes(name) + " is given twice.");
    arguments.named.emplace_back(name, value);
  }
  return arguments;
}

Value Interpreter::evaluate(const Expr& expr) {
  const Budget::Level level(m_budget);
  m_budget.step();
  m_line = expr.line;
  const auto operand = [&](std::size_t i) { return evaluate(*expr.operands[i]); };
  switch (expr.kind) {
    case ExprKind::Literal:
      return expr.value;
    case ExprKind::Name: {
      const Value* found = lookUp(expr.name);
      return found == nullptr ? Value::undefined(expr.name, m_budget) : *found;
    }
    case ExprKind::List:
      return evaluateList(expr, Sequence::List);
    case ExprKind::Tuple:
      return evaluateList(expr, Sequence::Tuple);
    case ExprKind::Dict:
      return evaluateDict(expr);
    case ExprKind::Attribute:
      return attribute(operand(0), expr.name);
    case ExprKind::Index: {
      const Value object = operand(0);
      return subscript(object, operand(1));
    }
    case ExprKind::Slice:
      return evaluateSlice(expr);
    case ExprKind::Call:
      return evaluateCall(expr);
    case ExprKind::Filter:
      return evaluateFilter(expr);
    case ExprKind::Test:
      return Value(evaluateTest(expr));
    case ExprKind::Not:
      return Value(!operand(0).truthy());
    case ExprKind::Negate:
      return negated(operand(0), m_budget);
    case ExprKind::Plus:
      return arithmetic("+", Value(std::int64_t{0}), operand(0), m_budget);
    case ExprKind::And: {
      Value left = operand(0);
      return left.truthy() ? operand(1) : left;
    }
    case ExprKind::Or: {
      Value left = operand(0);
      return left.truthy() ? left : operand(1);
    }
    case ExprKind::Compare:
      return Value(evaluateCompare(expr));
    case ExprKind::Concat:
      return evaluateConcat(expr);
    case ExprKind::Arithmetic: {
      const Value left = operand(0);
      return arithmetic(expr.name, left, operand(1), m_budget);
    }
    case ExprKind::Conditional:
      if (operand(1).truthy()) return operand(0);
      return expr.operands[2] ? operand(2) : Value();
  }
  return {};
}

Value Interpreter::evaluateDict(const Expr& expr) {
  DictBuilder dict(m_budget);
  for (std::size_t i = 0; i + 1 < expr.operands.size(); i += 2) {
    Value key = evaluate(*expr.operands[i]);
    dict.set(std::move(key), evaluate(*expr.operands[i + 1]));
  }
  return std::move(dict).value();
}

Value Interpreter::evaluateConcat(const Expr& expr) {
  Text joined(m_budget);
  for (const ExprPtr& operand : expr.operands) appendText(joined, evaluate(*operand));
  return std::move(joined).value();
}

bool Interpreter::evaluateCompare(const Expr& expr) {
  Value left = evaluate(*expr.operands[0]);
  for (std::size_t i = 0; i < expr.operators.size(); ++i) {
    Value right = evaluate(*expr.operands[i + 1]);
    const std::string& op = expr.operators[i];
    bool holds = false;
    if (op == "==") holds = equal(left, right, m_budget);
    if (op == "!=") holds = !equal(left, right, m_budget);
    if (op == "<") holds = less(left, right, m_budget);
    if (op == ">") holds = less(right, left, m_budget);
    if (op == "<=") holds = less(left, right, m_budget) || equal(left, right, m_budget);
    if (op == ">=") holds = less(right, left, m_budget) || equal(left, right, m_budget);
    if (op == "in") holds = contains(right, left, m_budget);
    if (op == "not in") holds = !contains(right, left, m_budget);
    if (!holds) return false;
    left = std::move(right);
  }
  return true;
}

Value Interpreter::evaluateCall(const Expr& expr, const Value* caller) {
  const Value callee = evaluate(*expr.operands[0]);
  Arguments arguments = evaluateArguments(expr);
  if (caller != nullptr) arguments.named.emplace_back("caller", *caller);
  m_line = expr.line;
  if (callee.loop()) return callLoop(callee, arguments);
  const auto callable = callee.callable();
  if (callable == nullptr) {
    const std::string& name = expr.operands[0]->name;
    fail((name.empty() ? std::string("The value") : inQuotes(name)) +
         (callee.isUndefined() ? " is undefined and cannot be called."
                               : " is of type " + std::string(callee.typeName()) + " and cannot be called."));
  }
  return callable->function(*this, *callable, arguments);
}

Value Interpreter::evaluateFilter(const Expr& expr) {
  if (!expr.operands[0] && m_blockText.empty()) fail("The filter " + inQuotes(expr.name) + " has nothing to work on.");
  const Value input = expr.operands[0] ? evaluate(*expr.operands[0]) : m_blockText.back();
  const Arguments arguments = evaluateArguments(expr);
  m_line = expr.line;
  return applyFilter(expr.name, input, arguments);
}

bool Interpreter::evaluateTest(const Expr& expr) {
  const Value input = evaluate(*expr.operands[0]);
  const Arguments arguments = evaluateArguments(expr);
  m_line = expr.line;
  return applyTest(expr.name, input, arguments);
}

Value Interpreter::evaluateSlice(const Expr& expr) {
  const Value object = evaluate(*expr.operands[0]);
  const auto part = [&](std::size_t i) { return expr.operands[i] ? evaluate(*expr.operands[i]) : Value::none(); };
  const Value start = part(1);
  const Value stop = part(2);
  const Value step = part(3);
  if (object.isUndefined()) return attribute(object, "slice");
  const bool isRange = object.isSequence() && object.sequenceKind() == Sequence::Range;
  if (!object.isList() && !isRange && !object.isText()) {
    fail("A value of type " + std::string(object.typeName()) + " cannot be sliced.");
  }
  const std::int64_t length = lengthOf(object, m_budget);
  const SliceRange range = resolveSlice(length, start, stop, step);
  if (const std::string* text = object.text(m_budget)) {
    return sliceText(*text, range, static_cast<std::size_t>(length), m_budget);
  }
  const List items = object.list(m_budget);
  ListBuilder picked(m_budget);
  for (std::int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop;) {
    picked.push(items[static_cast<std::size_t>(i)]);
    if (__builtin_add_overflow(i, range.step, &i)) break;
  }
  return std::move(picked).value(items.kind() == Sequence::Group ? Sequence::Tuple : items.kind());
}

}  // namespace core::text::jinja
