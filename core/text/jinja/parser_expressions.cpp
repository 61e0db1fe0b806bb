// Expressions, from the loosest binding (conditional) to the tightest (postfix).
#include <algorithm>
#include <charconv>

#include "core/text/jinja/parser.h"

namespace core::text::jinja {

namespace {

/// true, false and none are values; any other name is a variable's.
void nameOrConstant(std::string_view name, Expr& out) {
  if (name == "true" || name == "True") {
    out.value = Value(true);
  } else if (name == "false" || name == "False") {
    out.value = Value(false);
  } else if (name == "none" || name == "None") {
    out.value = Value::none();
  } else {
    out.kind = ExprKind::Name;
    out.name = name;
  }
}

}  // namespace

std::unique_ptr<Expr> Parser::node(ExprKind kind) const {
  m_budget.make(sizeof(Expr));
  auto made = std::make_unique<Expr>();
  made->kind = kind;
  made->line = peek().line;
  return made;
}

ExprPtr Parser::finish(std::unique_ptr<Expr> made) const {
  int deepest = 0;
  for (const ExprPtr& operand : made->operands) deepest = std::max(deepest, operand ? operand->depth : 0);
  for (const auto& keyword : made->keywords) deepest = std::max(deepest, keyword.second->depth);
  for (const ExprPtr* spread : {&made->spread, &made->spreadNamed}) {
    if (*spread) deepest = std::max(deepest, (*spread)->depth);
  }
  made->depth = deepest + 1;
  if (made->depth > kMaxDepth) {
    throw Failure{ErrorCode::Unsupported, "It has an expression of more than 200 nested operations."};
  }
  return made;
}

template <typename... Operands>
ExprPtr Parser::make(ExprKind kind, std::string name, Operands... operands) const {
  auto made = node(kind);
  made->name = std::move(name);
  (made->operands.push_back(std::move(operands)), ...);
  return finish(std::move(made));
}

ExprPtr Parser::parseExpression() { return parseConditional(); }

/// An expression, or several separated by commas, which make a tuple without parentheses.
ExprPtr Parser::parseExpressionOrTuple(bool withConditional) {
  const auto one = [&] { return withConditional ? parseConditional() : parseOr(); };
  ExprPtr first = one();
  if (!isOperator(",")) return first;
  auto tuple = node(ExprKind::Tuple);
  tuple->operands.push_back(std::move(first));
  while (acceptOperator(",")) {
    const TokenKind next = peek().kind;
    if (next == TokenKind::VariableEnd || next == TokenKind::BlockEnd || isOperator(")")) break;
    tuple->operands.push_back(one());
  }
  return finish(std::move(tuple));
}

ExprPtr Parser::parseConditional() {
  const Level level(*this);
  ExprPtr value = parseOr();
  while (acceptName("if")) {
    ExprPtr condition = parseOr();
    ExprPtr otherwise;
    if (acceptName("else")) otherwise = parseConditional();
    value = make(ExprKind::Conditional, "", std::move(value), std::move(condition), std::move(otherwise));
  }
  return value;
}

ExprPtr Parser::parseOr() {
  ExprPtr left = parseAnd();
  while (acceptName("or")) left = make(ExprKind::Or, "", std::move(left), parseAnd());
  return left;
}

ExprPtr Parser::parseAnd() {
  ExprPtr left = parseNot();
  while (acceptName("and")) left = make(ExprKind::And, "", std::move(left), parseNot());
  return left;
}

ExprPtr Parser::parseNot() {
  if (!isName("not") || isName("in", 1)) return parseCompare();
  const Level level(*this);
  take();
  return make(ExprKind::Not, "", parseNot());
}

ExprPtr Parser::parseCompare() {
  ExprPtr first = parseSum();
  std::unique_ptr<Expr> chain;
  while (true) {
    std::string op;
    for (const std::string_view candidate : {"==", "!=", "<", ">", "<=", ">="}) {
      if (isOperator(candidate)) op = candidate;
    }
    if (op.empty() && isName("in")) op = "in";
    if (op.empty() && isName("not") && isName("in", 1)) {
      take();
      op = "not in";
    }
    if (op.empty()) break;
    take();
    if (!chain) {
      chain = node(ExprKind::Compare);
      chain->operands.push_back(std::move(first));
    }
    chain->operators.push_back(std::move(op));
    chain->operands.push_back(parseSum());
  }
  return chain ? finish(std::move(chain)) : std::move(first);
}

ExprPtr Parser::parseSum() {
  ExprPtr left = parseConcat();
  while (isOperator("+") || isOperator("-")) {
    std::string op = take().text;
    left = make(ExprKind::Arithmetic, std::move(op), std::move(left), parseConcat());
  }
  return left;
}

ExprPtr Parser::parseConcat() {
  ExprPtr first = parseProduct();
  if (!isOperator("~")) return first;
  auto joined = node(ExprKind::Concat);
  joined->operands.push_back(std::move(first));
  while (acceptOperator("~")) joined->operands.push_back(parseProduct());
  return finish(std::move(joined));
}

ExprPtr Parser::parseProduct() {
  ExprPtr left = parsePower();
  while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%")) {
    std::string op = take().text;
    left = make(ExprKind::Arithmetic, std::move(op), std::move(left), parsePower());
  }
  return left;
}

ExprPtr Parser::parsePower() {
  ExprPtr left = parseUnary();
  while (acceptOperator("**")) left = make(ExprKind::Arithmetic, "**", std::move(left), parseUnary());
  return left;
}

ExprPtr Parser::parseUnary(bool withFilters) {
  const Level level(*this);
  ExprPtr value;
  if (acceptOperator("-")) {
    value = make(ExprKind::Negate, "", parseUnary(false));
  } else if (acceptOperator("+")) {
    value = make(ExprKind::Plus, "", parseUnary(false));
  } else {
    value = parsePrimary();
  }
  value = parsePostfix(std::move(value));
  return withFilters ? parseFilters(std::move(value)) : std::move(value);
}

ExprPtr Parser::parsePrimary() {
  auto literal = node(ExprKind::Literal);
  const Token& token = peek();
  if (token.kind == TokenKind::Name) {
    nameOrConstant(token.text, *literal);
    m_implicit.caller |= literal->name == "caller";
    m_implicit.positional |= literal->name == "varargs";
    m_implicit.named |= literal->name == "kwargs";
    take();
  } else if (token.kind == TokenKind::String) {
    std::string text;
    while (peek().kind == TokenKind::String) text += take().text;
    literal->value = Value::literal(std::move(text));
  } else if (token.kind == TokenKind::Integer) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    if (parsed.ec != std::errc()) fail("The integer " + inQuotes(token.text) + " does not fit 64 bits.");
    literal->value = Value(value);
    take();
  } else if (token.kind == TokenKind::Float) {
    double value = 0;
    const auto parsed = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    if (parsed.ec != std::errc()) fail("The number " + inQuotes(token.text) + " is out of range.");
    literal->value = Value(value);
    take();
  } else if (isOperator("(")) {
    return parseParenthesised();
  } else if (acceptOperator("[")) {
    auto list = node(ExprKind::List);
    list->operands = parseItems("]");
    return finish(std::move(list));
  } else if (isOperator("{")) {
    return parseDict();
  } else {
    failExpected("a value");
  }
  return finish(std::move(literal));
}

ExprPtr Parser::parseParenthesised() {
  expectOperator("(");
  if (acceptOperator(")")) return finish(node(ExprKind::Tuple));
  ExprPtr inner = parseExpressionOrTuple();
  expectOperator(")");
  return inner;
}

std::vector<ExprPtr> Parser::parseItems(std::string_view close) {
  std::vector<ExprPtr> items;
  while (!acceptOperator(close)) {
    if (!items.empty()) {
      expectOperator(",");
      if (acceptOperator(close)) break;
    }
    items.push_back(parseExpression());
  }
  return items;
}

ExprPtr Parser::parseDict() {
  auto dict = node(ExprKind::Dict);
  expectOperator("{");
  while (!acceptOperator("}")) {
    if (!dict->operands.empty()) {
      expectOperator(",");
      if (acceptOperator("}")) break;
    }
    dict->operands.push_back(parseExpression());
    expectOperator(":");
    dict->operands.push_back(parseExpression());
  }
  return finish(std::move(dict));
}

ExprPtr Parser::parsePostfix(ExprPtr base) {
  while (true) {
    if (acceptOperator(".")) {
      if (peek().kind == TokenKind::Integer) {
        auto index = node(ExprKind::Literal);
        std::int64_t value = 0;
        const std::string digits = take().text;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
          fail("The index " + inQuotes(digits) + " does not fit 64 bits.");
        }
        index->value = Value(value);
        base = make(ExprKind::Index, "", std::move(base), finish(std::move(index)));
      } else {
        base = make(ExprKind::Attribute, expectName("an attribute's name"), std::move(base));
      }
    } else if (acceptOperator("[")) {
      base = parseSubscript(std::move(base));
    } else if (isOperator("(")) {
      auto call = node(ExprKind::Call);
      call->operands.push_back(std::move(base));
      parseArguments(*call);
      base = finish(std::move(call));
    } else {
      return base;
    }
  }
}

ExprPtr Parser::parseSubscript(ExprPtr base) {
  std::vector<ExprPtr> parts(3);
  std::size_t count = 0;
  bool isSlice = false;
  while (!isOperator("]")) {
    if (acceptOperator(":")) {
      isSlice = true;
      if (++count > 2) failExpected("']'");
    } else {
      if (parts[count]) failExpected("':' or ']'");
      parts[count] = isSlice ? parseExpression() : parseExpressionOrTuple();
    }
  }
  expectOperator("]");
  if (isSlice) {
    return make(ExprKind::Slice, "", std::move(base), std::move(parts[0]), std::move(parts[1]), std::move(parts[2]));
  }
  if (!parts[0]) fail("Expected an index between '[' and ']', found nothing.");
  return make(ExprKind::Index, "", std::move(base), std::move(parts[0]));
}

void Parser::parseArguments(Expr& call) {
  expectOperator("(");
  bool first = true;
  while (!acceptOperator(")")) {
    if (!first) {
      expectOperator(",");
      if (acceptOperator(")")) break;
    }
    first = false;
    if (acceptOperator("**")) {
      if (call.spreadNamed) fail("A call takes one dictionary of named arguments.");
      call.spreadNamed = parseExpression();
    } else if (acceptOperator("*")) {
      if (call.spread || call.spreadNamed) fail("A call takes one sequence of arguments, before the named ones.");
      call.spread = parseExpression();
    } else if (peek().kind == TokenKind::Name && isOperator("=", 1)) {
      if (call.spreadNamed) fail("A named argument follows a dictionary of them.");
      std::string name = take().text;
      take();
      call.keywords.emplace_back(std::move(name), parseExpression());
    } else {
      if (!call.keywords.empty() || call.spread || call.spreadNamed) {
        fail("A positional argument follows a named one.");
      }
      call.operands.push_back(parseExpression());
    }
  }
}

ExprPtr Parser::parseFilters(ExprPtr base) {
  while (true) {
    if (acceptOperator("|")) {
      base = parseFilter(std::move(base));
    } else if (acceptName("is")) {
      base = parseTest(std::move(base));
    } else if (isOperator("(")) {
      base = parsePostfix(std::move(base));
    } else {
      return base;
    }
  }
}

ExprPtr Parser::parseFilter(ExprPtr input) {
  auto filter = node(ExprKind::Filter);
  filter->name = parseDottedName("a filter's name");
  filter->operands.push_back(std::move(input));
  if (isOperator("(")) parseArguments(*filter);
  return finish(std::move(filter));
}

ExprPtr Parser::parseTest(ExprPtr input) {
  const Level level(*this);
  const bool negated = acceptName("not");
  auto test = node(ExprKind::Test);
  test->name = parseDottedName("a test's name");
  test->operands.push_back(std::move(input));
  const Token& next = peek();
  const bool reserved =
      isName("else") || isName("or") || isName("and") || isName("is") || isName("in") || isName("if") || isName("not");
  if (isName("is")) fail("Tests cannot be chained with 'is'.");
  if (isOperator("(")) {
    parseArguments(*test);
  } else if ((next.kind == TokenKind::Name && !reserved) || next.kind == TokenKind::String ||
             next.kind == TokenKind::Integer || next.kind == TokenKind::Float || isOperator("[") || isOperator("{")) {
    test->operands.push_back(parsePostfix(parsePrimary()));
  }
  ExprPtr made = finish(std::move(test));
  return negated ? make(ExprKind::Not, "", std::move(made)) : std::move(made);
}

}  // namespace core::text::jinja
