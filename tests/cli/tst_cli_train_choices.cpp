// The verb train with every choice of how adapters, moments and ranges are kept: the loss falls, what was written reads
// to the run's own figure, and a run that was stopped ends with the bits of one that was not.

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "cli_process.h"
#include "interrupted_run.h"

using namespace cli;

class TestCliTrainChoices : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_heldOut, m_facts;

  QString path(const QString& name) const { return m_folder.filePath(name); }

  static std::vector<Json> linesOf(const QByteArray& out) {
    std::vector<Json> all;
    for (const QByteArray& line : out.trimmed().split('\n'))
      if (line.startsWith('{')) all.push_back(Json::parse(line.toStdString()));
    return all;
  }
  static std::vector<Json> lines(const QStringList& arguments) {
    const Run result = run(arguments);
    if (result.code != 0) throw std::runtime_error(result.err.toStdString());
    return linesOf(result.out);
  }

  QStringList begin(const QString& lab, const QStringList& choices, const QString& folder) const {
    QStringList all{"train", lab,          "demo",       "--steps", "4", "--batch", "4", "--length",
                    "48",    "--held-out", m_heldOut,    "--tasks", "",  "--seed",  "3", "--eval-every",
                    "0",     "--run",      path(folder), "--json"};
    all << "--prompt"
        << "2+3";
    if (lab == "qlora")
      all << "--facts" << m_facts << "--replay"
          << "none";
    return all + choices;
  }

 private slots:
  void initTestCase() {
    m_heldOut = path("held_out.jsonl");
    m_facts = path("facts.jsonl");
    writeFile(m_heldOut,
              "{\"question\": \"What is the sum of 65 and 21?\", \"answer\": \"65 + 21 = 86.\"}\n"
              "{\"question\": \"Spell the word lamp.\", \"answer\": \"It is l a m p, of course.\"}\n");
    writeFile(m_facts, "{\"question\": \"What does a flurb eat?\", \"answer\": \"Moss and small stones.\"}\n");
  }

  void aStoppedRunAndItsFileAreTheRun_data() {
    QTest::addColumn<QString>("lab");
    QTest::addColumn<QStringList>("choices");
    QTest::addColumn<bool>("falls");  // of few steps, where each reads the same facts
    const auto add = [](const char* name, const char* lab, const QStringList& choices, bool falls = true) {
      QTest::newRow(name) << QString(lab) << choices << falls;
    };
    add("adapters in BF16", "qlora", {"--bf16"});
    add("moments in 8 bits", "qlora", {"--optimizer", "int8", "--rank", "16"});
    add("paged moments", "qlora", {"--optimizer", "paged"});
    add("dropout", "qlora", {"--dropout", "0.1"});
    add("a base of GGUF", "qlora", {"--base", "q4_k", "--targets", "attn_q,ffn_down", "--alpha", "32"});
    add("a teacher", "qat", {"--scheme", "int2:range=minmax", "--distillation", "0.5"}, false);
    add("double quantization", "qat", {"--scheme", "nf4:double=on"}, false);
    add("clips", "qat", {"--scheme", "int2", "--range", "clip"}, false);
  }
  void aStoppedRunAndItsFileAreTheRun() {
    QFETCH(QString, lab);
    QFETCH(QStringList, choices);
    QFETCH(bool, falls);
    const QString name = QString(QTest::currentDataTag()).replace(' ', '_'), stopped = name + "-stopped";
    const auto whole = lines(begin(lab, choices, name));
    double first = 0, last = 0;
    for (const Json& line : whole) {
      if (!line.contains("loss")) continue;
      last = line.at("loss");
      if (first == 0) first = last;
    }
    QVERIFY2(last < first || !falls, qPrintable(QString("%1 %2").arg(first).arg(last)));

    QVERIFY(interruptedRun(begin(lab, choices, stopped)).contains("--resume"));
    const auto rest = lines({"train", lab, "demo", "--resume", path(stopped), "--json"});
    const Json &one = whole.back().at("summary"), &two = rest.back().at("summary");
    const double told = one.at("trained").at("held_out_perplexity");
    QCOMPARE(two.at("trained").at("held_out_perplexity").get<double>(), told);
    QVERIFY(contents(path(name + "/checkpoint.safetensors")) == contents(path(stopped + "/checkpoint.safetensors")));

    const Json read =
        json({"perplexity", "demo", "--recipe", QString::fromStdString(one.at("recipe").get<std::string>()), "--text",
              m_heldOut, "--no-noise", "--no-cache", "--device", "cpu"});
    const double found = read.at(0).at("perplexity");
    // Rows have another order in a folder, and sums of them with that.
    QVERIFY2(std::abs(found - told) <= 1e-4 * told, qPrintable(QString("%1 %2").arg(found).arg(told)));
  }

  // What a file cannot say is said: inputs that were quantized in training are read as they are.
  void inputsThatNoFileSaysAreNamed() {
    const auto all = lines(begin("qat", {"--scheme", "int4:group=row,activations=int8_dynamic"}, "inputs"));
    const std::string notes = all.back().at("summary").at("notes").dump();
    QVERIFY2(notes.find("inputs as they are") != std::string::npos, notes.c_str());
  }

  // Nothing but the steps: no text is read and no question asked, as for models that take hours to answer.
  void nothingIsEvaluatedWhereNobodyAsks() {
    for (const QStringList& lab : {QStringList{"qlora"}, QStringList{"qat", "--scheme", "int3"}}) {
      const auto all = lines(begin(lab.front(), lab.mid(1) + QStringList{"--no-evaluation"}, "silent-" + lab.front()));
      QVERIFY(all.front().at("stored").at("held_out_perplexity").is_null());
      for (const Json& line : all) QVERIFY(!line.contains("held_out_perplexity"));
      const Json& summary = all.back().at("summary");
      QVERIFY(summary.at("finished").get<bool>() && !summary.contains("trained") && !summary.contains("merged"));
      QVERIFY(QFile::exists(QString::fromStdString(summary.at("result").get<std::string>())));
    }
  }
};

QTEST_GUILESS_MAIN(TestCliTrainChoices)
#include "tst_cli_train_choices.moc"
