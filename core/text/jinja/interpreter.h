#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/jinja/ast.h"
#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// Renders one template once. The tree must outlive it.
class Interpreter {
 public:
  /// @param variables what the template sees besides the built-in functions  @param budget what it may spend
  Interpreter(std::vector<std::pair<std::string, Value>> variables, Budget& budget);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// Runs the template. @throws Failure; line() then says where
  std::string render(const Block& block);
  int line() const { return m_line; }
  Budget& budget() { return m_budget; }

  Value makeNamespace(std::vector<std::pair<std::string, Value>> attributes);
  Value applyFilter(std::string_view name, const Value& input, const Arguments& arguments);
  bool applyTest(std::string_view name, const Value& input, const Arguments& arguments);
  /// object.name as Jinja resolves it: methods first, then keys; Undefined when there is neither.
  Value attribute(const Value& object, std::string_view name);
  /// object[key]: keys and indices first, then methods.
  Value subscript(const Value& object, const Value& key);

 private:
  using Scope = std::unordered_map<std::string, Value>;
  enum class Flow : std::uint8_t { Normal, Break, Continue };

  // interpreter.cpp: statements
  Flow run(const Block& block);
  Flow run(const Stmt& statement);
  Flow runIf(const Stmt& statement);
  Flow runFor(const Stmt& statement);
  void runSet(const Stmt& statement);
  void runSetBlock(const Stmt& statement);
  Flow runWith(const Stmt& statement);
  void defineMacro(const Stmt& statement);
  static Value callMacro(Interpreter& interpreter, const Callable& self, const Arguments& arguments);
  Value runMacro(const Stmt& macro, const Arguments& arguments);
  Value capture(const Block& block);
  void assign(const std::vector<std::string>& targets, const Value& value);
  void bind(const std::string& name, Value value);
  List itemsOf(const Stmt& loop);
  const Value* lookUp(const std::string& name);

  // evaluate.cpp: expressions
  Value evaluate(const Expr& expr);
  Value evaluateCall(const Expr& expr);
  Value evaluateFilter(const Expr& expr);
  Value evaluateSlice(const Expr& expr);
  Value evaluateConcat(const Expr& expr);
  Value evaluateDict(const Expr& expr);
  Value evaluateList(const Expr& expr, Sequence kind);
  bool evaluateCompare(const Expr& expr);
  bool evaluateTest(const Expr& expr);
  Arguments evaluateArguments(const Expr& expr);
  std::vector<Value> evaluateAll(const std::vector<ExprPtr>& operands, std::size_t from);

  Budget& m_budget;
  int m_line = 1;
  Text m_output;
  std::vector<Scope> m_scopes;     ///< [0] is the template's own
  std::size_t m_macroBase = 0;     ///< scopes between 0 and this one are invisible (a macro is running)
  std::vector<Value> m_blockText;  ///< what a filter chain's missing operand stands for
  std::vector<std::shared_ptr<NamespaceData>> m_namespaces;  ///< emptied at the end: they may refer to each other
};

}  // namespace core::text::jinja
