// Statements, names and kinds; expressions are in variable_uses.cpp.
#include "core/text/jinja/variable_finder.h"

#include <algorithm>
#include <array>

namespace core::text::jinja {

namespace {

/// What the interpreter or its caller always gives (chat_template.cpp), and the special tokens of a tokenizer.
constexpr std::array<std::string_view, 15> kGiven = {"messages",
                                                     "add_generation_prompt",
                                                     "bos_token",
                                                     "eos_token",
                                                     "unk_token",
                                                     "sep_token",
                                                     "pad_token",
                                                     "cls_token",
                                                     "mask_token",
                                                     "range",
                                                     "namespace",
                                                     "dict",
                                                     "raise_exception",
                                                     "strftime_now",
                                                     "loop"};

bool isGiven(std::string_view name) { return std::find(kGiven.begin(), kGiven.end(), name) != kGiven.end(); }
bool isListByContract(std::string_view name) { return name == "tools" || name == "documents"; }

/// The names a block sets for what follows it: in itself and its ifs.
void collectSets(const Block& block, std::vector<std::string>& names) {
  for (const auto& statement : block) {
    if (statement->kind == StmtKind::Macro) names.push_back(statement->name);
    const bool sets = statement->kind == StmtKind::Set || statement->kind == StmtKind::SetBlock;
    if (sets && !statement->target->isTuple && statement->target->attribute.empty()) {
      names.push_back(statement->target->name);
    }
    for (const Branch& branch : statement->branches) collectSets(branch.body, names);
  }
}

}  // namespace

/// A scope: what is bound in it is forgotten at its end.
class VariableFinder::Inside {
 public:
  explicit Inside(VariableFinder& finder) : m_finder(finder), m_from(finder.m_undo.size()) {}
  ~Inside() {
    for (; m_finder.m_undo.size() > m_from; m_finder.m_undo.pop_back()) {
      m_finder.m_bound[m_finder.m_undo.back()].pop_back();
    }
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  VariableFinder& m_finder;
  std::size_t m_from;
};

std::vector<Variable> VariableFinder::find(const Block& block) {
  collectSets(block, m_setAtTop);
  std::sort(m_setAtTop.begin(), m_setAtTop.end());
  walk(block);
  spreadUses();
  std::vector<Variable> variables;
  for (Found& found : m_found) {
    if (found.isParameter) continue;
    found.variable.kind = kindOf(found);
    if (found.variable.kind != VariableKind::Text) found.variable.choices.clear();
    variables.push_back(std::move(found.variable));
  }
  return variables;
}

VariableKind VariableFinder::kindOf(const Found& found) {
  if (isListByContract(found.variable.name)) return VariableKind::List;
  if (std::holds_alternative<std::string>(found.variable.usual)) return VariableKind::Text;
  if (std::holds_alternative<bool>(found.variable.usual)) return VariableKind::Flag;
  if (found.uses.flag && !found.uses.list) return VariableKind::Flag;
  if (found.uses.list) return VariableKind::List;
  if (found.uses.number) return VariableKind::Number;
  return found.uses.text || !found.uses.truth ? VariableKind::Text : VariableKind::Flag;
}

/// What flows somewhere is used there; a few rounds reach the end of any chain that templates have.
void VariableFinder::spreadUses() {
  for (int round = 0; round < 8; ++round) {
    bool changed = false;
    for (const auto& [from, to] : m_flows) {
      const Uses& there = m_found[static_cast<std::size_t>(to)].uses;
      Uses& here = m_found[static_cast<std::size_t>(from)].uses;
      const Uses both = {here.truth || there.truth, here.flag || there.flag, here.text || there.text,
                         here.number || there.number, here.list || there.list};
      changed = changed || !(both == here);
      here = both;
    }
    if (!changed) return;
  }
}

int VariableFinder::add(const std::string& name, bool isParameter) {
  if (m_found.size() >= kMost) return kNone;
  m_found.push_back({{name}, {}, isParameter});
  m_found.back().uses.list = !isParameter && isListByContract(name);
  return static_cast<int>(m_found.size()) - 1;
}

void VariableFinder::bind(const std::string& name, int value) {
  m_budget.step(8);
  m_bound[name].push_back(value);
  m_undo.push_back(name);
}

int VariableFinder::read(const std::string& name) {
  m_budget.step();
  const auto bound = m_bound.find(name);
  if (bound != m_bound.end() && !bound->second.empty()) return bound->second.back();
  if (isGiven(name)) return kNone;
  if (m_macroDepth > 0 && !isListByContract(name) && std::binary_search(m_setAtTop.begin(), m_setAtTop.end(), name)) {
    return kNone;
  }
  const int added = add(name, false);
  // Bound for good: at the outermost level, below whatever scopes are open.
  if (added != kNone) m_bound[name].insert(m_bound[name].begin(), added);
  return added;
}

void VariableFinder::flowsInto(int from, int to) {
  if (from == kNone || to == kNone || from == to || m_flows.size() >= 16 * kMost) return;
  m_flows.emplace_back(from, to);
}

void VariableFinder::walk(const Block& block) {
  for (const auto& statement : block) walk(*statement);
}

void VariableFinder::walk(const Stmt& statement) {
  m_budget.step();
  switch (statement.kind) {
    case StmtKind::Output:
      return note(walk(*statement.value), [](Uses& uses) { uses.text = true; });
    case StmtKind::If:
      return walkIf(statement);
    case StmtKind::Set:
      return walkSet(statement);
    case StmtKind::Macro:
      return walkMacro(statement);
    case StmtKind::For: {
      note(walk(*statement.value), [](Uses& uses) { uses.list = true; });
      const Inside inside(*this);
      bind("loop", kNone);
      bindTarget(*statement.target, kNone);
      if (statement.condition) walk(*statement.condition);
      walk(statement.body);
      return walk(statement.otherwise);
    }
    case StmtKind::SetBlock:
    case StmtKind::Filter:
    case StmtKind::Scope:
    case StmtKind::Call:
    case StmtKind::With: {
      {
        const Inside inside(*this);
        for (const Parameter& parameter : statement.parameters) {
          bind(parameter.name, parameter.defaultValue ? walk(*parameter.defaultValue) : kNone);
        }
        if (statement.value) walk(*statement.value);
        walk(statement.body);
      }
      if (statement.kind == StmtKind::SetBlock) bindTarget(*statement.target, kNone);
      return;
    }
    case StmtKind::Text:
    case StmtKind::Break:
    case StmtKind::Continue:
      return;
  }
}

void VariableFinder::walkIf(const Stmt& statement) {
  const std::size_t outer = m_guards.size();
  for (const Branch& branch : statement.branches) {
    if (branch.condition) {
      note(walk(*branch.condition), [](Uses& uses) { uses.truth = true; });
      guard(*branch.condition);
    }
    m_guards.push_back(kNone);  // some condition holds here
    walk(branch.body);
    m_guards.pop_back();
  }
  m_guards.resize(outer);
}

void VariableFinder::walkSet(const Stmt& statement) {
  const int value = walk(*statement.value);
  const Target& target = *statement.target;
  if (target.isTuple || !target.attribute.empty()) return bindTarget(target, value);
  const auto bound = m_bound.find(target.name);
  const bool isNew = bound == m_bound.end() || bound->second.empty();
  // Under a condition, what every template may be given is still what it was given otherwise.
  if (isNew && isListByContract(target.name) && !m_guards.empty()) read(target.name);
  const int before = m_bound[target.name].empty() ? kNone : m_bound[target.name].back();
  m_budget.step(m_guards.size());
  const bool asked = before != kNone && std::find(m_guards.begin(), m_guards.end(), before) != m_guards.end();
  if (asked) usual(before, *statement.value);
  flowsInto(value, before);
  flowsInto(before, value);
  // A variable that is given another value under a condition stays the variable.
  if (before == kNone || m_guards.empty()) bind(target.name, value);
}

void VariableFinder::bindTarget(const Target& target, int value) {
  for (const Target& part : target.parts) bindTarget(part, kNone);
  if (!target.isTuple && target.attribute.empty()) bind(target.name, value);
}

void VariableFinder::walkMacro(const Stmt& statement) {
  bind(statement.name, kNone);
  const Inside inside(*this);
  std::vector<int>& parameters = m_macros[statement.name];
  parameters.clear();
  for (const Parameter& parameter : statement.parameters) {
    if (parameter.defaultValue) walk(*parameter.defaultValue);
    parameters.push_back(add(parameter.name, true));
    bind(parameter.name, parameters.back());
  }
  for (const char* name : {"caller", "varargs", "kwargs"}) bind(name, kNone);
  const std::vector<int> guards = std::exchange(m_guards, {});
  ++m_macroDepth;
  walk(statement.body);
  --m_macroDepth;
  m_guards = guards;
}

}  // namespace core::text::jinja
