#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "core/text/jinja/ast.h"
#include "core/text/jinja/lexer.h"

namespace core::text::jinja {

/// Turns tokens into a tree. Recursive descent, one function per level of precedence, as Jinja's own parser has them.
class Parser {
 public:
  /// @param line keeps the line being parsed, for the sentence of a Failure  @param budget pays for the tree
  Parser(std::vector<Token> tokens, int& line, Budget& budget)
      : m_tokens(std::move(tokens)), m_line(line), m_budget(budget) {}
  /// @throws Failure saying what was expected and what was found
  Block parseTemplate();

 private:
  static constexpr int kMaxDepth = 200;

  // parser.cpp: statements
  Block parseBody(std::span<const std::string_view> endings);
  std::unique_ptr<Stmt> parseStatement();
  std::unique_ptr<Stmt> parseIf();
  std::unique_ptr<Stmt> parseFor();
  std::unique_ptr<Stmt> parseSet();
  std::unique_ptr<Stmt> parseMacro();
  std::unique_ptr<Stmt> parseCallBlock();
  std::unique_ptr<Stmt> parseWith();
  std::unique_ptr<Stmt> parseScope();
  void parseParameters(Stmt& owner);
  void parseMacroBody(Stmt& owner, std::string_view end);
  std::unique_ptr<Stmt> parseFilterBlock();
  std::unique_ptr<Stmt> parseLoopJump(StmtKind kind);
  Target parseTarget();
  Target parseOneTarget();
  std::unique_ptr<Stmt> statement(StmtKind kind) const;

  // parser_expressions.cpp
  ExprPtr parseExpression();
  ExprPtr parseExpressionOrTuple(bool withConditional = true);
  ExprPtr parseConditional();
  ExprPtr parseOr();
  ExprPtr parseAnd();
  ExprPtr parseNot();
  ExprPtr parseCompare();
  ExprPtr parseSum();
  ExprPtr parseConcat();
  ExprPtr parseProduct();
  ExprPtr parsePower();
  ExprPtr parseUnary(bool withFilters = true);
  ExprPtr parsePrimary();
  ExprPtr parseParenthesised();
  ExprPtr parseDict();
  ExprPtr parsePostfix(ExprPtr base);
  ExprPtr parseSubscript(ExprPtr base);
  ExprPtr parseFilters(ExprPtr base);
  ExprPtr parseFilter(ExprPtr input);
  ExprPtr parseTest(ExprPtr input);
  void parseArguments(Expr& call);
  std::vector<ExprPtr> parseItems(std::string_view close);
  ExprPtr finish(std::unique_ptr<Expr> node) const;
  std::unique_ptr<Expr> node(ExprKind kind) const;
  template <typename... Operands>
  ExprPtr make(ExprKind kind, std::string name, Operands... operands) const;

  // tokens
  const Token& peek(std::size_t ahead = 0) const;
  bool isOperator(std::string_view text, std::size_t ahead = 0) const;
  bool isName(std::string_view text, std::size_t ahead = 0) const;
  bool acceptOperator(std::string_view text);
  bool acceptName(std::string_view text);
  void expectOperator(std::string_view text);
  std::string expectName(std::string_view what);
  std::string parseDottedName(std::string_view what);
  void expect(TokenKind kind);
  Token take();
  [[noreturn]] void failExpected(std::string_view what) const;

  /// One level of recursion, for as long as it lives.
  struct Level {
    explicit Level(Parser& parser);
    ~Level() { --m_parser.m_depth; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Parser& m_parser;
  };

  std::vector<Token> m_tokens;
  int& m_line;
  Budget& m_budget;
  std::size_t m_position = 0;
  int m_depth = 0;
  int m_loops = 0;
  ImplicitNames m_implicit;  ///< read by the macro being parsed, as far as it is
};

}  // namespace core::text::jinja
