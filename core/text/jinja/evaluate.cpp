// Expressions of the interpreter.
#include <algorithm>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/interpreter.h"
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

Value itemAt(const std::vector<Value>& items, std::int64_t index, const Value& key, Budget& budget) {
  const auto size = static_cast<std::int64_t>(items.size());
  if (index < -size || index >= size) return Value::undefined(toText(key, budget));
  return items[static_cast<std::size_t>(index < 0 ? index + size : index)];
}

Value loopAttribute(const std::shared_ptr<LoopData>& loop, std::string_view name) {
  const auto index = static_cast<std::int64_t>(loop->index0);
  const auto length = static_cast<std::int64_t>(loop->items->items.size());
  const auto neighbour = [&](std::int64_t at) {
    return at < 0 || at >= length ? Value::undefined(name) : loop->items->items[static_cast<std::size_t>(at)];
  };
  if (name == "index") return Value(index + 1);
  if (name == "index0") return Value(index);
  if (name == "revindex") return Value(length - index);
  if (name == "revindex0") return Value(length - index - 1);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return Value(length);
  if (name == "depth") return Value(std::int64_t{1});
  if (name == "depth0") return Value(std::int64_t{0});
  if (name == "previtem") return neighbour(index - 1);
  if (name == "nextitem") return neighbour(index + 1);
  if (name == "cycle") {
    return Value::callable("cycle", [loop](Interpreter&, const Arguments& arguments) {
      if (arguments.positional.empty()) fail("loop.cycle needs at least one value.");
      return arguments.positional[loop->index0 % arguments.positional.size()];
    });
  }
  return Value::undefined(name);
}

}  // namespace

Value Interpreter::attribute(const Value& object, std::string_view name) {
  if (const auto* undefined = object.as<Undefined>()) {
    fail("'" + (undefined->name ? *undefined->name : std::string("The value")) + "' is undefined, so it has no '" +
         std::string(name) + "'.");
  }
  if (const auto* space = object.as<std::shared_ptr<NamespaceData>>()) {
    m_budget.charge((*space)->attributes.size());
    for (const auto& [key, value] : (*space)->attributes) {
      if (key == name) return value;
    }
    return Value::undefined(name);
  }
  if (const auto* loop = object.as<std::shared_ptr<LoopData>>()) return loopAttribute(*loop, name);
  Value method = boundMethod(object, name);
  if (!method.isUndefined()) return method;
  if (const Value* found = object.findKey(name)) return *found;
  return Value::undefined(name);
}

Value Interpreter::subscript(const Value& object, const Value& key) {
  if (const std::string* name = key.text()) {
    if (object.dict() == nullptr) return attribute(object, *name);
    if (const Value* found = object.findKey(*name)) return *found;
    return boundMethod(object, *name).isUndefined() ? Value::undefined(*name) : boundMethod(object, *name);
  }
  if (object.isUndefined()) return attribute(object, toText(key, m_budget));
  if (object.dict() != nullptr) {
    const Value* found = object.findKey(key, m_budget);
    return found == nullptr ? Value::undefined(toText(key, m_budget)) : *found;
  }
  const auto index = key.integer();
  if (index && object.list() != nullptr) return itemAt(object.list()->items, *index, key, m_budget);
  if (index && object.text() != nullptr) return itemAt(iterate(object, m_budget).values(), *index, key, m_budget);
  return Value::undefined(toText(key, m_budget));
}

std::vector<Value> Interpreter::evaluateAll(const std::vector<ExprPtr>& operands, std::size_t from) {
  std::vector<Value> values;
  values.reserve(operands.size() - from);
  for (std::size_t i = from; i < operands.size(); ++i) values.push_back(evaluate(*operands[i]));
  return values;
}

Arguments Interpreter::evaluateArguments(const Expr& expr) {
  Arguments arguments{evaluateAll(expr.operands, 1), {}};
  for (const auto& [name, value] : expr.keywords) arguments.named.emplace_back(name, evaluate(*value));
  return arguments;
}

Value Interpreter::evaluate(const Expr& expr) {
  const Budget::Level level(m_budget);
  m_budget.charge();
  m_line = expr.line;
  const auto operand = [&](std::size_t i) { return evaluate(*expr.operands[i]); };
  switch (expr.kind) {
    case ExprKind::Literal:
      return expr.value;
    case ExprKind::Name: {
      const Value* found = lookUp(expr.name);
      return found == nullptr ? Value::undefined(expr.name) : *found;
    }
    case ExprKind::List:
      return Value::list(evaluateAll(expr.operands, 0));
    case ExprKind::Tuple:
      return Value::list(evaluateAll(expr.operands, 0), Sequence::Tuple);
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
      return arithmetic("-", Value(std::int64_t{0}), operand(0), m_budget);
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
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t i = 0; i + 1 < expr.operands.size(); i += 2) {
    Value key = evaluate(*expr.operands[i]);
    entries.emplace_back(std::move(key), evaluate(*expr.operands[i + 1]));
  }
  return Value::dict(std::move(entries), m_budget);
}

Value Interpreter::evaluateConcat(const Expr& expr) {
  std::string joined;
  for (const ExprPtr& operand : expr.operands) {
    joined += toText(evaluate(*operand), m_budget);
    m_budget.chargeText(joined.size());
  }
  return Value(std::move(joined));
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

Value Interpreter::evaluateCall(const Expr& expr) {
  const Value callee = evaluate(*expr.operands[0]);
  const Arguments arguments = evaluateArguments(expr);
  m_line = expr.line;
  const auto* callable = callee.as<std::shared_ptr<const Callable>>();
  if (callable == nullptr) {
    const std::string& name = expr.operands[0]->name;
    fail((name.empty() ? std::string("The value") : "'" + name + "'") +
         (callee.isUndefined() ? " is undefined and cannot be called."
                               : " is of type " + std::string(callee.typeName()) + " and cannot be called."));
  }
  return (*callable)->call(*this, arguments);
}

Value Interpreter::evaluateFilter(const Expr& expr) {
  if (!expr.operands[0] && m_blockText.empty()) fail("The filter '" + expr.name + "' has nothing to work on.");
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
  if (object.list() == nullptr && object.text() == nullptr) {
    fail("A value of type " + std::string(object.typeName()) + " cannot be sliced.");
  }
  const auto items = iterate(object, m_budget);
  const auto length = static_cast<std::int64_t>(items.size());
  const SliceRange range = resolveSlice(length, start, stop, step);
  std::vector<Value> picked;
  for (std::int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop;) {
    m_budget.charge();
    picked.push_back(items.values()[static_cast<std::size_t>(i)]);
    if (__builtin_add_overflow(i, range.step, &i)) break;
  }
  if (object.list() != nullptr) return Value::list(std::move(picked), object.list()->kind);
  std::string text;
  for (const Value& character : picked) text += *character.text();
  m_budget.chargeText(text.size());
  return Value(std::move(text));
}

}  // namespace core::text::jinja
