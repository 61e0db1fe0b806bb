// What a chat template reads from its user, and how it writes a model's thoughts.
#include <QtTest>

#include "core/base/error.h"
#include "core/text/chat_template.h"
#include "support/golden.h"
#include "support/time_limit.h"

using core::text::ChatTemplate;
using core::text::ReasoningMarks;
using core::text::TemplateVariable;
using core::text::jinja::VariableKind;

namespace {

ChatTemplate parsed(const std::string& source) { return ChatTemplate(source, "<s>", "</s>"); }

/// "name: kind = default (choices)" of every variable.
QString described(const std::string& source) {
  static constexpr const char* kKinds[] = {"flag", "text", "number", "list"};
  QStringList all;
  for (const TemplateVariable& variable : parsed(source).variables()) {
    QString one = QString::fromStdString(variable.name) + ": " + kKinds[static_cast<int>(variable.kind)];
    if (const auto* flag = std::get_if<bool>(&variable.usual)) one += *flag ? " = true" : " = false";
    if (const auto* text = std::get_if<std::string>(&variable.usual))
      one += " = '" + QString::fromStdString(*text) + "'";
    if (const auto* number = std::get_if<std::int64_t>(&variable.usual)) one += " = " + QString::number(*number);
    for (const std::string& choice : variable.choices) one += " | " + QString::fromStdString(choice);
    all << one;
  }
  return all.join("; ");
}

/// The template of a golden case.
std::string goldenTemplate(const std::string& name) {
  static const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
  for (const auto& one : golden.at("cases")) {
    if (one.at("name").get<std::string>().find(name) != std::string::npos) return one.at("template");
  }
  throw std::runtime_error("No case " + name);
}

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

class TestTemplateVariables : public QObject {
  Q_OBJECT

 private slots:
  void kindsAndDefaults_data();
  void kindsAndDefaults();
  void readsOnlyWhatJinja2CallsUndeclared();
  void reasoning_data();
  void reasoning();
  void openBlocks();
  void largeTemplates_data();
  void largeTemplates();
};

void TestTemplateVariables::kindsAndDefaults_data() {
  QTest::addColumn<QString>("source");
  QTest::addColumn<QString>("expected");
  const auto row = [](const char* name, const std::string& source, const char* expected) {
    QTest::newRow(name) << QString::fromStdString(source) << expected;
  };
  row("thinking", goldenTemplate("thinking, absent"), "enable_thinking: flag = true");
  row("channels", goldenTemplate("channels, with"),
      "model_identity: text = 'You are a model.'; reasoning_effort: text = 'medium'; builtin_tools: list; tools: list");
  row("defaults", goldenTemplate("defaults, with"),
      "date_string: text = '1 Jan'; style: text = 'plain'; budget: number = 512; xml_tools: list; tools: list; mode: "
      "text "
      "| short | long; verbose: flag = false; documents: list; quiet: flag = true");
  row("given to all",
      "{{ bos_token }}{{ messages }}{{ eos_token }}{{ pad_token }}{{ add_generation_prompt }}{{ range(2) }}", "");
  row("set before",
      "{% set a = 1 %}{{ a }}{% for b in [1] %}{{ b }}{{ loop.index }}{% endfor %}{% macro m(c) %}{{ c }}{{ caller() }}"
      "{% endmacro %}{% call(d) m(1) %}{{ d }}{% endcall %}{% with e = 1 %}{{ e }}{% endwith %}",
      "");
  row("set in a branch", "{% if messages %}{% set a = 1 %}{% endif %}{{ a is defined }}", "");
  row("tools of another name",
      "{% if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}{% if tools %}x{% endif %}",
      "custom_tools: list; tools: list");
  row("only in a macro", "{% macro m() %}{{ late }}{{ given }}{% endmacro %}{% set late = 1 %}{{ m() }}",
      "given: text");
  row("through a macro", "{% macro m(l) %}{% for i in l %}{{ i }}{% endfor %}{% endmacro %}{{ m(a) }}{{ m(l=b) }}",
      "a: list; b: list");
  row("or", "{{ a or 'x' }}{{ b or 3 }}", "a: text = 'x'; b: number = 3");
  row("false unless given", "{% if a is defined and a %}x{% endif %}{% if not b %}y{% endif %}",
      "a: flag = false; b: flag = false");
  row("compared", "{% if a == true %}x{% endif %}{% if b in ['p', 'q'] %}y{% endif %}{% if c and c > 2 %}{% endif %}",
      "a: flag = false; b: text | p | q; c: number");
  row("refuses a question", "{{ raise_exception('no') if messages | length == 1 }}{% if a %}x{% endif %}", "a: flag");
}

void TestTemplateVariables::kindsAndDefaults() {
  QFETCH(QString, source);
  QFETCH(QString, expected);
  QCOMPARE(described(source.toStdString()), expected);
}

// Jinja2's own analysis also counts names that are set on some ways through a template only.
void TestTemplateVariables::readsOnlyWhatJinja2CallsUndeclared() {
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
  int found = 0;
  for (const auto& one : golden.at("cases")) {
    if (!one.contains("undeclared")) continue;
    const auto undeclared = one.at("undeclared").get<std::vector<std::string>>();
    try {
      for (const TemplateVariable& variable : parsed(one.at("template")).variables()) {
        ++found;
        QVERIFY2(std::find(undeclared.begin(), undeclared.end(), variable.name) != undeclared.end(),
                 (one.at("name").get<std::string>() + ": " + variable.name).c_str());
      }
    } catch (const core::Error&) {
      continue;  // Jinja2 refuses some only when they run
    }
  }
  QVERIFY(found > 100);
}

void TestTemplateVariables::reasoning_data() {
  QTest::addColumn<QString>("source");
  QTest::addColumn<QString>("begin");
  QTest::addColumn<QString>("end");
  const auto row = [](const char* name, const std::string& source, const char* begin, const char* end) {
    QTest::newRow(name) << QString::fromStdString(source) << begin << end;
  };
  row("written before the answer", goldenTemplate("thinking, absent"), "<think>", "</think>");
  row("a channel", goldenTemplate("channels, with"), "<|channel|>analysis<|message|>",
      "<|end|><|start|>assistant<|channel|>final<|message|>");
  row("begun by the prompt",
      "{% for m in messages %}{% if m.role == 'assistant' %}A:[T]{{ m.reasoning_content }}[/T]{{ m.content }}{% else %}"
      "U:{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}A:[T]{% endif %}",
      "[T]", "[/T]");
  row("dropped from the history", goldenTemplate("deepseek style"), "<think>", "</think>");
  row("none", goldenTemplate("chatml, chat 0"), "", "");
  row("refuses", "{{ raise_exception('no') }}", "", "");
}

void TestTemplateVariables::reasoning() {
  QFETCH(QString, source);
  QFETCH(QString, begin);
  QFETCH(QString, end);
  const auto marks = parsed(source.toStdString()).reasoning();
  QCOMPARE(marks.has_value(), !begin.isEmpty());
  if (!marks) return;
  QCOMPARE(QString::fromStdString(marks->begin), begin);
  QCOMPARE(QString::fromStdString(marks->end), end);
}

void TestTemplateVariables::openBlocks() {
  const ReasoningMarks marks{"<t>", "</t>"};
  QVERIFY(!marks.isOpenIn(""));
  QVERIFY(!marks.isOpenIn("a"));
  QVERIFY(marks.isOpenIn("a<t>\n"));
  QVERIFY(!marks.isOpenIn("a<t>b</t>c"));
  QVERIFY(marks.isOpenIn("<t>b</t>c<t>d"));
  QVERIFY(!marks.isOpenIn("</t>"));
}

void TestTemplateVariables::largeTemplates_data() {
  QTest::addColumn<QString>("source");
  const auto row = [](const char* name, const std::string& source) {
    QTest::newRow(name) << QString::fromStdString(source);
  };
  std::string names;
  for (int i = 0; i < 20000; ++i)
    names += "{{ v" + std::to_string(i) + " }}{% if w" + std::to_string(i) + " %}{% endif %}";
  row("many names", names);
  row("flags that cost", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}" +
                             repeated("{% if a %}{% endif %}{% if b %}{% endif %}", 100));
  row("nested loops", repeated("{% for a in b %}", 150) + repeated("{{ c }}", 5000) + repeated("{% endfor %}", 150));
  row("nested ifs",
      repeated("{% if a and b and c %}", 150) + repeated("{% set d = 1 %}", 5000) + repeated("{% endif %}", 150));
  row("wide guards", repeated("{% if " + repeated("a and ", 150) + "a %}", 100) + repeated("{% set a = 1 %}", 5000) +
                         repeated("{% endif %}", 100));
  std::string parameters = "p";
  for (int i = 0; i < 5000; ++i) parameters += ", p" + std::to_string(i);
  row("macros", "{% macro m(" + parameters + ") %}{% endmacro %}" + repeated("{{ m(a=b, c=d, e=f) }}", 5000));
  row("flows", repeated("{% if a %}{% set a = b %}{% set b = c %}{% set c = a %}{% endif %}", 5000));
}

void TestTemplateVariables::largeTemplates() {
  QFETCH(QString, source);
  const ChatTemplate large = parsed(source.toStdString());
  const double started = support::cpuSeconds();
  QVERIFY(large.variables().size() <= 256);
  large.reasoning();
  const double seconds = support::cpuSeconds() - started;
  QVERIFY2(seconds < 0.6 * support::kSlowdown, qPrintable(QString::number(seconds)));
}

QTEST_GUILESS_MAIN(TestTemplateVariables)
#include "tst_template_variables.moc"
