#include "core/text/jinja/parser.h"

#include <algorithm>
#include <array>

namespace core::text::jinja {

namespace {

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::End:
      return "the end of the template";
    case TokenKind::Data:
      return "text";
    case TokenKind::VariableBegin:
      return "'{{'";
    case TokenKind::VariableEnd:
      return "'}}'";
    case TokenKind::BlockBegin:
      return "'{%'";
    case TokenKind::BlockEnd:
      return "'%}'";
    case TokenKind::String:
      return "a string";
    default:
      return inQuotes(token.text);
  }
}

}  // namespace

Parser::Level::Level(Parser& parser) : m_parser(parser) {
  if (parser.m_depth >= kMaxDepth) {
    throw Failure{ErrorCode::Unsupported, "It is nested more deeply than the limit of 200 levels."};
  }
  ++parser.m_depth;
}

const Token& Parser::peek(std::size_t ahead) const {
  return m_tokens[std::min(m_position + ahead, m_tokens.size() - 1)];
}

bool Parser::isOperator(std::string_view text, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::Operator && peek(ahead).text == text;
}

bool Parser::isName(std::string_view text, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::Name && peek(ahead).text == text;
}

Token Parser::take() {
  Token token = peek();
  m_budget.read(token.text.size());
  m_line = token.line;
  if (m_position + 1 < m_tokens.size()) ++m_position;
  return token;
}

bool Parser::acceptOperator(std::string_view text) {
  if (!isOperator(text)) return false;
  take();
  return true;
}

bool Parser::acceptName(std::string_view text) {
  if (!isName(text)) return false;
  take();
  return true;
}

void Parser::expectOperator(std::string_view text) {
  if (!acceptOperator(text)) failExpected("'" + std::string(text) + "'");
}

std::string Parser::expectName(std::string_view what) {
  if (peek().kind != TokenKind::Name) failExpected(what);
  return take().text;
}

/// Filters and tests may have dots in their names.
std::string Parser::parseDottedName(std::string_view what) {
  std::string name = expectName(what);
  while (acceptOperator(".")) name += "." + expectName(what);
  return name;
}

void Parser::expect(TokenKind kind) {
  if (peek().kind != kind) failExpected(describe({kind, "", 0}));
  take();
}

void Parser::failExpected(std::string_view what) const {
  m_line = peek().line;
  fail("Expected " + std::string(what) + ", found " + describe(peek()) + ".");
}

std::unique_ptr<Stmt> Parser::statement(StmtKind kind) const {
  m_budget.make(sizeof(Stmt));
  auto made = std::make_unique<Stmt>();
  made->kind = kind;
  made->line = peek().line;
  return made;
}

Block Parser::parseTemplate() { return parseBody({}); }

/// Statements up to a block tag whose name is one of `endings`; that name is the next token then.
Block Parser::parseBody(std::span<const std::string_view> endings) {
  const Level level(*this);
  Block body;
  while (true) {
    const Token& token = peek();
    if (token.kind == TokenKind::Data) {
      auto text = statement(StmtKind::Text);
      text->text = take().text;
      body.push_back(std::move(text));
    } else if (token.kind == TokenKind::VariableBegin) {
      auto output = statement(StmtKind::Output);
      take();
      output->value = parseExpressionOrTuple();
      expect(TokenKind::VariableEnd);
      body.push_back(std::move(output));
    } else if (token.kind == TokenKind::BlockBegin) {
      take();
      const bool ends =
          std::any_of(endings.begin(), endings.end(), [&](std::string_view name) { return isName(name); });
      if (ends) return body;
      body.push_back(parseStatement());
      expect(TokenKind::BlockEnd);
    } else if (token.kind == TokenKind::End && endings.empty()) {
      return body;
    } else {
      failExpected(endings.empty() ? "text or a tag" : "'{% " + std::string(endings.back()) + " %}'");
    }
  }
}

std::unique_ptr<Stmt> Parser::parseStatement() {
  if (acceptName("if")) return parseIf();
  if (acceptName("for")) return parseFor();
  if (acceptName("set")) return parseSet();
  if (acceptName("macro")) return parseMacro();
  if (acceptName("with")) return parseWith();
  if (acceptName("filter")) return parseFilterBlock();
  if (acceptName("break")) return parseLoopJump(StmtKind::Break);
  if (acceptName("continue")) return parseLoopJump(StmtKind::Continue);
  if (acceptName("call")) return parseCallBlock();
  if (acceptName("generation")) return parseScope();
  if (peek().kind != TokenKind::Name) failExpected("the name of a block");
  m_line = peek().line;
  static constexpr std::array<std::string_view, 5> kOtherFiles = {"include", "import", "from", "extends", "block"};
  if (std::any_of(kOtherFiles.begin(), kOtherFiles.end(), [&](std::string_view name) { return isName(name); })) {
    fail("The block " + inQuotes(peek().text) + " is for templates of several files; a chat template is one alone.");
  }
  fail("The block " + inQuotes(peek().text) +
       " is unknown here; known are if, for, set, macro, call, with, filter, break, continue, generation and raw.");
}

/// Hugging Face marks the assistant's own words with {% generation %}, and runs them as a call block does.
std::unique_ptr<Stmt> Parser::parseScope() {
  static constexpr std::array<std::string_view, 1> kEnd = {"endgeneration"};
  auto made = statement(StmtKind::Scope);
  expect(TokenKind::BlockEnd);
  const int outerLoops = std::exchange(m_loops, 0);
  made->body = parseBody(kEnd);
  m_loops = outerLoops;
  take();
  return made;
}

std::unique_ptr<Stmt> Parser::parseIf() {
  static constexpr std::array<std::string_view, 3> kNext = {"elif", "else", "endif"};
  static constexpr std::array<std::string_view, 1> kEnd = {"endif"};
  auto made = statement(StmtKind::If);
  while (true) {
    ExprPtr condition = parseExpressionOrTuple();
    expect(TokenKind::BlockEnd);
    Block body = parseBody(kNext);
    made->branches.push_back({std::move(condition), std::move(body)});
    if (acceptName("elif")) continue;
    if (acceptName("else")) {
      expect(TokenKind::BlockEnd);
      made->branches.push_back({nullptr, parseBody(kEnd)});
    }
    take();
    return made;
  }
}

Target Parser::parseOneTarget() {
  const Level level(*this);
  m_budget.make(sizeof(Target));
  if (acceptOperator("(")) {
    Target inner = parseTarget();
    expectOperator(")");
    return inner;
  }
  Target target;
  target.name = expectName("a variable's name");
  if (acceptOperator(".")) target.attribute = expectName("an attribute's name");
  return target;
}

/// One target, or several separated by commas, which take a sequence apart.
Target Parser::parseTarget() {
  Target first = parseOneTarget();
  if (!isOperator(",")) return first;
  Target tuple;
  tuple.isTuple = true;
  tuple.parts.push_back(std::move(first));
  while (acceptOperator(",")) {
    if (isName("in") || isOperator("=") || isOperator(")")) break;
    tuple.parts.push_back(parseOneTarget());
  }
  return tuple;
}

std::unique_ptr<Stmt> Parser::parseFor() {
  static constexpr std::array<std::string_view, 2> kNext = {"else", "endfor"};
  static constexpr std::array<std::string_view, 1> kEnd = {"endfor"};
  auto made = statement(StmtKind::For);
  made->target = std::make_unique<const Target>(parseTarget());
  if (!acceptName("in")) failExpected("'in'");
  made->value = parseExpressionOrTuple(false);
  if (acceptName("if")) made->condition = parseExpression();
  made->recursive = acceptName("recursive");
  expect(TokenKind::BlockEnd);
  ++m_loops;
  made->body = parseBody(kNext);
  --m_loops;
  if (acceptName("else")) {
    expect(TokenKind::BlockEnd);
    made->otherwise = parseBody(kEnd);
  }
  take();
  return made;
}

std::unique_ptr<Stmt> Parser::parseSet() {
  static constexpr std::array<std::string_view, 1> kEnd = {"endset"};
  auto made = statement(StmtKind::Set);
  made->target = std::make_unique<const Target>(parseTarget());
  if (acceptOperator("=")) {
    made->value = parseExpressionOrTuple();
    return made;
  }
  if (made->target->isTuple) failExpected("'='");
  made->kind = StmtKind::SetBlock;
  if (isOperator("|")) {
    ExprPtr piped;  // the innermost operand stays null: it stands for the text of the block
    while (acceptOperator("|")) piped = parseFilter(std::move(piped));
    made->value = std::move(piped);
  }
  expect(TokenKind::BlockEnd);
  made->body = parseBody(kEnd);
  take();
  return made;
}

/// (a, b=1, …)
void Parser::parseParameters(Stmt& owner) {
  expectOperator("(");
  while (!acceptOperator(")")) {
    if (!owner.parameters.empty()) {
      expectOperator(",");
      if (acceptOperator(")")) break;
    }
    Parameter parameter{expectName("a parameter's name"), nullptr};
    if (acceptOperator("=")) {
      parameter.defaultValue = parseExpression();
    } else if (!owner.parameters.empty() && owner.parameters.back().defaultValue) {
      fail("A parameter without a default follows one that has one.");
    }
    owner.parameters.push_back(std::move(parameter));
  }
}

/// What lies between the tags of a macro or call block, and which of the implicit names it reads.
void Parser::parseMacroBody(Stmt& owner, std::string_view end) {
  const std::array<std::string_view, 1> ends = {end};
  const ImplicitNames outer = std::exchange(m_implicit, {});
  const int outerLoops = std::exchange(m_loops, 0);
  owner.body = parseBody(ends);
  m_loops = outerLoops;
  owner.implicit = m_implicit;
  m_implicit.caller |= outer.caller;
  m_implicit.positional |= outer.positional;
  m_implicit.named |= outer.named;
  take();
}

std::unique_ptr<Stmt> Parser::parseMacro() {
  auto made = statement(StmtKind::Macro);
  made->name = expectName("the macro's name");
  parseParameters(*made);
  expect(TokenKind::BlockEnd);
  parseMacroBody(*made, "endmacro");
  return made;
}

std::unique_ptr<Stmt> Parser::parseCallBlock() {
  auto made = statement(StmtKind::Call);
  made->name = "caller";
  if (isOperator("(")) parseParameters(*made);
  made->value = parseExpression();
  if (made->value->kind != ExprKind::Call) fail("A call block needs a call, as in {% call name() %}.");
  expect(TokenKind::BlockEnd);
  parseMacroBody(*made, "endcall");
  return made;
}

std::unique_ptr<Stmt> Parser::parseWith() {
  static constexpr std::array<std::string_view, 1> kEnd = {"endwith"};
  auto made = statement(StmtKind::With);
  while (peek().kind != TokenKind::BlockEnd) {
    if (!made->parameters.empty()) expectOperator(",");
    Parameter binding{expectName("a variable's name"), nullptr};
    expectOperator("=");
    binding.defaultValue = parseExpression();
    made->parameters.push_back(std::move(binding));
  }
  take();
  made->body = parseBody(kEnd);
  take();
  return made;
}

std::unique_ptr<Stmt> Parser::parseFilterBlock() {
  static constexpr std::array<std::string_view, 1> kEnd = {"endfilter"};
  auto made = statement(StmtKind::Filter);
  made->value = parseFilter(nullptr);
  while (acceptOperator("|")) made->value = parseFilter(std::move(made->value));
  expect(TokenKind::BlockEnd);
  made->body = parseBody(kEnd);
  take();
  return made;
}

std::unique_ptr<Stmt> Parser::parseLoopJump(StmtKind kind) {
  if (m_loops == 0) fail("'break' and 'continue' are only allowed inside a for loop.");
  return statement(kind);
}

}  // namespace core::text::jinja
