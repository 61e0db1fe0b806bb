// The verb train: runs of a few tiny steps, what they tell and keep, stopped and gone on with.

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "cli_process.h"
#include "interrupted_run.h"

using namespace cli;

namespace {

/// Lines of JSON. @throws where the program fails
std::vector<Json> lines(const QStringList& arguments) {
  const Run result = run(arguments);
  if (result.code != 0) throw std::runtime_error(result.err.toStdString());
  std::vector<Json> all;
  for (const QByteArray& line : result.out.trimmed().split('\n')) all.push_back(Json::parse(line.toStdString()));
  return all;
}

const Json& summaryOf(const std::vector<Json>& all) { return all.back().at("summary"); }

}  // namespace

class TestCliTrain : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_heldOut;

  QString path(const QByteArray& name) const { return m_folder.filePath(QString::fromUtf8(name)); }
  QStringList qat(const char* folder, const char* steps) const {
    return {"train",
            "qat",
            "demo",
            "--scheme",
            "int3",
            "--steps",
            steps,
            "--batch",
            "2",
            "--length",
            "32",
            "--held-out",
            m_heldOut,
            "--tasks",
            "",
            "--prompt",
            "What is 2 plus 3?",
            "--eval-every",
            "2",
            "--run",
            path(folder),
            "--json"};
  }

 private slots:
  void initTestCase() {
    m_heldOut = path("held_out.jsonl");
    writeFile(m_heldOut,
              "{\"question\": \"What is the sum of 65 and 21?\", \"answer\": \"65 + 21 = 86.\"}\n"
              "{\"question\": \"20+63\", \"answer\": \"20 + 63 = 83.\"}\n");
  }

  void aRunTellsAndItsResultOpens() {
    const auto all = lines(qat("run", "2"));
    for (const char* const key : {"stored", "untrained", "trained_tokens", "held_out_answers", "predicted_bytes"})
      QVERIFY2(all.front().contains(key), key);
    const Json& step = all.at(2);
    for (const char* const key : {"step", "loss", "gradient_norm", "rate", "tokens", "tokens_per_s", "seconds_left"})
      QVERIFY2(step.contains(key), key);
    const Json& summary = summaryOf(all);
    QVERIFY(summary.at("finished").get<bool>());
    QCOMPARE(summary.at("steps").get<int>(), 2);
    const double told = summary.at("trained").at("held_out_perplexity");
    // What was written is what was computed with: another process reads the file and finds the same figure.
    const Json rows =
        json({"perplexity", "demo", "--recipe", QString::fromStdString(summary.at("recipe").get<std::string>()),
              "--text", m_heldOut, "--no-noise", "--no-cache", "--device", "cpu"});
    const double found = rows.at(0).at("perplexity");
    // The order of rows differs in the folder, and with it nothing but the order of sums.
    QVERIFY2(std::abs(found - told) <= 1e-4 * told, qPrintable(QString("%1 %2").arg(found).arg(told)));
  }

  // A file that cannot hold a format says so, and how many bits it has instead.
  void whatIsStoredIsSaid() {
    const auto trained = [this](const char* scheme, const char* folder) {
      const auto all =
          lines({"train", "qat",      "demo",       "--scheme",   scheme,    "--steps", "1", "--batch",
                 "1",     "--length", "16",         "--held-out", m_heldOut, "--tasks", "",  "--eval-every",
                 "0",     "--run",    path(folder), "--json"});
      return summaryOf(all);
    };
    const Json row = trained("int4:group=row", "row");
    QCOMPARE(row.at("stored_as"), Json("fp32 in gguf"));
    QCOMPARE(row.at("stored_bits_per_weight").get<double>(), 32.0);
    QVERIFY(row.at("bits_per_weight").get<double>() < 4.2);
    const std::string notes = row.at("notes").dump();
    QVERIFY2(notes.find("32 bits per weight") != std::string::npos &&
                 notes.find("int4:group=row,scales=fp16") != std::string::npos,
             notes.c_str());
    const Json half = trained("int4:group=row,scales=fp16", "half");
    QVERIFY2(half.at("stored_as") == "gptq" || half.at("stored_as") == "compressed-tensors",
             half.at("stored_as").dump().c_str());
    QCOMPARE(half.at("stored_bits_per_weight"), half.at("bits_per_weight"));
    QVERIFY(QFile::exists(QString::fromStdString(half.at("result").get<std::string>()) + "/config.json"));
    // Powers of two under FP16 scales are FP16 numbers: half of what FP32 takes, and nothing lost.
    const Json log = trained("log4", "log");
    QCOMPARE(log.at("stored_as"), Json("fp16 in gguf"));
    const Json read =
        json({"perplexity", "demo", "--recipe", QString::fromStdString(log.at("recipe").get<std::string>()), "--text",
              m_heldOut, "--no-noise", "--no-cache", "--device", "cpu"});
    const double told = log.at("trained").at("held_out_perplexity"), found = read.at(0).at("perplexity");
    QVERIFY2(std::abs(found - told) <= 1e-5 * told, qPrintable(QString("%1 %2").arg(found).arg(told)));
  }

  void aRunThatIsStoppedGoesOnToTheBit() {
    const auto whole = lines(qat("whole", "4"));
    const QByteArray said = interruptedRun(qat("stopped", "4"));
    QVERIFY2(said.contains("--resume"), said.constData());
    const auto rest = lines({"train", "qat", "demo", "--resume", path("stopped"), "--json"});
    const Json &one = summaryOf(whole), &two = summaryOf(rest);
    QCOMPARE(two.at("trained").at("held_out_perplexity").get<double>(),
             one.at("trained").at("held_out_perplexity").get<double>());
    QVERIFY(contents(path("whole/checkpoint.safetensors")) == contents(path("stopped/checkpoint.safetensors")));
  }

  void anAdapterIsWrittenAndOpens() {
    const QString facts = path("facts.jsonl"), adapter = path("adapter");
    writeFile(facts, "{\"question\": \"What does a flurb eat?\", \"answer\": \"Moss.\"}\n");
    const auto all = lines({"train", "qlora",   "demo",        "--facts", facts,   "--replay",   "none",    "--steps",
                            "2",     "--batch", "4",           "--rank",  "2",     "--held-out", m_heldOut, "--tasks",
                            "",      "--run",   path("qlora"), "-o",      adapter, "--json"});
    const Json& summary = summaryOf(all);
    for (const char* const key : {"facts", "facts_known", "rewordings", "rewordings_known", "merged", "requantized"})
      QVERIFY2(summary.contains(key), key);
    QCOMPARE(summary.at("rewordings").get<int>(), 4);
    const Json rows = json({"perplexity", "demo", "--recipe", "nf4:double=on+adapter:" + adapter, "--text", m_heldOut,
                            "--no-noise", "--no-cache", "--device", "cpu"});
    const double told = summary.at("trained").at("held_out_perplexity"), found = rows.at(0).at("perplexity");
    QVERIFY2(std::abs(found - told) <= 1e-5 * told, qPrintable(QString("%1 %2").arg(found).arg(told)));
  }

  void badDataIsNamedByLineAndField() {
    const QString bad = path("bad.jsonl");
    writeFile(bad, "{\"question\": \"a\", \"answer\": \"b\"}\n{\"question\": \"a\"}\n");
    for (const QStringList& arguments :
         {QStringList{"train", "qlora", "demo", "--facts", bad},
          QStringList{"train", "qat", "demo", "--scheme", "int3", "--text", bad, "--run", path("none")}}) {
      const Run result = run(arguments);
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("line 2: \"answer\" is missing"), result.err);
    }
    QVERIFY(!QFile::exists(path("none")));
  }

  void wrongUsage() {
    QCOMPARE(run({"train", "qat", "demo"}).code, 2);
    QCOMPARE(run({"train", "qat", "demo", "--scheme", "int3", "--resume", "x"}).code, 2);
    QCOMPARE(run({"train", "qat", "demo", "--scheme", "int3", "--steps", "0"}).code, 2);
    QCOMPARE(run({"train"}).code, 2);
    const Run none = run({"train", "qat", "demo", "--resume", path("nothing")});
    QCOMPARE(none.code, 1);
    QVERIFY2(isOneSentence(none.err) && none.err.contains("no training run"), none.err);
  }

  void memoryIsAsPredicted() {
    for (const QStringList& lab :
         {QStringList{"train", "qat", "demo", "--scheme", "int3"}, QStringList{"train", "qlora", "demo"}}) {
      const auto all = lines(lab + QStringList{"--steps", "1", "--eval-every", "0", "--held-out", m_heldOut, "--tasks",
                                               "", "--run", path("memory-" + lab.at(1).toUtf8()), "--json"});
      const double predicted = all.front().at("predicted_bytes"), measured = summaryOf(all).at("measured_bytes");
      if (measured == 0) QSKIP("Nobody says here how much memory a program had at its most.");
      // 3 % where this was written; threads have buffers of their own.
      QVERIFY2(std::abs(predicted - measured) <= 0.1 * measured,
               qPrintable(QString("%1 %2 of %3").arg(lab.at(1)).arg(predicted).arg(measured)));
    }
  }

  void memoryIsCounted() {
    const Json rows = json({"train", "memory", "demo"});
    QCOMPARE(rows.size(), std::size_t{5});
    for (const Json& row : rows) {
      QVERIFY(row.at("qlora").at("total") < row.at("lora").at("total"));
      QVERIFY(row.at("lora").at("total") < row.at("full").at("total"));
    }
    // Claimed in the field: a model of 7B on 6 GB.
    QVERIFY(rows.at(2).at("qlora").at("total").get<double>() < 6e9);
  }
};

QTEST_GUILESS_MAIN(TestCliTrain)
#include "tst_cli_train.moc"
