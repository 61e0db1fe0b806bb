#include "core/text/jinja/interpreter.h"

#include <algorithm>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

namespace {
constexpr std::size_t kBindingBytes = 96;  // of a name in a scope, beside its characters
}

Interpreter::Interpreter(std::vector<std::pair<std::string, Value>> variables, Budget& budget)
    : m_budget(budget), m_output(budget), m_top(std::make_shared<Scope>()), m_scope(m_top) {
  for (auto& [name, value] : builtinFunctions()) m_top->names.insert_or_assign(name, value);
  for (auto& [name, value] : variables) m_top->names.insert_or_assign(std::move(name), std::move(value));
}

Interpreter::~Interpreter() {
  // Namespaces can hold each other in a ring or a long chain; emptying them one by one frees both without recursion.
  m_loops.clear();
  m_scope.reset();
  m_top.reset();
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
  for (Scope* scope = m_scope.get(); scope != nullptr; scope = scope->outer.get()) {
    m_budget.read(name.size());
    const auto found = scope->names.find(name);
    if (found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

void Interpreter::enterScope() {
  m_budget.make(sizeof(Scope));
  m_budget.step(4);
  m_scope = std::make_shared<Scope>(Scope{{}, m_scope});
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
      return runFor(statement, itemsOf(statement, evaluate(*statement.value)), 0);
    case StmtKind::Set:
      runSet(statement);
      return Flow::Normal;
    case StmtKind::SetBlock:
      runSetBlock(statement);
      return Flow::Normal;
    case StmtKind::Macro:
      bind(statement.name, macroOf(statement));
      return Flow::Normal;
    case StmtKind::Call:
      runCallBlock(statement);
      return Flow::Normal;
    case StmtKind::With:
      return runWith(statement);
    case StmtKind::Filter:
      m_blockText.push_back(capture([&] { run(statement.body); }));
      appendText(m_output, evaluate(*statement.value));
      m_blockText.pop_back();
      return Flow::Normal;
    case StmtKind::Scope:
      enterScope();
      run(statement.body);
      leaveScope();
      return Flow::Normal;
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
  m_scope->names.insert_or_assign(name, std::move(value));
}

void Interpreter::assign(const Target& target, const Value& value) {
  if (!target.isTuple) {
    if (!target.attribute.empty()) return setAttribute(target, value);
    return bind(target.name, value);
  }
  if (value.isUndefined() || (!value.isSequence() && !value.isText() && !value.isDict())) {
    fail("Expected " + std::to_string(target.parts.size()) + " values to assign, found " + value.description() + ".");
  }
  const List items = iterate(value, m_budget);
  if (items.size() != target.parts.size()) {
    fail("Expected " + std::to_string(target.parts.size()) + " values to assign, found " +
         std::to_string(items.size()) + ".");
  }
  for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i]);
}

void Interpreter::setAttribute(const Target& target, Value value) {
  const Value* object = lookUp(target.name);
  const auto space = object == nullptr ? nullptr : object->space();
  if (space == nullptr) {
    fail("Only attributes of a namespace can be set, and " + inQuotes(target.name) + " is none.");
  }
  auto& attributes = space->attributes;
  m_budget.step(attributes.size());
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& entry) { return entry.first == target.attribute; });
  if (found != attributes.end()) {
    found->second = std::move(value);
  } else {
    m_budget.make(kBindingBytes + target.attribute.size());
    attributes.emplace_back(target.attribute, std::move(value));
  }
}

/// What a for statement visits: the values, those its `if` keeps.
List Interpreter::itemsOf(const Stmt& loop, const Value& value) {
  List all = iterate(value, m_budget);
  if (!loop.condition) return all;
  ListBuilder kept(m_budget);
  for (const Value& item : all) {
    enterScope();
    assign(*loop.target, item);
    if (evaluate(*loop.condition).truthy()) kept.push(item);
    leaveScope();
  }
  return std::move(kept).list();
}

Interpreter::Flow Interpreter::runFor(const Stmt& statement, const List& items, int depth0) {
  const std::size_t place = m_loops.size();
  m_loops.push_back({&statement, m_scope, ++m_serial, std::nullopt});
  const std::uint64_t serial = m_serial;
  bool anyWhole = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    enterScope();
    bind("loop", Value::loop({items, i, place, serial, depth0}, m_budget));
    assign(*statement.target, items[i]);
    const Flow flow = run(statement.body);
    leaveScope();
    anyWhole = anyWhole || flow == Flow::Normal;
    if (flow == Flow::Break) break;
  }
  m_loops.pop_back();
  if (anyWhole || statement.otherwise.empty()) return Flow::Normal;
  // As Jinja2 has it: `else` runs when no round reached its end, be it for want of items, break or continue.
  enterScope();
  const Flow flow = run(statement.otherwise);
  leaveScope();
  return flow;
}

/// loop(children): the body of a recursive for once more, over other values.
Value Interpreter::callLoop(const Value& loop, const Arguments& arguments) {
  const Budget::Level level(m_budget);
  const auto data = loop.loop();
  if (data->place >= m_loops.size() || m_loops[data->place].serial != data->serial) {
    fail("A loop that has ended is called.");
  }
  const Stmt& statement = *m_loops[data->place].statement;
  if (!statement.recursive) fail("Only a loop that is marked as 'recursive' can be called.");
  const std::shared_ptr<Scope> home = m_loops[data->place].home;
  const std::shared_ptr<Scope> outer = std::exchange(m_scope, home);
  Value text = capture(
      [&] { runFor(statement, itemsOf(statement, required(arguments, 0, "iterable", "loop")), data->depth0 + 1); });
  m_scope = outer;
  return text;
}

/// loop.changed(…): whether it is asked about other values than before.
Value Interpreter::loopChanged(Interpreter& interpreter, const Callable& self, const Arguments& arguments) {
  Budget& budget = interpreter.m_budget;
  const auto data = self.self.loop();
  if (data->place >= interpreter.m_loops.size() || interpreter.m_loops[data->place].serial != data->serial) {
    fail("A loop that has ended is asked whether something changed.");
  }
  auto& last = interpreter.m_loops[data->place].last;
  budget.make(arguments.positional.size() * sizeof(Value));
  const bool same =
      last && std::equal(last->begin(), last->end(), arguments.positional.begin(), arguments.positional.end(),
                         [&](const Value& a, const Value& b) { return equal(a, b, budget); });
  if (!same) last = arguments.positional;
  return Value(!same);
}

void Interpreter::runSet(const Stmt& statement) { assign(*statement.target, evaluate(*statement.value)); }

void Interpreter::runSetBlock(const Stmt& statement) {
  Value value = capture([&] { run(statement.body); });
  if (statement.value) {
    m_blockText.push_back(std::move(value));
    value = evaluate(*statement.value);
    m_blockText.pop_back();
  }
  assign(*statement.target, value);
}

Interpreter::Flow Interpreter::runWith(const Stmt& statement) {
  std::vector<Value> values;  // all evaluated outside of the new scope
  for (const Parameter& binding : statement.parameters) values.push_back(evaluate(*binding.defaultValue));
  enterScope();
  for (std::size_t i = 0; i < values.size(); ++i) bind(statement.parameters[i].name, std::move(values[i]));
  const Flow flow = run(statement.body);
  leaveScope();
  return flow;
}

/// Runs something in a scope of its own and gives its text instead of writing it.
template <typename Body>
Value Interpreter::capture(const Body& body) {
  Text outer = std::exchange(m_output, Text(m_budget));
  enterScope();
  body();
  leaveScope();
  return std::exchange(m_output, std::move(outer)).value();
}

Value Interpreter::macroOf(const Stmt& statement) {
  return Value::callable({statement.name, callMacro, Value(), &statement, m_scope}, m_budget);
}

void Interpreter::runCallBlock(const Stmt& statement) {
  const Value caller = macroOf(statement);
  appendText(m_output, evaluateCall(*statement.value, &caller));
}

Value Interpreter::callMacro(Interpreter& interpreter, const Callable& self, const Arguments& arguments) {
  return interpreter.runMacro(self, arguments);
}

/// varargs, kwargs and caller, where the body reads them; otherwise what they would hold is too much.
void Interpreter::bindImplicitNames(const Stmt& macro, const Arguments& arguments) {
  const std::size_t count = macro.parameters.size();
  if (macro.implicit.positional) {
    ListBuilder rest(m_budget);
    for (std::size_t i = count; i < arguments.positional.size(); ++i) rest.push(arguments.positional[i]);
    bind("varargs", std::move(rest).value(Sequence::Tuple));
  } else if (arguments.positional.size() > count) {
    fail("The macro " + inQuotes(macro.name) + " takes " + std::to_string(count) + " arguments, found " +
         std::to_string(arguments.positional.size()) + ".");
  }
  DictBuilder named(m_budget);
  Value caller = Value::undefined("caller", m_budget);
  for (const auto& [name, value] : arguments.named) {
    m_budget.step(count);
    const auto parameter = std::find_if(macro.parameters.begin(), macro.parameters.end(),
                                        [&name = name](const Parameter& one) { return one.name == name; });
    if (parameter != macro.parameters.end()) {
      if (static_cast<std::size_t>(parameter - macro.parameters.begin()) < arguments.positional.size()) {
        fail("The macro " + inQuotes(macro.name) + " is given " + inQuotes(name) + " twice.");
      }
    } else if (name == "caller" && macro.implicit.caller) {
      caller = value;
    } else if (macro.implicit.named) {
      named.set(newText(name, m_budget), value);
    } else {
      fail("The macro " + inQuotes(macro.name) + " takes no argument " + inQuotes(name) + ".");
    }
  }
  if (macro.implicit.named) bind("kwargs", std::move(named).value());
  if (macro.implicit.caller) bind("caller", caller);
}

Value Interpreter::runMacro(const Callable& callable, const Arguments& arguments) {
  const Stmt& macro = *callable.macro;
  const std::shared_ptr<Scope> home = callable.home.lock();
  const std::shared_ptr<Scope> outer = std::exchange(m_scope, home ? home : m_top);
  enterScope();
  bindImplicitNames(macro, arguments);
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
  Value text = capture([&] { run(macro.body); });
  m_scope = outer;
  return text;
}

}  // namespace core::text::jinja
