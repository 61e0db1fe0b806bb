// The template interpreter against Jinja2 itself, and against files that mean harm.
#include <QtTest>
#include <random>

#include "core/base/error.h"
#include "core/text/chat_template.h"
#include "support/golden.h"

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

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
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
  void limits_data();
  void limits();
  void survivesEveryTruncation();
  void survivesRandomEdits();
};

void TestChatTemplate::rendersAsJinja2_data() {
  QTest::addColumn<int>("index");
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
  QVERIFY(golden.at("cases").size() > 300);
  int index = 0;
  for (const auto& one : golden.at("cases")) {
    QTest::newRow(one.at("name").get<std::string>().c_str()) << index++;
  }
}

void TestChatTemplate::rendersAsJinja2() {
  static const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
  QFETCH(int, index);
  const auto& one = golden.at("cases").at(static_cast<std::size_t>(index));
  std::vector<ChatMessage> messages;
  for (const auto& message : one.at("messages")) messages.push_back({message.at("role"), message.at("content")});
  const auto run = [&] { return render(one.at("template"), messages, one.at("add_generation_prompt")); };
  if (one.contains("text")) {
    try {
      QCOMPARE(QString::fromStdString(run()), QString::fromStdString(one.at("text")));
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
                                                   "here; known are if, for, set, macro, with, filter, break, "
                                                   "continue, generation and raw."));
  QCOMPARE(syntax.where(), std::string("line 4"));
  const Error type = failureOf("a\nb\n{{ missing.field }}");
  QCOMPARE(type.where(), std::string("line 3"));
  QCOMPARE(std::string(type.what()),
           std::string("The chat template fails in line 3: 'missing' is undefined, so it has no 'field'."));
  QCOMPARE(type.code(), ErrorCode::InvalidFile);
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

void TestChatTemplate::limits_data() {
  QTest::addColumn<QString>("source");
  const auto row = [](const char* name, const std::string& source) {
    QTest::newRow(name) << QString::fromStdString(source);
  };
  row("endless loop", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}");
  row("long range", "{{ range(1000000000000) }}");
  row("widest range", "{{ range(-9223372036854775807, 9223372036854775807) | length }}");
  row("doubling text", "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}");
  row("repeated text", "{{ 'abcdefgh' * 9000000000000000000 }}");
  row("repeated list", "{{ ([1, 2] * 1000000000) | length }}");
  row("doubling list", "{% set n = namespace(l=[1]) %}{% for i in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}");
  row("doubling tree",
      "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}");
  row("doubling tree compared",
      "{% set n = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% set n.m = [n.m, n.m] "
      "%}{% endfor %}{{ n.l == n.m }}");
  row("doubling tree as JSON",
      "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l | tojson }}");
  row("deep list", "{% set n = namespace(l=[1]) %}{% for i in range(9999) %}{% set n.l = [n.l] %}{% endfor %}");
  row("recursive macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}");
  row("two macros", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}");
  row("parentheses", "{{ " + repeated("(", 100000) + "1" + repeated(")", 100000) + " }}");
  row("brackets", "{{ " + repeated("[", 100000) + "1" + repeated("]", 100000) + " }}");
  row("minus signs", "{{ " + repeated("- ", 100000) + "1 }}");
  row("nots", "{{ " + repeated("not ", 100000) + "1 }}");
  row("long sum", "{{ 1" + repeated(" + 1", 100000) + " }}");
  row("long chain", "{{ a" + repeated(".b", 100000) + " }}");
  row("filters", "{{ 'a'" + repeated(" | upper", 100000) + " }}");
  row("tests", "{{ 1" + repeated(" is number", 100000) + " }}");
  row("conditionals", "{{ 1" + repeated(" if 1 else 2", 100000) + " }}");
  row("nested ifs", repeated("{% if 1 %}", 100000) + repeated("{% endif %}", 100000));
  row("replace", "{{ ('a' * 1000000) | replace('a', 'b' * 1000000) }}");
  row("join", "{{ (['x' * 1000000] * 1000) | join }}");
  row("overflow", "{{ 9223372036854775807 + 1 }}");
  row("power", "{{ 10 ** 100 }}");
}

void TestChatTemplate::limits() {
  QFETCH(QString, source);
  QElapsedTimer timer;
  timer.start();
  const Error error = failureOf(source.toStdString());
  QVERIFY2(error.code() == ErrorCode::Unsupported, error.what());
  QVERIFY2(timer.elapsed() < 20000, "took too long");
}

void TestChatTemplate::survivesEveryTruncation() {
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
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
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/chat_templates.json");
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
        render(changed, {{"user", "x"}, {"assistant", "y"}});
      } catch (const Error& error) {
        QVERIFY(!std::string(error.what()).empty());
      }
    }
  }
}

QTEST_GUILESS_MAIN(TestChatTemplate)
#include "tst_chat_template.moc"
