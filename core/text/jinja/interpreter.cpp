#include "core/text/jinja/interpreter.h"

#include <algorithm>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

namespace {
constexpr std::size_t kBindingBytes = 96;  // of a name in a scope, beside its characters
}

Interpreter::Interpreter(std::vector<std::pair<std::string, Value>> variables, Budget& budget)
    : m_budget(budget), m_output(budget) {
  m_scopes.emplace_back();
  for (auto& [name, value] : builtinFunctions()) m_scopes[0].insert_or_assign(name, value);
  for (auto& [name, value] : variables) m_scopes[0].insert_or_assign(std::move(name), std::move(value));
}

Interpreter::~Interpreter() {
  // Namespaces can hold each other in a ring or a long chain; emptying them one by one frees both without recursion.
  m_scopes.clear();
  for (const auto& space : m_namespaces) space->attributes.clear();
}

std::string Interpreter::render(const Block& block) {
  run(block);
  return std::exchange(m_output, Text(m_budget)).take();
}

Value Interpreter::makeNamespace(std::vector<std::pair<std::string, Value>> attributes) {
  m_budget.make(sizeof(NamespaceData) + attributes.size() * kBindingBytes);
  m_namespaces.push_back(std::make_shared<NamespaceData>(NamespaceData{std::move(attributes)}));
  return Value(m_namespaces.back());
}

const Value* Interpreter::lookUp(const std::string& name) {
  for (std::size_t i = m_scopes.size(); i-- > 0;) {
    if (i != 0 && i < m_macroBase) continue;
    m_budget.read(name.size());
    const auto found = m_scopes[i].find(name);
    if (found != m_scopes[i].end()) return &found->second;
  }
  return nullptr;
}

Interpreter::Flow Interpreter::run(const Block& block) {
  const Budget::Level level(m_budget);
  for (const auto& statement : block) {
    const Flow flow = run(*statement);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::run(const Stmt& statement) {
  m_line = statement.line;
  m_budget.step();
  switch (statement.kind) {
    case StmtKind::Text:
      m_output += statement.text;
      return Flow::Normal;
    case StmtKind::Output:
      appendText(m_output, evaluate(*statement.value));
      return Flow::Normal;
    case StmtKind::If:
      return runIf(statement);
    case StmtKind::For:
      return runFor(statement);
    case StmtKind::Set:
      runSet(statement);
      return Flow::Normal;
    case StmtKind::SetBlock:
      runSetBlock(statement);
      return Flow::Normal;
    case StmtKind::Macro:
      defineMacro(statement);
      return Flow::Normal;
    case StmtKind::With:
      return runWith(statement);
    case StmtKind::Filter:
      m_blockText.push_back(capture(statement.body));
      appendText(m_output, evaluate(*statement.value));
      m_blockText.pop_back();
      return Flow::Normal;
    case StmtKind::Scope:
      return run(statement.body);
    case StmtKind::Break:
      return Flow::Break;
    case StmtKind::Continue:
      return Flow::Continue;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::runIf(const Stmt& statement) {
  for (const Branch& branch : statement.branches) {
    if (!branch.condition || evaluate(*branch.condition).truthy()) return run(branch.body);
  }
  return Flow::Normal;
}

void Interpreter::bind(const std::string& name, Value value) {
  m_budget.make(kBindingBytes + name.size());
  m_budget.step(8);  // a node, its place in the table, and the end of both
  m_scopes.back().insert_or_assign(name, std::move(value));
}

void Interpreter::assign(const std::vector<std::string>& targets, const Value& value) {
  if (targets.size() == 1) return bind(targets[0], value);
  const auto items = iterate(value, m_budget);
  if (items.size() != targets.size()) {
    fail("Expected " + std::to_string(targets.size()) + " values to assign, found " + std::to_string(items.size()) +
         ".");
  }
  for (std::size_t i = 0; i < targets.size(); ++i) bind(targets[i], items[i]);
}

/// What a for statement visits: its values, those its `if` keeps.
List Interpreter::itemsOf(const Stmt& loop) {
  List all = iterate(evaluate(*loop.value), m_budget);
  if (!loop.condition) return all;
  ListBuilder kept(m_budget);
  for (const Value& item : all) {
    m_scopes.emplace_back();
    assign(loop.targets, item);
    if (evaluate(*loop.condition).truthy()) kept.push(item);
    m_scopes.pop_back();
  }
  return std::move(kept).list();
}

Interpreter::Flow Interpreter::runFor(const Stmt& statement) {
  const List items = itemsOf(statement);
  if (items.empty()) return run(statement.otherwise);
  for (std::size_t i = 0; i < items.size(); ++i) {
    m_scopes.emplace_back();
    bind("loop", Value::loop(items, i, m_budget));
    assign(statement.targets, items[i]);
    const Flow flow = run(statement.body);
    m_scopes.pop_back();
    if (flow == Flow::Break) break;
  }
  return Flow::Normal;
}

void Interpreter::runSet(const Stmt& statement) {
  Value value = evaluate(*statement.value);
  if (statement.attribute.empty()) return assign(statement.targets, value);
  const Value* object = lookUp(statement.targets[0]);
  const auto space = object == nullptr ? nullptr : object->space();
  if (space == nullptr) {
    fail("Only attributes of a namespace can be set, and " + inQuotes(statement.targets[0]) + " is none.");
  }
  auto& attributes = space->attributes;
  m_budget.step(attributes.size());
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& entry) { return entry.first == statement.attribute; });
  if (found != attributes.end()) {
    found->second = std::move(value);
  } else {
    m_budget.make(kBindingBytes + statement.attribute.size());
    attributes.emplace_back(statement.attribute, std::move(value));
  }
}

void Interpreter::runSetBlock(const Stmt& statement) {
  Value value = capture(statement.body);
  if (statement.value) {
    m_blockText.push_back(std::move(value));
    value = evaluate(*statement.value);
    m_blockText.pop_back();
  }
  assign(statement.targets, value);
}

Interpreter::Flow Interpreter::runWith(const Stmt& statement) {
  std::vector<Value> values;  // all evaluated outside of the new scope
  for (const Parameter& binding : statement.parameters) values.push_back(evaluate(*binding.defaultValue));
  m_scopes.emplace_back();
  for (std::size_t i = 0; i < values.size(); ++i) bind(statement.parameters[i].name, std::move(values[i]));
  const Flow flow = run(statement.body);
  m_scopes.pop_back();
  return flow;
}

/// Runs a block in a scope of its own and gives its text instead of writing it.
Value Interpreter::capture(const Block& block) {
  Text outer = std::exchange(m_output, Text(m_budget));
  m_scopes.emplace_back();
  run(block);
  m_scopes.pop_back();
  return std::exchange(m_output, std::move(outer)).value();
}

void Interpreter::defineMacro(const Stmt& statement) {
  const std::string& name = statement.targets[0];
  bind(name, Value::callable({name, callMacro, Value(), &statement}, m_budget));
}

Value Interpreter::callMacro(Interpreter& interpreter, const Callable& self, const Arguments& arguments) {
  return interpreter.runMacro(*self.macro, arguments);
}

Value Interpreter::runMacro(const Stmt& macro, const Arguments& arguments) {
  if (arguments.positional.size() > macro.parameters.size()) {
    fail("The macro " + inQuotes(macro.targets[0]) + " takes " + std::to_string(macro.parameters.size()) +
         " arguments, found " + std::to_string(arguments.positional.size()) + ".");
  }
  const std::size_t outerBase = std::exchange(m_macroBase, m_scopes.size());
  m_scopes.emplace_back();
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    const Parameter& parameter = macro.parameters[i];
    m_budget.step(arguments.named.size());
    if (const Value* given = arguments.find(i, parameter.name)) {
      bind(parameter.name, *given);
    } else if (parameter.defaultValue) {
      bind(parameter.name, evaluate(*parameter.defaultValue));
    } else {
      bind(parameter.name, Value::undefined(parameter.name, m_budget));
    }
  }
  Value text = capture(macro.body);
  m_scopes.pop_back();
  m_macroBase = outerBase;
  return text;
}

}  // namespace core::text::jinja
