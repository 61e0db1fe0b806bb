#include "core/text/jinja/interpreter.h"

#include <algorithm>

#include "core/text/jinja/globals.h"

namespace core::text::jinja {

Interpreter::Interpreter(std::vector<std::pair<std::string, Value>> variables) {
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
  m_output.clear();
  run(block);
  return std::move(m_output);
}

Value Interpreter::makeNamespace(std::vector<std::pair<std::string, Value>> attributes) {
  m_namespaces.push_back(std::make_shared<NamespaceData>(NamespaceData{std::move(attributes)}));
  return Value(m_namespaces.back());
}

void Interpreter::write(std::string_view text) {
  m_output += text;
  m_budget.charge(1 + text.size() / 16);
  if (m_output.size() > Budget::kTextBytes) m_budget.chargeText(m_output.size());
}

const Value* Interpreter::lookUp(const std::string& name) const {
  for (std::size_t i = m_scopes.size(); i-- > 0;) {
    if (i != 0 && i < m_macroBase) continue;
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
  m_budget.charge();
  switch (statement.kind) {
    case StmtKind::Text:
      write(statement.text);
      return Flow::Normal;
    case StmtKind::Output:
      write(toText(evaluate(*statement.value), m_budget));
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
      m_blockText.emplace_back(capture(statement.body));
      write(toText(evaluate(*statement.value), m_budget));
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

void Interpreter::assign(const std::vector<std::string>& targets, const Value& value) {
  if (targets.size() == 1) {
    m_scopes.back().insert_or_assign(targets[0], value);
    return;
  }
  const auto items = iterate(value, m_budget);
  if (items.size() != targets.size()) {
    fail("Expected " + std::to_string(targets.size()) + " values to assign, found " + std::to_string(items.size()) +
         ".");
  }
  for (std::size_t i = 0; i < targets.size(); ++i) m_scopes.back().insert_or_assign(targets[i], items.values()[i]);
}

/// What a for statement visits: its values, those its `if` keeps.
std::vector<Value> Interpreter::itemsOf(const Stmt& loop) {
  const auto all = iterate(evaluate(*loop.value), m_budget);
  m_budget.charge(all.size());
  if (!loop.condition) return all.values();
  std::vector<Value> kept;
  for (const Value& item : all) {
    m_scopes.emplace_back();
    assign(loop.targets, item);
    if (evaluate(*loop.condition).truthy()) kept.push_back(item);
    m_scopes.pop_back();
  }
  return kept;
}

Interpreter::Flow Interpreter::runFor(const Stmt& statement) {
  auto items = std::make_shared<const ListData>(ListData{itemsOf(statement), Sequence::List, 1});
  if (items->items.empty()) return run(statement.otherwise);
  for (std::size_t i = 0; i < items->items.size(); ++i) {
    m_scopes.emplace_back();
    m_scopes.back().insert_or_assign("loop", Value(std::make_shared<LoopData>(LoopData{items, i})));
    assign(statement.targets, items->items[i]);
    const Flow flow = run(statement.body);
    m_scopes.pop_back();
    if (flow == Flow::Break) break;
  }
  return Flow::Normal;
}

void Interpreter::runSet(const Stmt& statement) {
  Value value = evaluate(*statement.value);
  if (statement.attribute.empty()) {
    assign(statement.targets, value);
    return;
  }
  const Value* object = lookUp(statement.targets[0]);
  const auto* space = object == nullptr ? nullptr : object->as<std::shared_ptr<NamespaceData>>();
  if (space == nullptr) {
    fail("Only attributes of a namespace can be set, and '" + statement.targets[0] + "' is none.");
  }
  auto& attributes = (*space)->attributes;
  m_budget.charge(attributes.size());
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& entry) { return entry.first == statement.attribute; });
  if (found != attributes.end()) {
    found->second = std::move(value);
  } else {
    attributes.emplace_back(statement.attribute, std::move(value));
  }
}

void Interpreter::runSetBlock(const Stmt& statement) {
  Value value(capture(statement.body));
  if (statement.value) {
    m_blockText.push_back(std::move(value));
    value = evaluate(*statement.value);
    m_blockText.pop_back();
  }
  assign(statement.targets, value);
}

Interpreter::Flow Interpreter::runWith(const Stmt& statement) {
  Scope scope;
  for (const Parameter& binding : statement.parameters) scope[binding.name] = evaluate(*binding.defaultValue);
  m_scopes.push_back(std::move(scope));
  const Flow flow = run(statement.body);
  m_scopes.pop_back();
  return flow;
}

/// Runs a block in a scope of its own and gives its text instead of writing it.
std::string Interpreter::capture(const Block& block) {
  std::string outer = std::exchange(m_output, {});
  m_scopes.emplace_back();
  run(block);
  m_scopes.pop_back();
  return std::exchange(m_output, std::move(outer));
}

void Interpreter::defineMacro(const Stmt& statement) {
  const std::string& name = statement.targets[0];
  Value macro = Value::callable(name, [&statement](Interpreter& interpreter, const Arguments& arguments) {
    return interpreter.callMacro(statement, arguments);
  });
  m_scopes.back().insert_or_assign(name, std::move(macro));
}

Value Interpreter::callMacro(const Stmt& macro, const Arguments& arguments) {
  if (arguments.positional.size() > macro.parameters.size()) {
    fail("The macro '" + macro.targets[0] + "' takes " + std::to_string(macro.parameters.size()) +
         " arguments, found " + std::to_string(arguments.positional.size()) + ".");
  }
  const std::size_t outerBase = std::exchange(m_macroBase, m_scopes.size());
  m_scopes.emplace_back();
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    const Parameter& parameter = macro.parameters[i];
    Value value = Value::undefined(parameter.name);
    if (const Value* given = arguments.find(i, parameter.name)) {
      value = *given;
    } else if (parameter.defaultValue) {
      value = evaluate(*parameter.defaultValue);
    }
    m_scopes.back().insert_or_assign(parameter.name, std::move(value));
  }
  std::string text = capture(macro.body);
  m_scopes.pop_back();
  m_macroBase = outerBase;
  return Value(std::move(text));
}

}  // namespace core::text::jinja
