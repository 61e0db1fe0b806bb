#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/jinja/ast.h"
#include "core/text/jinja/variables.h"

namespace core::text::jinja {

/// Walks a template's tree in the order of its text for the names it reads before it sets them, and for what is done
/// with each. A name that was set once counts as the template's own from there on, whatever the branches; tools and
/// documents, which every chat template may be given, do not.
class VariableFinder {
 public:
  /// @param budget pays for the walk
  explicit VariableFinder(Budget& budget) : m_budget(budget) {}
  /// In the order of their first use. Functions and the special tokens of a tokenizer are none.
  std::vector<Variable> find(const Block& block);

 private:
  static constexpr std::size_t kMost = 256;  ///< names looked at; real templates have up to twenty
  static constexpr int kNone = -1;           ///< a value that is no variable's

  /// What a use says of a variable's kind.
  struct Uses {
    bool truth = false, flag = false, text = false, number = false, list = false;
    bool operator==(const Uses&) const = default;
  };
  struct Found {
    Variable variable;
    Uses uses;
    bool isParameter = false;  ///< of a macro: not a variable, but its uses are those of what a call passes
  };

  // statements
  void walk(const Block& block);
  void walk(const Stmt& statement);
  void walkIf(const Stmt& statement);
  void walkSet(const Stmt& statement);
  void walkMacro(const Stmt& statement);
  void bindTarget(const Target& target, int value);
  // expressions: which variable's value the expression has, as it is or by default
  int walk(const Expr& expr);
  int walkFilter(const Expr& expr);
  int walkConditional(const Expr& expr);
  void walkTest(const Expr& expr);
  void walkCall(const Expr& expr);
  void walkCompare(const Expr& expr);
  void walkArguments(const Expr& expr);
  void compareWith(int variable, const Expr& other);
  void guard(const Expr& condition);

  int read(const std::string& name);
  int add(const std::string& name, bool isParameter);
  void bind(const std::string& name, int value);
  void usual(int variable, const Expr& literal);
  template <typename Change>
  void note(int variable, const Change& change) {
    if (variable != kNone) change(m_found[static_cast<std::size_t>(variable)].uses);
  }
  void flowsInto(int from, int to);
  void spreadUses();
  static VariableKind kindOf(const Found& found);

  /// Names bound inside, for as long as it lives.
  class Inside;

  Budget& m_budget;
  std::vector<Found> m_found;
  std::unordered_map<std::string, std::vector<int>> m_bound;   ///< of every name, what it means, innermost last
  std::vector<std::string> m_undo;                             ///< names bound, in order
  std::unordered_map<std::string, std::vector<int>> m_macros;  ///< their parameters
  std::vector<std::string> m_setAtTop;                         ///< names that macros may see set later
  std::vector<std::pair<int, int>> m_flows;                    ///< the second has the uses of the first, too
  std::vector<int> m_guards;                                   ///< variables that the ifs around ask about
  int m_macroDepth = 0;
};

}  // namespace core::text::jinja
