#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/containers.h"

namespace core::text::jinja {

enum class ExprKind : std::uint8_t {
  Literal,     ///< value
  Name,        ///< name
  List,        ///< operands: items
  Tuple,       ///< operands: items
  Dict,        ///< operands: key, value, key, value, …
  Attribute,   ///< operands[0].name
  Index,       ///< operands[0][operands[1]]
  Slice,       ///< operands[0][operands[1]:operands[2]:operands[3]], absent parts null
  Call,        ///< operands[0](operands[1…], keywords, *spread, **spreadNamed)
  Filter,      ///< operands[0] | name(operands[1…], keywords)
  Test,        ///< operands[0] is name(operands[1…], keywords)
  Not,         ///< not operands[0]
  Negate,      ///< -operands[0]
  Plus,        ///< +operands[0]
  And,         ///< both operands, the second only when needed
  Or,          ///< likewise
  Compare,     ///< operands[0] operators[0] operands[1] operators[1] operands[2] …
  Concat,      ///< operands joined as text (~)
  Arithmetic,  ///< operands[0] name operands[1]
  Conditional  ///< operands[0] if operands[1] else operands[2] (may be null)
};

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

struct Expr {
  ExprKind kind = ExprKind::Literal;
  int line = 1;
  int depth = 1;  ///< of the tree below; bounded by the parser so that evaluating and destroying it can recurse
  std::string name;
  Value value;
  std::vector<ExprPtr> operands;
  std::vector<std::pair<std::string, ExprPtr>> keywords;
  std::vector<std::string> operators;
  ExprPtr spread;       ///< Call, Filter, Test: a sequence of further arguments; may be null
  ExprPtr spreadNamed;  ///< likewise a dictionary of named ones
};

struct Stmt;
using Block = std::vector<std::unique_ptr<const Stmt>>;

enum class StmtKind : std::uint8_t {
  Text,      ///< text
  Output,    ///< {{ value }}
  If,        ///< branches; a null condition is else
  For,       ///< for target in value if condition: body, else otherwise; `recursive` when loop() may be called
  Set,       ///< target = value
  SetBlock,  ///< target = the text body makes, through filters
  Macro,     ///< name(parameters): body
  Call,      ///< the call `value`, whose caller(parameters) is body
  With,      ///< the parameters' names bound for body
  Filter,    ///< the text body makes, through the filter expression `value` (its innermost operand is null)
  Scope,     ///< body in a scope of its own (generation)
  Break,
  Continue
};

struct Branch {
  ExprPtr condition;
  Block body;
};

struct Parameter {
  std::string name;
  ExprPtr defaultValue;  ///< may be null
};

/// What an assignment binds: a name, an attribute of a namespace, or several of them.
struct Target {
  std::string name;
  std::string attribute;      ///< empty for a plain name
  std::vector<Target> parts;  ///< of a tuple; then there is no name
  bool isTuple = false;       ///< a tuple of one takes a sequence apart, too
};

/// The names a macro has without declaring them, when its body reads them.
struct ImplicitNames {
  bool caller = false;
  bool positional = false;  ///< varargs
  bool named = false;       ///< kwargs
};

struct Stmt {
  StmtKind kind = StmtKind::Text;
  int line = 1;
  std::string text;
  std::string name;                      ///< Macro
  std::unique_ptr<const Target> target;  ///< For, Set, SetBlock
  ExprPtr value;
  ExprPtr condition;
  Block body;
  Block otherwise;
  std::vector<Branch> branches;
  std::vector<Parameter> parameters;  ///< Macro, Call, With
  ImplicitNames implicit;             ///< Macro, Call
  bool recursive = false;             ///< For
};

}  // namespace core::text::jinja
