#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/jinja/ast.h"
#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// Names and what they mean, and the scope around it.
struct Scope {
  std::unordered_map<std::string, Value> names;
  std::shared_ptr<Scope> outer;
};

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
  enum class Flow : std::uint8_t { Normal, Break, Continue };

  // interpreter.cpp: statements
  Flow run(const Block& block);
  Flow run(const Stmt& statement);
  Flow runIf(const Stmt& statement);
  Flow runFor(const Stmt& statement, const List& items, int depth0);
  void runSet(const Stmt& statement);
  void runSetBlock(const Stmt& statement);
  Flow runWith(const Stmt& statement);
  void runCallBlock(const Stmt& statement);
  Value macroOf(const Stmt& statement);
  static Value callMacro(Interpreter& interpreter, const Callable& self, const Arguments& arguments);
  Value runMacro(const Callable& macro, const Arguments& arguments);
  void bindImplicitNames(const Stmt& macro, const Arguments& arguments);
  Value callLoop(const Value& loop, const Arguments& arguments);
  static Value loopChanged(Interpreter& interpreter, const Callable& self, const Arguments& arguments);
  template <typename Body>
  Value capture(const Body& body);
  void assign(const Target& target, const Value& value);
  void setAttribute(const Target& target, Value value);
  void bind(const std::string& name, Value value);
  void enterScope();
  void leaveScope() { m_scope = m_scope->outer; }
  List itemsOf(const Stmt& loop, const Value& value);
  const Value* lookUp(const std::string& name);

  // evaluate.cpp: expressions
  Value evaluate(const Expr& expr);
  Value evaluateCall(const Expr& expr, const Value* caller = nullptr);
  Value loopAttribute(const Value& object, std::string_view name);
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
  /// A for statement at work.
  struct RunningLoop {
    const Stmt* statement;
    std::shared_ptr<Scope> home;  ///< the scope around it
    std::uint64_t serial;
    std::optional<std::vector<Value>> last;  ///< what loop.changed() was asked before
  };

  std::shared_ptr<Scope> m_top;    ///< the template's own
  std::shared_ptr<Scope> m_scope;  ///< the innermost
  std::vector<RunningLoop> m_loops;
  std::uint64_t m_serial = 0;
  std::vector<Value> m_blockText;                            ///< what a filter chain's missing operand stands for
  std::vector<std::shared_ptr<NamespaceData>> m_namespaces;  ///< emptied at the end: they may refer to each other
};

}  // namespace core::text::jinja
