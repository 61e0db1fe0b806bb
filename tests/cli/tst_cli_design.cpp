// `design`: what a designed recipe is good for, what is refused before anything is computed, and what becomes of
// candidates with which a model computes no numbers.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "app/session/demo_model.h"
#include "cli_process.h"
#include "core/io/checkpoint.h"

using namespace cli;

namespace {

const QStringList kText = {"--text", "calibration", "--tokens", "400", "--device", "cpu"};

}  // namespace

class TestCliDesign : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const char* name) const { return m_folder.filePath(QString::fromUtf8(name)); }
  /// The demo model with one weight, stored as BF16, that FP16 cannot hold.
  QString demoWithHugeWeight(const std::string& tensor) const {
    const QString demo = QString::fromStdString(app::builtInModelPath(app::kDemoName).string());
    QByteArray bytes = contents(demo);
    const auto checkpoint = core::io::openCheckpoint(demo.toStdString());
    const auto at = static_cast<qsizetype>(checkpoint->tensors()[*checkpoint->find(tensor)].offset);
    bytes[at] = '\x33', bytes[at + 1] = '\x4f';  // 3e9
    writeFile(path("huge.gguf"), bytes);
    return path("huge.gguf");
  }
  /// Whether anything was measured, which is kept.
  bool isAnythingMeasured() const {
    return !QDir(path("cache/quantscope")).entryList({"*.divergences"}, QDir::Files).isEmpty();
  }

 private slots:
  void initTestCase() { qputenv("XDG_CACHE_HOME", path("cache").toUtf8()); }

  // First of all, while nothing was measured.
  void everythingIsCheckedBeforeAnythingIsComputed() {
    const QStringList usual = QStringList{"design", "demo", "--candidates", "int4", "--tensor", "blk.5.*"} + kText;
    const QStringList like = {"--like", "int4"}, out = {"-o", path("early.txt")};
    writeFile(path("blank.txt"), "\n");
    writeFile(path("text.txt"), QByteArray("A text that is read.\n").repeated(100));
    writeFile(path("other.txt"), "base = int8\n");
    const QList<QStringList> refused = {
        like + out + QStringList{"--check", path("nowhere.txt")},
        like + out + QStringList{"--check", path("blank.txt")},
        like + QStringList{"--check", path("text.txt"), "-o", path("text.txt")},
        like + QStringList{"-o", path("no-folder/recipe.txt")},
        like + QStringList{"-o", m_folder.path()},
        like + out + QStringList{"--from", path("other.txt")},
        like + out + QStringList{"--from", path("nowhere.txt")},
        out + QStringList{"--like", "q9_9"},
        out + QStringList{"--bytes", "1000"},
    };
    for (const QStringList& arguments : refused) {
      const Run result = run(usual + arguments);
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err), result.err.constData());
      QVERIFY(!isAnythingMeasured());
    }
    // A model without a calibration cannot have what looks at one.
    const Run uncalibrated =
        run(QStringList{"design", QString::fromStdString(app::builtInModelPath(app::kDemoName).string()),
                        "--candidates", "int4,gptq:bits=3", "--like", "int4"} +
            out + kText);
    QCOMPARE(uncalibrated.code, 1);
    QVERIFY2(isOneSentence(uncalibrated.err) && uncalibrated.err.contains("calibration"), uncalibrated.err.constData());
    QVERIFY(!isAnythingMeasured());
    QVERIFY(!QFile::exists(path("early.txt")));
    QVERIFY(contents(path("text.txt")).startsWith("A text"));
    // The bytes that would do are said exactly.
    const Json smallest = json({"quantize", "demo", "--scheme", "int4", "--dry-run"});
    const Run tooSmall =
        run(QStringList{"design", "demo", "--candidates", "int4,int6", "--bytes", "1000"} + out + kText);
    QVERIFY2(tooSmall.err.contains(" " + QByteArray::number(smallest["bytes"].get<qint64>()) + " bytes"),
             tooSmall.err.constData());
  }

  // Matrices of one size: a token takes the mean of the times under their candidates.
  void theFastestUnderAKl() {
    const QStringList command = QStringList{"design",   "demo",           "--candidates",   "int4,int8,kmeans4",
                                            "--tensor", "blk.5.ffn*",     "--rounds",       "1",
                                            "--check",  "calibration",    "--check-tokens", "400",
                                            "-o",       path("fast.txt"), "--fastest"} +
                                kText;
    const Json design = json(command + QStringList{"--kl", "1"});
    const Json& speeds = design["decode_tokens_per_s_of_candidates"];
    QCOMPARE(speeds.size(), std::size_t{3});
    double fastest = 0.0, seconds = 0.0;
    for (const Json& speed : speeds) fastest = std::max(fastest, speed.get<double>());
    QCOMPARE(design["choices"].size(), std::size_t{3});
    for (const Json& choice : design["choices"]) {
      const auto scheme = choice["scheme"].get<std::string>();
      const std::size_t candidate = scheme.starts_with("int4") ? 0 : scheme.starts_with("int8") ? 1 : 2;
      seconds += 1.0 / speeds[candidate].get<double>() / 3.0;
    }
    const double predicted = design["decode_tokens_per_s_predicted"].get<double>();
    QVERIFY(std::abs(predicted * seconds - 1.0) < 1e-5);  // times are whole picoseconds
    QVERIFY(std::abs(predicted / fastest - 1.0) < 1e-5);  // nothing is too bad under such a limit
    QVERIFY(design["decode_tokens_per_s"].get<double>() > 0);
    QCOMPARE(run(command + QStringList{"--like", "int4"}).code, 2);
  }

  void aCandidateThatOverflowsIsOutForItsTensor() {
    const std::string tensor = "blk.5.ffn_up.weight";
    const QString model = demoWithHugeWeight(tensor), out = path("huge.txt");
    const QStringList command = QStringList{"design",
                                            model,
                                            "--candidates",
                                            "fp16,q8_0,bf16",
                                            "--tensor",
                                            "blk.5.ffn*",
                                            "--bits-per-weight",
                                            "17",
                                            "--rounds",
                                            "1",
                                            "--check",
                                            "calibration",
                                            "--check-tokens",
                                            "400",
                                            "-o",
                                            out} +
                                kText;
    const Json design = json(command);
    QCOMPARE(design["excluded"].size(), std::size_t{1});
    QCOMPARE(design["excluded"][0]["tensor"], Json(tensor));
    QCOMPARE(design["excluded"][0]["scheme"], Json("fp16"));
    QVERIFY(design["excluded"][0]["why"].get<std::string>().ends_with('.'));
    for (const Json& choice : design["choices"])
      if (choice["tensor"] == tensor) QVERIFY(choice["scheme"] != Json("fp16"));
    QVERIFY(std::isfinite(design["kl"].get<double>()));
    QVERIFY(!contents(out).contains("blk\\.5\\.ffn_up\\.weight$ = fp16"));
    const Run said = run(command);
    QCOMPARE(said.code, 0);
    QVERIFY2(said.out.contains("cannot be fp16: "), said.out.constData());
    // Where nothing else may be chosen there is no recipe.
    QFile::remove(out);
    QStringList without = command;
    without[3] = QStringLiteral("fp16");
    const Run none = run(without);
    QCOMPARE(none.code, 1);
    QVERIFY2(none.err.contains(tensor.c_str()), none.err.constData());
    QVERIFY(!QFile::exists(out));
  }

  void aRivalThatComputesNothingSaysSo() {
    const QString model = demoWithHugeWeight("blk.5.ffn_up.weight");
    const Json design = json(QStringList{"design", model, "--candidates", "int4,bf16", "--tensor", "blk.4.ffn_up*",
                                         "--bits-per-weight", "17", "--rounds", "0", "--check", "calibration",
                                         "--check-tokens", "400", "-o", path("rival.txt")} +
                             kText);
    QVERIFY(std::isfinite(design["check"]["kl"].get<double>()));
    for (const Json& rival : design["check"]["compared"]) QCOMPARE(rival["problem"].is_null(), !rival["kl"].is_null());
  }

  void aDesignedRecipeHoldsItsBytes() {
    const QString out = path("recipe.txt");
    const Json design = json(QStringList{"design", "demo", "--candidates", "int2:range=minmax,int3,int4",
                                         "int6:group=64", "--like", "int4", "--tensor", "blk.5.*", "--rounds", "1",
                                         "--check", "calibration", "--check-tokens", "400", "-o", out} +
                             kText);
    QVERIFY(design["bytes"] <= design["most_bytes"]);
    QCOMPARE(design["choices"].size(), std::size_t{7});
    QVERIFY(design["measurements"] >= 29);  // seven tensors under four candidates, and the whole
    QCOMPARE(design["check"]["compared"][0]["recipe"], Json("int4"));
    QVERIFY(design["kl"].get<double>() <= design["kl_at_first"].get<double>());
    // On the same text it is measured alike, and is no worse than what it is compared with.
    QCOMPARE(design["check"]["kl"], design["kl"]);
    QVERIFY(design["check"]["compared"][0]["difference"].get<double>() <= 0.0);
    // What is not chosen for is as the recipe has it that bytes were taken from.
    const QByteArray text = contents(out);
    QVERIFY(text.startsWith("base = stored\n") && text.contains("^blk\\.0\\.attn_q\\.weight$ = int4\n"));
    const Json plan = json({"quantize", "demo", "--recipe", out, "--dry-run"});
    QCOMPARE(plan["bytes"], design["bytes"]);
    QVERIFY(plan["unused_rules"].empty());
    // It can be gone on from.
    const Json more = json(QStringList{"design", "demo", "--candidates", "int2:range=minmax,int3,int4", "int6:group=64",
                                       "--like", "int4", "--tensor", "blk.5.*", "--rounds", "0", "--from", out,
                                       "--check", "calibration", "--check-tokens", "400", "-o", path("more.txt")} +
                           kText);
    QCOMPARE(more["kl"], design["kl"]);
    QVERIFY(more["choices"][0]["kl_alone"].is_null());
    QCOMPARE(contents(path("more.txt")), text);
  }

  void theSmallestUnderAQuality() {
    const Json design =
        json(QStringList{"design", "demo", "--candidates", "int4,int6,int8", "--kl", "0.002", "--group-by", "role",
                         "--rounds", "1", "--check", "calibration", "--check-tokens", "400", "-o", path("small.txt")} +
             kText);
    QVERIFY(design["kl"].get<double>() <= 0.002);
    QVERIFY(design["most_bytes"].is_null());
    QCOMPARE(design["choices"].size(), std::size_t{7});
  }

  void wrongUsageIsSaid() {
    QCOMPARE(run({"design", "demo", "--candidates", "int4", "-o", path("x.txt")}).code, 2);
    for (const auto& [limit, value] : {std::pair{"--kl", "nan"},
                                       {"--bits-per-weight", "nan"},
                                       {"--bits-per-weight", "1e300"},
                                       {"--bytes", "-5"},
                                       {"--bytes", "0"},
                                       {"--bytes", "99999999999999999999"}})
      QCOMPARE(run({"design", "demo", "--candidates", "int4", limit, value, "-o", path("x.txt")}).code, 2);
    for (const QStringList& limit : {QStringList{"--bytes", "1000"}, QStringList{"--kl", "1e-9"}}) {
      const Run result =
          run(QStringList{"design", "demo", "--candidates", "int4", "--tensor", "blk.5.*", "-o", path("x.txt")} +
              limit + kText);
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) || result.err.contains("KL"), result.err.constData());
      QVERIFY(!QFile::exists(path("x.txt")));
    }
  }
};

QTEST_GUILESS_MAIN(TestCliDesign)
#include "tst_cli_design.moc"
