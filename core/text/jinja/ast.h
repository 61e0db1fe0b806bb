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
  Call,        ///< operands[0](operands[1…], keywords)
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
};

struct Stmt;
using Block = std::vector<std::unique_ptr<const Stmt>>;

enum class StmtKind : std::uint8_t {
  Text,      ///< text
  Output,    ///< {{ value }}
  If,        ///< branches; a null condition is else
  For,       ///< for targets in value if condition: body, else otherwise
  Set,       ///< targets (or names[0].attribute) = value
  SetBlock,  ///< targets[0] = the text body makes, through filters
  Macro,     ///< names[0](parameters): body
  With,      ///< branches' names bound for body
  Filter,    ///< the text body makes, through the filter expression `value` (its innermost operand is null)
  Scope,     ///< body as it is (generation)
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

struct Stmt {
  StmtKind kind = StmtKind::Text;
  int line = 1;
  std::string text;
  std::string attribute;             ///< Set: of a namespace; empty for a plain name
  std::vector<std::string> targets;  ///< For, Set, SetBlock, Macro: names
  ExprPtr value;
  ExprPtr condition;
  Block body;
  Block otherwise;
  std::vector<Branch> branches;
  std::vector<Parameter> parameters;  ///< Macro, With
};

}  // namespace core::text::jinja
