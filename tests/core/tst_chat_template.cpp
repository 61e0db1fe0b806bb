// The template interpreter against Jinja2 itself, and against files that mean harm.
#include <QRegularExpression>
#include <QtTest>
#include <random>

#include "allocation_meter.h"
#include "core/base/error.h"
#include "core/text/chat_template.h"
#include "support/golden.h"
#include "support/time_limit.h"

using core::Error;
using core::ErrorCode;
using core::text::ChatMessage;
using core::text::ChatTemplate;

namespace {

std::string render(const std::string& source, const std::vector<ChatMessage>& messages = {}, bool prompt = true) {
  return ChatTemplate(source, "<s>", "</s>").render(messages, prompt);
}

/// The error a template ends in; fails the test when it does not.
Error failureOf(const std::string& source) {
  try {
    render(source);
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error("No error from: " + source.substr(0, 200));
}

/// The goldens with the keys of objects in their order, which templates see.
const nlohmann::ordered_json& goldens() {
  static const auto golden = [] {
    const auto bytes = support::readFile(QS_TEST_DATA "/tokenizer/chat_templates.json");
    return nlohmann::ordered_json::parse(reinterpret_cast<const char*>(bytes.data()),
                                         reinterpret_cast<const char*>(bytes.data()) + bytes.size());
  }();
  return golden;
}

core::io::JsonTree treeOf(const nlohmann::ordered_json& json) {
  core::io::JsonTreeBuilder builder(100000, "golden");
  core::io::readJson(json.dump(), builder, "golden", 60);
  return builder.take();
}

std::string renderCase(const nlohmann::ordered_json& one) {
  core::text::TemplateVariables variables;
  if (one.contains("variables")) {
    for (const auto& [name, value] : one.at("variables").items()) variables.emplace_back(name, treeOf(value));
  }
  return ChatTemplate(one.at("template").get<std::string>(), "<s>", "</s>")
      .render(treeOf(one.at("messages")), one.at("add_generation_prompt").get<bool>(), variables);
}

/// The messages of a case that say no more than role and content.
std::vector<ChatMessage> plainMessages(const nlohmann::ordered_json& one) {
  std::vector<ChatMessage> messages;
  for (const auto& message : one.at("messages")) {
    if (message.at("content").is_string()) messages.push_back({message.at("role"), message.at("content")});
  }
  return messages;
}

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

/// "p0, p1, p2, …", or the same text again and again when it is quoted.
std::string joined(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i == 0 ? "" : ", ") + text + (text[0] == '\'' ? "" : std::to_string(i));
  return out;
}

}  // namespace

class TestChatTemplate : public QObject {
  Q_OBJECT

 private slots:
  void rendersAsJinja2_data();
  void rendersAsJinja2();
  void errorsAreSentencesWithLine();
  void ownWordsOfTheTemplate();
  void strftimeNow();
  void realTemplatesAreFarFromTheLimits();
  void limits_data();
  void limits();
  void survivesEveryTruncation();
  void survivesRandomEdits();
};

void TestChatTemplate::rendersAsJinja2_data() {
  QTest::addColumn<int>("index");
  const auto& golden = goldens();
  QVERIFY(golden.at("cases").size() > 550);
  int index = 0;
  for (const auto& one : golden.at("cases")) {
    QTest::newRow(one.at("name").get<std::string>().c_str()) << index++;
  }
}

void TestChatTemplate::rendersAsJinja2() {
  QFETCH(int, index);
  const auto& one = goldens().at("cases").at(static_cast<std::size_t>(index));
  const auto run = [&] { return renderCase(one); };
  if (one.contains("text")) {
    try {
      QCOMPARE(QString::fromStdString(run()), QString::fromStdString(one.at("text")));
      if (!one.contains("variables") && plainMessages(one).size() == one.at("messages").size() &&
          !QString(QTest::currentDataTag()).startsWith("given")) {
        QCOMPARE(render(one.at("template"), plainMessages(one), one.at("add_generation_prompt")), run());
      }
    } catch (const Error& error) {
      QFAIL(error.what());
    }
    return;
  }
  try {
    const std::string text = run();
    QFAIL(("Expected an error, got: " + text).c_str());
  } catch (const Error& error) {
    const bool raised = one.contains("raised");
    QCOMPARE(error.code(), raised ? ErrorCode::InvalidArgument : ErrorCode::InvalidFile);
    if (raised) QCOMPARE(std::string(error.what()), one.at("raised").get<std::string>());
  }
}

void TestChatTemplate::errorsAreSentencesWithLine() {
  const Error syntax = failureOf("one\ntwo {% if x %}\nthree\n{% endfor %}");
  QCOMPARE(std::string(syntax.what()), std::string("The chat template fails in line 4: The block 'endfor' is unknown "
                                                   "here; known are if, for, set, macro, call, with, filter, "
                                                   "break, continue, generation and raw."));
  QCOMPARE(syntax.where(), std::string("line 4"));
  const Error type = failureOf("a\nb\n{{ missing.field }}");
  QCOMPARE(type.where(), std::string("line 3"));
  QCOMPARE(std::string(type.what()),
           std::string("The chat template fails in line 3: 'missing' is undefined, so it has no 'field'."));
  QCOMPARE(type.code(), ErrorCode::InvalidFile);
  QCOMPARE(
      std::string(failureOf("{% include 'x' %}").what()),
      std::string("The chat template fails in line 1: The block 'include' is for templates of several files; a chat "
                  "template is one alone."));
}

void TestChatTemplate::ownWordsOfTheTemplate() {
  const Error error = failureOf("{{ raise_exception('Roles must alternate!') }}");
  QCOMPARE(error.code(), ErrorCode::InvalidArgument);
  QCOMPARE(std::string(error.what()), std::string("Roles must alternate!"));
}

void TestChatTemplate::strftimeNow() {
  const std::string year = render("{{ strftime_now('%Y') }}");
  QVERIFY(year.size() == 4 && std::stoi(year) >= 2024);
}

/// Runs `set n.x = …` this many times over a namespace that begins with x = {} or what is given.
std::string grown(const std::string& step, const std::string& start = "{}", int times = 99999) {
  return "{% set n = namespace(x=" + start + ") %}{% for i in range(" + std::to_string(times) +
         ") %}{% set n.x = " + step + " %}{% endfor %}";
}

/// An expression evaluated again and again over texts and lists made once.
std::string spun(const std::string& expression) {
  return "{% set a = ('a' * 1000) * 1000 %}{% set b = ('a' * 1000) * 500 ~ 'b' %}{% set o = ('Aa\\n' * 1000) * 300 %}"
         "{% set w = ('a ' * 1000) * 500 %}{% set l = [1] * 50000 %}{% set d = {'k': a} %}"
         "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = " +
         expression + " %}{% endfor %}{% endfor %}";
}

/// Everything a template can do to a text, list or dictionary, again and again.
constexpr const char* kSpun = R"(
a | upper ; a | lower ; o | capitalize ; o | title ; a | trim ; a | trim(b) ; a | replace('a', 'bb')
a | replace(b, 'x') ; a | replace('', 'x') ; a | escape ; o | indent ; o | indent(width=a) ; a | tojson
d | tojson(indent=4) ; l | tojson(indent=100) ; d | tojson(indent=a) ; l | tojson(separators=(a, a)) ; a | int
a | float ; a | wordcount ; a | string ; l | string ; a | length ; a | first ; a | last ; a | list ; l | list
l | join(a) ; a | join('-') ; l | map('string') | list ; [d] | map(attribute='k') | list
l | select('eq', 1) | list ; [d] | selectattr('k', 'in', a) | list ; d | items | list ; l | sort ; [a, a] | sort
d | dictsort ; l | unique | list ; l | reverse | list ; a | reverse ; l | sum ; l | min ; [a, a] | max
a | default('x', true) | length ; a.strip() ; a.lstrip(b) ; a.rstrip(b) ; a.split('a') ; w.split() ; a.split(b)
a.rsplit('a', 1) ; a.rsplit(b, 5) ; o.splitlines() ; a.startswith(b) ; a.startswith([b] * 1000) ; a.endswith(b)
a.removeprefix('a') ; a.removesuffix('a') ; o.title() ; a.upper() ; a.lower() ; a.capitalize() ; a.find(b)
a.rfind(b) ; a.count('a') ; a.count(b) ; a.replace('a', 'b') ; a.replace(b, 'b') ; '-'.join(a) ; a.isspace()
a.isalpha() ; a.isdigit() ; a.isalnum() ; d.get('k') ~ a ; d.items() ; d.values() ; a is lower ; a is upper
b in a ; a in a ; a not in d ; 1 in l ; 2 in l ; a == a ~ '' ; a < a ~ '' ; l == l + [] ; a[0] ; a[999999]
a[1:] ; a[::2] ; a[::-1] ; l[1:] ; l[::-1] ; a ~ a ; a + a ; l + l ; a * 2 ; l * 2 ; [a, a]
{'x': a, 'y': a} == {'x': b} ; namespace(x=a).x ; dict(k=a) ; range(99999) ; a is in b ; a is eq a ; i.b
nothing ; strftime_now(a) ; loop.cycle(a, b) ; loop.previtem ; loop.changed(a) ; loop.changed(l) ; a | wordwrap(1)
a | wordwrap(7, false) ; w | wordwrap(10) ; o | wordwrap ; a | truncate(9) ; a | truncate(900000, true, '', 0)
l | batch(2) | list ; l | slice(3) | list ; ([d] * 1000) | groupby('k') ; ([d] * 1000) | unique(attribute='k') | list
l | groupby(none) ; a | urlencode ; d | xmlattr ; a | center(2000000) ; a.center(2000000) ; a.ljust(2000000, 'ä')
a.zfill(2000000) ; a.partition(b) ; a.rpartition(b) ; a.rpartition('a') ; o.splitlines(true) ; a.expandtabs()
('\t' * 2000).expandtabs(1000) ; a.swapcase() ; a.casefold() ; w.rsplit(none, 3) ; w.rsplit() ; a.find(b, 5) ; a.rfind('a', 1)
a.index('a') ; a.isascii() ; a.isprintable() ; o.istitle() ; '{}{}'.format(a, b) ; '{:>99999}'.format(a) ; '{0[k]}'.format(d)
'%s' % a ; '%r' % a ; '%(k)s' % d ; ('%s' * 50000) % ((1,) * 50000) ; ('{} ' * 50000).format(*l) ; a | format ; a | e
(a | e) + b ; (a | safe) * 2 ; o | forceescape ; l.count(1) ; l.index(1) ; l.copy() ; d.copy() ; dict(**d) ; namespace(**d).k
l | sort(attribute='a,b') if false else l | sort ; l | max ; [a, b] | min(case_sensitive=true) ; a | tojson(ensure_ascii=true)
'{x}'.format_map({'x': a}) ; l | map('string') | map('length') | list ; [a] | map('upper') | list ; l | select | first
(1, 2) in l ; a is sameas b ; 1 is filter ; a is test ; l | list | string ; d | string ; range(99999) | string
)";

void TestChatTemplate::limits_data() {
  QTest::addColumn<QString>("source");
  const auto row = [](const std::string& name, const std::string& source) {
    QTest::newRow(name.c_str()) << QString::fromStdString(source);
  };
  row("endless loop", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}");
  row("endless filtered loop",
      "{% for a in range(99999) %}{% for b in range(99999) if b > a %}{% endfor %}{% endfor %}");
  row("long range", "{{ range(1000000000000) }}");
  row("widest range", "{{ range(-9223372036854775807, 9223372036854775807) | length }}");
  row("doubling text", grown("n.x ~ n.x", "'x'"));
  row("doubling captured text",
      "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set s %}{{ n.x }}{{ n.x }}{% endset %}{% set n.x = s %}"
      "{% endfor %}");
  row("repeated text", "{{ 'abcdefgh' * 9000000000000000000 }}");
  row("repeated list", "{{ ([1, 2] * 1000000000) | length }}");
  row("doubling list", grown("n.x + n.x", "[1]"));
  row("doubling tree", grown("[n.x, n.x]", "[1]", 60) + "{{ n.x }}");
  row("doubling tree compared", grown("[n.x, n.x]", "[1]", 60) +
                                    "{% set m = namespace(y=[1]) %}{% for i in range(60) %}"
                                    "{% set m.y = [m.y, m.y] %}{% endfor %}{{ n.x == m.y }}");
  row("doubling tree ordered",
      grown("[n.x, n.x]", "[1]", 60) + "{{ [n.x, n.x] | sort | length }}{{ n.x < [n.x] }}{{ n.x }}");
  row("doubling tree as JSON", grown("[n.x, n.x]", "[1]", 60) + "{{ n.x | tojson(indent=4) }}");
  for (const char* step : {"[n.x]", "(n.x,)", "{'k': n.x}", "{'k': n.x.get}", "{'k': n.x.items}", "[n.x] | list",
                           "dict(k=n.x)", "{'k': [n.x]} | items | list", "[[n.x]] | map('first') | list and [n.x]",
                           "(n.x,) + (n.x,)", "[n.x] * 1", "[n.x][:1]", "[n.x] | reverse | list and [n.x]"}) {
    row(std::string("nesting ") + step, grown(step));
  }
  row("nesting by loops",
      "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% for j in [n.x] %}{% set n.x = loop %}"
      "{% endfor %}{% endfor %}");
  row("nesting by loops' methods",
      "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% for j in [n.x] %}"
      "{% set n.x = loop.cycle %}{% endfor %}{% endfor %}");
  row("recursive macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}");
  row("two macros", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}");
  row("macro with many parameters", "{% macro f(" + joined("p", 20000) + ") %}{{ f() }}{% endmacro %}{{ f() }}");
  row("map of maps", "{{ 'a' | map(" + joined("'map'", 30000) + ") | list }}");
  row("parentheses", "{{ " + repeated("(", 100000) + "1" + repeated(")", 100000) + " }}");
  row("brackets", "{{ " + repeated("[", 100000) + "1" + repeated("]", 100000) + " }}");
  row("minus signs", "{{ " + repeated("- ", 100000) + "1 }}");
  row("nots", "{{ " + repeated("not ", 100000) + "1 }}");
  row("long sum", "{{ 1" + repeated(" + 1", 100000) + " }}");
  row("long chain", "{{ a" + repeated(".b", 100000) + " }}");
  row("filters", "{{ 'a'" + repeated(" | upper", 100000) + " }}");
  row("tests", "{{ 1" + repeated(" is eq(1)", 100000) + " }}");
  row("conditionals", "{{ 1" + repeated(" if 1 else 2", 100000) + " }}");
  row("nested ifs", repeated("{% if 1 %}", 100000) + repeated("{% endif %}", 100000));
  row("large template", repeated("{{ a }}", 1000000));
  row("large expression", "{{ [" + repeated("a,", 1000000) + "] }}");
  row("large text", repeated("a", 70 << 20));
  row("long names", "{% for i in range(99999) %}{{ " + repeated("a", 1000000) + " }}{% endfor %}");
  row("overflow", "{{ 9223372036854775807 + 1 }}");
  row("power", "{{ 10 ** 100 }}");
  row("recursive loop", "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}");
  row("widening recursive loop", "{% for a in [1, 1] recursive %}{{ loop([1, 1]) }}{% endfor %}");
  row("recursive loop over a loop", "{% for a in range(999) recursive %}{{ loop(range(999)) }}{% endfor %}");
  row("call of a call", "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}");
  row("caller that calls back",
      "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}"
      "{% endmacro %}{{ r() }}");
  row("namespace in itself", "{% set n = namespace() %}{% set n.x = n %}{{ n }}");
  row("namespaces in each other",
      "{% set n = namespace(x=1) %}{% for i in range(9999) %}{% set n = namespace(x=1) %}"
      "{% endfor %}" +
          grown("namespace(x=n.x)", "1") + "{{ n }}");
  row("many arguments",
      "{% macro m() %}{{ varargs }}{% endmacro %}{% for i in range(9999) %}{{ m(*([1] * 99999)) }}"
      "{% endfor %}");
  row("wide format", "{{ '%999999999d' % 1 }}");
  row("wide format of an argument", "{{ '%*d' % (999999999, 1) }}");
  row("many digits", "{{ '%.999999f' % 1.5 }}");
  row("wide field", "{{ '{:999999999}'.format(1) }}");
  row("wide centre", "{{ 'a'.center(999999999999) }}");
  row("wide zeros", "{{ '1'.zfill(9223372036854775807) }}");
  row("filling batch", "{{ [1] | batch(9223372036854775807, 1) | list }}");
  row("empty slices", "{{ [1] | slice(9223372036854775807) | list }}");
  for (const char* step : {"[n.x] | select", "[n.x] | map('list')", "[n.x] | batch(2)", "[[n.x]] | groupby(0)"}) {
    row(std::string("nesting ") + step, grown(step));
  }
  for (const QString& expression : QString(kSpun).split(QRegularExpression(" ; |\n"), Qt::SkipEmptyParts)) {
    row("spinning " + expression.toStdString(), spun(expression.toStdString()));
  }
}

void TestChatTemplate::limits() {
  QFETCH(QString, source);
  const std::string text = source.toStdString();
  allocation_meter::reset();
  const std::size_t before = allocation_meter::live;
  const double started = support::cpuSeconds();
  const Error error = failureOf(text);
  const double seconds = support::cpuSeconds() - started;
  QVERIFY2(error.code() == ErrorCode::Unsupported, error.what());
  // About 0.1 s at worst on the machine the README measures on; a busy or slow one may take several times as long.
  QVERIFY2(seconds < 2.0 * support::kSlowdown, qPrintable(QString::number(seconds)));
  // The limit, and what is at work meanwhile.
  const std::size_t bytes = allocation_meter::highest - before;
  QVERIFY2(bytes < (std::size_t{100} << 20), qPrintable(QString::number(bytes)));
  if (qEnvironmentVariableIsSet("QS_SHOW_COST"))
    qInfo("%.3f s, %.1f MiB: %s", seconds, static_cast<double>(bytes) / (1 << 20), error.what());
}

// What templates in use take of the limits: the budget is for them, not against them.
void TestChatTemplate::realTemplatesAreFarFromTheLimits() {
  const auto& golden = goldens();
  double most = 0;
  std::string styles;
  for (const auto& one : golden.at("cases")) {
    const bool isChat = one.at("name").get<std::string>().find(", chat ") != std::string::npos;
    if (!one.contains("text") || !isChat) continue;
    const std::string source = one.at("template");
    if (source.size() > 500 && styles.find(source) == std::string::npos) styles += source;
    most = std::max(most, ChatTemplate(source, "<s>", "</s>").cost(plainMessages(one)));
  }
  // Parsing one as large as the largest in use, about 30 KB.
  std::string large;
  while (large.size() < 30000) large += "{% if false %}" + styles + "{% endif %}";
  most = std::max(most, ChatTemplate(large, "<s>", "</s>").cost({}));
  if (qEnvironmentVariableIsSet("QS_SHOW_COST")) qInfo("golden: %.3f %%", most * 100);
  QVERIFY2(most < 0.025, qPrintable(QString::number(most)));
  // A conversation of a megabyte passes, too.
  const std::string chatml =
      "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] | trim + '<|im_end|>\n' }}{% endfor "
      "%}";
  const std::vector<ChatMessage> talk(1000, {"user", repeated("word ", 200)});
  const double longTalk = ChatTemplate(chatml, "", "").cost(talk);
  QVERIFY2(longTalk < 0.5, qPrintable(QString::number(longTalk)));
}

void TestChatTemplate::survivesEveryTruncation() {
  const auto& golden = goldens();
  std::size_t runs = 0;
  std::string last;
  for (const auto& one : golden.at("cases")) {
    const std::string source = one.at("template");
    if (source == last) continue;
    last = source;
    for (std::size_t length = 0; length < source.size(); length += 1 + source.size() / 100) {
      try {
        render(source.substr(0, length), {{"user", "x"}});
      } catch (const Error& error) {
        QVERIFY(!std::string(error.what()).empty());
      }
      ++runs;
    }
  }
  QVERIFY(runs > 1000);
}

void TestChatTemplate::survivesRandomEdits() {
  const auto& golden = goldens();
  static const std::vector<std::string> kPieces = {"{{", "}}", "{%",   "%}", "(",    ")",    "[",    "]",
                                                   "|",  "-",  "not ", "'",  " if ", " in ", "\xff", "\n",
                                                   "9",  ".",  ":",    "{#", "loop", "~",    "*"};
  std::mt19937 random(7);
  std::string last;
  for (const auto& one : golden.at("cases")) {
    const std::string source = one.at("template");
    if (source == last) continue;
    last = source;
    for (int edit = 0; edit < 20; ++edit) {
      std::string changed = source;
      for (int i = 0; i < 3; ++i) {
        const std::size_t at = random() % (changed.size() + 1);
        if (random() % 2 == 0) {
          changed.insert(at, kPieces[random() % kPieces.size()]);
        } else {
          changed.erase(at, 1 + random() % 4);
        }
      }
      try {
        const ChatTemplate parsed(changed, "<s>", "</s>");
        QVERIFY(parsed.variables().size() < 100);
        parsed.reasoning();
        parsed.render(std::vector<ChatMessage>{{"user", "x"}, {"assistant", "y"}});
      } catch (const Error& error) {
        QVERIFY(!std::string(error.what()).empty());
      }
    }
  }
}

QTEST_GUILESS_MAIN(TestChatTemplate)
#include "tst_chat_template.moc"
