// The verb train where something is wrong: one sentence each, and nothing half-written.
#include <signal.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <limits>

#include "app/session/open_model.h"
#include "cli_process.h"
#include "core/io/checkpoint.h"
#include "core/numeric/half.h"

using namespace cli;

class TestCliTrainFaults : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_heldOut, m_facts, m_plain;

  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList qlora(const QString& model, const QString& folder, const QStringList& more = {},
                    const QString& steps = "2") const {
    return QStringList{"train",   "qlora",        model,     "--facts", m_facts,      "--replay", "none",
                       "--steps", steps,          "--batch", "2",       "--held-out", m_heldOut,  "--tasks",
                       "",        "--eval-every", "0",       "--run",   path(folder)} +
           more;
  }
  QStringList qat(const QString& model, const QString& folder, const QString& batch = "2") const {
    return QStringList{"train",   "qat",     model,     "--scheme",     "int3",     "--text", m_heldOut,
                       "--steps", "2",       "--batch", batch,          "--length", "48",     "--held-out",
                       m_heldOut, "--tasks", "",        "--eval-every", "0",        "--run",  path(folder)};
  }

  /// @param part of the one sentence that is to be said
  static void refuses(const QStringList& arguments, const char* part,
                      const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment()) {
    const Run result = run(arguments, environment);
    QCOMPARE(result.code, 1);
    const QByteArray last = result.err.mid(result.err.trimmed().lastIndexOf('\n') + 1);
    QVERIFY2(last.contains(part) && isOneSentence(last), result.err.constData());
  }

  static void copyFolder(const QString& from, const QString& to) {
    QVERIFY(QDir().mkpath(to));
    for (const QString& name : QDir(from).entryList(QDir::Files))
      QVERIFY(QFile::copy(from + '/' + name, to + '/' + name));
  }

  /// The plain folder with one half of a matrix replaced.
  void poison(const QString& folder, float value) const {
    copyFolder(m_plain, folder);
    const QString file = folder + "/model.safetensors";
    QByteArray bytes = contents(file);
    const auto checkpoint = core::io::openCheckpoint(file.toStdString());
    const auto found = checkpoint->find("model.layers.0.mlp.down_proj.weight");
    QVERIFY(found.has_value());
    const std::uint16_t half = core::numeric::floatToHalf(value);
    bytes.replace(static_cast<qsizetype>(checkpoint->tensors()[*found].offset) + 100, 2,
                  QByteArray(reinterpret_cast<const char*>(&half), 2));
    writeFile(file, bytes);
  }

  /// A copy of the run with a text of one of its files replaced.
  QString damaged(const QString& name, const QString& file, const QByteArray& before, const QByteArray& after) const {
    const QString folder = path(name);
    copyFolder(path("run"), folder);
    QByteArray text = contents(folder + '/' + file);
    const auto at = before.isEmpty() ? text.size() / 2 : text.indexOf(before);
    if (at < 0) throw std::runtime_error("nothing to damage");
    writeFile(folder + '/' + file, before.isEmpty() ? text.left(at) : text.replace(at, before.size(), after));
    return folder;
  }

 private slots:
  void initTestCase() {
    m_heldOut = path("held_out.jsonl"), m_facts = path("facts.jsonl"), m_plain = path("plain");
    writeFile(m_heldOut,
              "{\"question\": \"What is the sum of 65 and 21?\", \"answer\": \"65 + 21 = 86.\"}\n"
              "{\"question\": \"20+63\", \"answer\": \"20 + 63 = 83.\"}\n");
    writeFile(m_facts, "{\"question\": \"What does a flurb eat?\", \"answer\": \"Moss.\"}\n");
    QCOMPARE(run({"quantize", "demo", "--scheme", "fp16", "--layout", "plain", "-o", m_plain}).code, 0);
    // A run that was stopped after its first step: what the others are damaged copies of.
    QProcess process;
    process.start(QStringLiteral(QS_CLI), qlora("demo", "run", {"--json"}, "200"));
    QByteArray out;
    while (!out.contains("\"step\":1,\"loss\"")) {
      QVERIFY(process.waitForReadyRead(60'000));
      out += process.readAllStandardOutput();
    }
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(60'000));
    QVERIFY(QFile::exists(path("run/checkpoint.safetensors")));
  }

  void weightsThatAreNoNumbers() {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      const QString model = path(std::isnan(value) ? "nan" : "inf");
      poison(model, value);
      refuses(qat(model, "none"), "row 0, column 50");
      QVERIFY(!QFile::exists(path("none")));
      refuses(qlora(model, "none"), "row 0, column 50");
      QVERIFY(!QFile::exists(path("none")));
    }
  }

  void trainingNeedsNoVulkan() {
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("VK_ICD_FILENAMES", "/nowhere");
    environment.insert("VK_DRIVER_FILES", "/nowhere");
    QCOMPARE(run(qlora("demo", "without"), environment).code, 0);
  }

  void foldersThatCannotBeWritten() {
    writeFile(path("file"), "x");
    refuses(qlora("demo", "file"), "cannot be made");
    refuses(qlora("demo", "file/below"), "cannot be made");
  }

  void runsOfOthers() {
    const QStringList resume{"train", "qlora", m_plain, "--resume", path("run")};
    refuses(resume, "another model");
    refuses(qlora("demo", "run", {"--rank", "3"}), "other settings");
    refuses({"train", "qat", "demo", "--resume", path("run")}, "other lab");
  }

  void damagedRuns() {
    const auto resumed = [](const QString& folder) {
      return QStringList{"train", "qlora", "demo", "--resume", folder};
    };
    refuses(resumed(damaged("cut", "checkpoint.safetensors", "", "")), "checkpoint.safetensors");
    refuses(resumed(damaged("cut-history", "history.json", "", "")), "damaged");
    refuses(resumed(damaged("cut-settings", "run.json", "", "")), "damaged");
    refuses(resumed(damaged("unknown", "run.json", "\"fp32\"", "\"lion\"")), "damaged");
    refuses(resumed(damaged("negative", "run.json", "\"rank\": 8", "\"rank\": -8")), "damaged");
    refuses(resumed(damaged("missing", "run.json", "\"rank\"", "\"rang\"")), "damaged");
    refuses(resumed(damaged("newer", "run.json", "\"version\": 1", "\"version\": 2")), "newer version");
  }

  void oneRunAFolder() {
    QProcess process;
    process.start(QStringLiteral(QS_CLI), qlora("demo", "shared", {"--json"}, "200"));
    QVERIFY(process.waitForReadyRead(60'000));
    refuses({"train", "qlora", "demo", "--resume", path("shared")}, "in use by another run");
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(60'000));
  }

  void moreThanTheMemory() {
    refuses(qat("demo", "large", "1000000000"), "of memory, but only");
    QVERIFY(!QFile::exists(path("large")));
  }

  void textsAndModelsThatDoNotFit() {
    const QString model = path("no-template"), words = path("words.txt");
    copyFolder(m_plain, model);
    Json settings = Json::parse(contents(model + "/tokenizer_config.json").toStdString());
    settings.erase("chat_template");
    writeFile(model + "/tokenizer_config.json", QByteArray::fromStdString(settings.dump()));
    writeFile(words, "The quick brown fox.");
    refuses(qlora(model, "none"), "no chat template");
    refuses(qat(model, "none"), "no chat template");
    // A text shorter than one sequence is a sequence; the model reads plain text without a template.
    QCOMPARE(run({"train", "qat", model, "--scheme", "int3", "--text", words, "--held-out", words, "--steps", "1",
                  "--length", "64", "--run", path("plain-text")})
                 .code,
             0);
    writeFile(words, "");
    refuses({"train", "qat", "demo", "--scheme", "int3", "--text", words, "--run", path("none")}, "empty");
    QVERIFY(!QFile::exists(path("none")));
  }
};

QTEST_GUILESS_MAIN(TestCliTrainFaults)
#include "tst_cli_train_faults.moc"
