// Values that look like options.
#include <QtTest>

#include "cli_process.h"

using namespace cli;

class TestCliArguments : public QObject {
  Q_OBJECT

 private slots:
  void negativeNumbers_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* value, const QStringList& more = {}) {
      const QString text = QString::fromLatin1(value);
      QTest::addRow("%s%s", value, qPrintable(more.join(u' ')))
          << (QStringList{QStringLiteral("bits"), text} + more) << text;
      QTest::addRow("%s%s, last", value, qPrintable(more.join(u' ')))
          << (QStringList{QStringLiteral("bits")} + more + QStringList{text}) << text;
      QTest::addRow("%s%s, marked", value, qPrintable(more.join(u' ')))
          << (QStringList{QStringLiteral("bits")} + more + QStringList{QStringLiteral("--"), text}) << text;
    };
    for (const char* value : {"-.5", "-5", "-0.5e-3", "-inf", "-nan", "-Infinity"}) {
      row(value);
      row(value, {QStringLiteral("--format"), QStringLiteral("fp16")});
    }
  }

  void negativeNumbers() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, value);
    if (value == QLatin1String("-Infinity") && run({QStringLiteral("bits"), QStringLiteral("Infinity")}).code != 0)
      QSKIP("The number is not read without its sign either.");
    const Run result = run(arguments + QStringList{QStringLiteral("--json")});
    // "--" ends the options: what follows it is a value.
    if (arguments.contains(QStringLiteral("--"))) {
      QCOMPARE(result.code, 2);
      return;
    }
    QVERIFY2(result.code == 0, result.err.constData());
    const Json answer = Json::parse(result.out.toStdString());
    QCOMPARE(answer["input"].get<std::string>(), value.toStdString());
    if (!value.contains(QLatin1String("nan"))) QCOMPARE(answer["formats"][0]["sign"].get<int>(), 1);
  }

  void valuesOfOptionsMayLookLikeOptions() {
    const auto tokens = [](const QStringList& arguments) {
      return json(QStringList{QStringLiteral("tokenize"), kModel} + arguments)["tokens"];
    };
    QCOMPARE(tokens({QStringLiteral("-inf")}).size(), tokens({QStringLiteral("+inf")}).size());
    const Run dashed = run({QStringLiteral("tokenize"), kModel, QStringLiteral("--"), QStringLiteral("--json")});
    QCOMPARE(dashed.code, 0);
    const Run prompt = run({QStringLiteral("generate"), kModel, QStringLiteral("--device"), QStringLiteral("cpu"),
                            QStringLiteral("--max-tokens"), QStringLiteral("1"), QStringLiteral("--prompt"),
                            QStringLiteral("-what is this?")});
    QVERIFY2(prompt.code == 0, prompt.err.constData());
    const Run temperature = run({QStringLiteral("generate"), kModel, QStringLiteral("--prompt"), QStringLiteral("Hi"),
                                 QStringLiteral("--temperature"), QStringLiteral("-.5")});
    QCOMPARE(temperature.code, 1);
    QVERIFY2(temperature.err.contains("emperature"), temperature.err.constData());
  }

  void wrongUsageStaysWrong() {
    for (const char* verb : {"bits", "schemes"}) QCOMPARE(run({QLatin1String(verb), QStringLiteral("-x")}).code, 2);
    QCOMPARE(run({QStringLiteral("bits"), QStringLiteral("--frobnicate"), QStringLiteral("1")}).code, 2);
    QCOMPARE(run({QStringLiteral("bits"), QStringLiteral("1"), QStringLiteral("--format")}).code, 2);
    QCOMPARE(run({QStringLiteral("-.5")}).code, 2);
    QCOMPARE(run({}).code, 2);
  }

  void aSumMayBeginWithANegativeInfinity() {
    for (const char* sum : {"-(inf + 0.3)", "-inf-1", "-infinity*2", "-∞+1", "-(-nan)"}) {
      const auto answer =
          run({QStringLiteral("bits"), QString::fromUtf8(sum), QStringLiteral("--format"), QStringLiteral("fp32")});
      QVERIFY2(answer.code == 0 && answer.out.startsWith("fp32"), answer.err.constData());
    }
    for (const char* word : {"-info", "-nano", "-infinite"})
      QCOMPARE(run({QStringLiteral("bits"), QLatin1String(word)}).code, 2);
  }

  void anEmptyValueIsNoDefault() {
    for (const char* option : {"--rounding", "--draw", "--seed", "--chain", "--scale", "--zero-point", "--absmax"}) {
      const auto answer = run({QStringLiteral("bits"), QStringLiteral("1"), QLatin1String(option), QString()});
      QVERIFY2(answer.code == 2 && answer.out.isEmpty() && answer.err.startsWith(option), answer.err.constData());
    }
    for (const char* seed : {"-1", "18446744073709551616", "1.5"})
      QCOMPARE(run({QStringLiteral("bits"), QStringLiteral("1"), QStringLiteral("--rounding"),
                    QStringLiteral("stochastic"), QStringLiteral("--seed"), QLatin1String(seed)})
                   .code,
               2);
  }

  void whatWasTypedNeverReachesTheTerminalRaw() {
    const QString escape = QStringLiteral("\x1b[31m");
    for (const QStringList& words :
         {QStringList{"--draw", escape}, QStringList{"--no" + escape}, QStringList{escape}}) {
      const auto answer = run(QStringList{"bits", "1"} + words);
      QVERIFY2(answer.code == 2 && !answer.err.contains('\x1b') && answer.err.contains("\\x1B[31m"),
               answer.err.constData());
    }
  }
};

QTEST_GUILESS_MAIN(TestCliArguments)
#include "tst_cli_arguments.moc"
