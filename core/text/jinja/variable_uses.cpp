// What expressions say of variables.
#include <algorithm>
#include <array>

#include "core/text/jinja/variable_finder.h"

namespace core::text::jinja {

namespace {

template <std::size_t count>
bool isOneOf(std::string_view name, const std::array<std::string_view, count>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 12> kTextNames = {"trim",       "upper",    "lower",  "title",
                                                         "capitalize", "replace",  "strip",  "split",
                                                         "startswith", "endswith", "rstrip", "lstrip"};
constexpr std::array<std::string_view, 11> kListNames = {
    "join", "list", "map", "select", "reject", "selectattr", "rejectattr", "sort", "unique", "groupby", "items"};

bool isText(const Expr& expr) {
  Budget once;
  return expr.kind == ExprKind::Literal && expr.value.isText() && expr.value.text(once) != nullptr;
}

std::string textOf(const Expr& expr) {
  Budget once;
  return *expr.value.text(once);
}

}  // namespace

/// The value a template gives a variable that is not there.
void VariableFinder::usual(int variable, const Expr& literal) {
  if (variable == kNone) return;
  Found& found = m_found[static_cast<std::size_t>(variable)];
  if (literal.kind == ExprKind::List || literal.kind == ExprKind::Dict) found.uses.list = true;
  if (literal.kind != ExprKind::Literal || !std::holds_alternative<std::monostate>(found.variable.usual)) return;
  const Value& value = literal.value;
  if (value.isBoolean()) {
    found.uses.flag = true;
    found.variable.usual = value.truthy();
  } else if (value.isInteger()) {
    found.uses.number = true;
    found.variable.usual = *value.integer();
  } else if (value.isFloat()) {
    found.uses.number = true;
    found.variable.usual = *value.number();
  } else if (isText(literal)) {
    found.uses.text = true;
    found.variable.usual = textOf(literal);
  }
}

/// `variable == other` and its like.
void VariableFinder::compareWith(int variable, const Expr& other) {
  if (variable == kNone) return;
  Found& found = m_found[static_cast<std::size_t>(variable)];
  if (other.kind == ExprKind::List || other.kind == ExprKind::Tuple) {
    for (const ExprPtr& one : other.operands) compareWith(variable, *one);
  }
  if (other.kind != ExprKind::Literal) return;
  if (other.value.isBoolean()) found.uses.flag = true;
  if (other.value.isInteger() || other.value.isFloat()) found.uses.number = true;
  if (!isText(other)) return;
  found.uses.text = true;
  std::vector<std::string>& choices = found.variable.choices;
  std::string text = textOf(other);
  if (choices.size() < 32 && std::find(choices.begin(), choices.end(), text) == choices.end()) {
    choices.push_back(std::move(text));
  }
}

/// Remembers which variables a condition asks for being there, or true.
void VariableFinder::guard(const Expr& condition) {
  if (condition.kind == ExprKind::Name) {
    const int variable = read(condition.name);
    if (variable != kNone) m_guards.push_back(variable);
  }
  const bool looksInside = condition.kind == ExprKind::Not || condition.kind == ExprKind::And ||
                           condition.kind == ExprKind::Or || condition.kind == ExprKind::Test;
  if (!looksInside) return;
  for (const ExprPtr& operand : condition.operands) guard(*operand);
}

void VariableFinder::walkArguments(const Expr& expr) {
  for (std::size_t i = 1; i < expr.operands.size(); ++i) {
    if (expr.operands[i]) walk(*expr.operands[i]);
  }
  for (const auto& keyword : expr.keywords) walk(*keyword.second);
  if (expr.spread) walk(*expr.spread);
  if (expr.spreadNamed) walk(*expr.spreadNamed);
}

int VariableFinder::walk(const Expr& expr) {
  m_budget.step();
  switch (expr.kind) {
    case ExprKind::Literal:
      return kNone;
    case ExprKind::Name:
      return read(expr.name);
    case ExprKind::Attribute: {
      const int object = walk(*expr.operands[0]);
      note(object, [&](Uses& uses) { (isOneOf(expr.name, kTextNames) ? uses.text : uses.list) = true; });
      return kNone;
    }
    case ExprKind::Index:
      note(walk(*expr.operands[0]), [](Uses& uses) { uses.list = true; });
      walkArguments(expr);
      return kNone;
    case ExprKind::Slice: {
      const int whole = walk(*expr.operands[0]);
      walkArguments(expr);
      return whole;
    }
    case ExprKind::Call:
      walkCall(expr);
      return kNone;
    case ExprKind::Filter:
      return walkFilter(expr);
    case ExprKind::Test:
      walkTest(expr);
      return kNone;
    case ExprKind::Compare:
      walkCompare(expr);
      return kNone;
    case ExprKind::Conditional:
      return walkConditional(expr);
    case ExprKind::Not:
    case ExprKind::And:
    case ExprKind::Or: {
      int first = kNone;
      for (const ExprPtr& operand : expr.operands) {
        const int one = walk(*operand);
        note(one, [](Uses& uses) { uses.truth = true; });
        if (operand == expr.operands.front()) first = one;
      }
      if (expr.kind != ExprKind::Or) return kNone;
      usual(first, *expr.operands[1]);
      return first;
    }
    case ExprKind::Concat:
      for (const ExprPtr& operand : expr.operands) note(walk(*operand), [](Uses& uses) { uses.text = true; });
      return kNone;
    case ExprKind::Arithmetic: {
      const bool joins = expr.name == "+" || expr.name == "%";
      const bool withText = isText(*expr.operands[0]) || isText(*expr.operands[1]);
      for (const ExprPtr& operand : expr.operands) {
        note(walk(*operand), [&](Uses& uses) {
          if (joins && withText) uses.text = true;
          if (!joins) uses.number = true;
        });
      }
      return kNone;
    }
    case ExprKind::List:
    case ExprKind::Tuple:
    case ExprKind::Dict:
    case ExprKind::Negate:
    case ExprKind::Plus:
      for (const ExprPtr& operand : expr.operands) walk(*operand);
      return kNone;
  }
  return kNone;
}

int VariableFinder::walkFilter(const Expr& expr) {
  const int input = expr.operands[0] ? walk(*expr.operands[0]) : kNone;
  walkArguments(expr);
  if (expr.name == "default" || expr.name == "d") {
    if (expr.operands.size() > 1) usual(input, *expr.operands[1]);
    return input;
  }
  if (isOneOf(expr.name, kTextNames)) note(input, [](Uses& uses) { uses.text = true; });
  if (isOneOf(expr.name, kListNames)) note(input, [](Uses& uses) { uses.list = true; });
  if (expr.name == "int" || expr.name == "float") note(input, [](Uses& uses) { uses.number = true; });
  return expr.name == "trim" || expr.name == "list" ? input : kNone;
}

/// `x if x is defined else 'usual'`: the variable's value, or its usual one.
int VariableFinder::walkConditional(const Expr& expr) {
  note(walk(*expr.operands[1]), [](Uses& uses) { uses.truth = true; });
  const int first = walk(*expr.operands[0]);
  const int second = expr.operands[2] ? walk(*expr.operands[2]) : kNone;
  const std::size_t outer = m_guards.size();
  guard(*expr.operands[1]);
  const auto isAsked = [&](int variable) {
    return variable != kNone &&
           std::find(m_guards.begin() + static_cast<std::ptrdiff_t>(outer), m_guards.end(), variable) != m_guards.end();
  };
  if (isAsked(first) && expr.operands[2]) usual(first, *expr.operands[2]);
  if (isAsked(second)) usual(second, *expr.operands[0]);
  m_guards.resize(outer);
  return first != kNone ? first : second;
}

void VariableFinder::walkTest(const Expr& expr) {
  const int input = walk(*expr.operands[0]);
  walkArguments(expr);
  const auto isTest = [&](const auto&... names) { return ((expr.name == names) || ...); };
  if (isTest("string")) note(input, [](Uses& uses) { uses.text = true; });
  if (isTest("mapping", "iterable", "sequence")) note(input, [](Uses& uses) { uses.list = true; });
  if (isTest("true", "false", "boolean")) note(input, [](Uses& uses) { uses.flag = true; });
  if (isTest("number", "integer", "float")) note(input, [](Uses& uses) { uses.number = true; });
  if (isTest("equalto", "eq", "ne", "sameas", "in") && expr.operands.size() > 1) compareWith(input, *expr.operands[1]);
}

void VariableFinder::walkCompare(const Expr& expr) {
  std::vector<int> values;
  for (const ExprPtr& operand : expr.operands) values.push_back(walk(*operand));
  for (std::size_t i = 0; i < expr.operators.size(); ++i) {
    const std::string& op = expr.operators[i];
    const bool contains = op == "in" || op == "not in";
    compareWith(values[i], *expr.operands[i + 1]);
    if (!contains) {
      compareWith(values[i + 1], *expr.operands[i]);
    } else {
      note(values[i + 1], [](Uses& uses) { uses.list = true; });
    }
  }
}

/// What a call passes to a macro is used as the macro's parameter is.
void VariableFinder::walkCall(const Expr& expr) {
  const Expr& callee = *expr.operands[0];
  walk(callee);
  const auto macro = callee.kind == ExprKind::Name ? m_macros.find(callee.name) : m_macros.end();
  for (std::size_t i = 1; i < expr.operands.size(); ++i) {
    const int argument = walk(*expr.operands[i]);
    if (macro != m_macros.end() && i - 1 < macro->second.size()) flowsInto(argument, macro->second[i - 1]);
  }
  for (const auto& [name, value] : expr.keywords) {
    const int argument = walk(*value);
    if (macro == m_macros.end() || argument == kNone) continue;
    for (const int parameter : macro->second) {
      m_budget.step();
      if (parameter != kNone && m_found[static_cast<std::size_t>(parameter)].variable.name == name) {
        flowsInto(argument, parameter);
      }
    }
  }
  if (expr.spread) walk(*expr.spread);
  if (expr.spreadNamed) walk(*expr.spreadNamed);
}

}  // namespace core::text::jinja
