// `embed`: an encoder's embeddings under schemes; what other verbs say of an encoder, and `embed` of a decoder.
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

using namespace cli;

namespace {

const QString kBert = QStringLiteral(QS_TEST_DATA "/encoders/bert.gguf");
const QString kBertFolder = QStringLiteral(QS_TEST_DATA "/encoders/bert-folder");
const QStringList kTexts{"--text", "the cat sat on the mat", "--text", "a dog sat on a mat", "--text", "river bank"};

}  // namespace

class TestCliEmbed : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const char* name) const { return m_folder.filePath(QString::fromUtf8(name)); }

 private slots:
  void initTestCase() { qputenv("XDG_CACHE_HOME", path("cache").toUtf8()); }

  void cosinesUnderSchemes() {
    const QString file = path("embeddings.npy");
    const Json answer = json(QStringList{"embed", kBert} + kTexts +
                             QStringList{"--scheme", "int8", "--scheme", "int2", "--device", "cpu", "-o", file});
    QCOMPARE(answer["pooling"], Json("mean"));
    QCOMPARE(answer["width"], Json(24));
    QCOMPARE(answer["texts"][0]["tokens"], Json(8));
    const Json& rows = answer["rows"];
    QCOMPARE(rows.size(), std::size_t{3});
    QCOMPARE(rows[0]["least"], Json(1.0));
    const double int8 = rows[1]["least"], int2 = rows[2]["least"];
    QVERIFY(int8 < 1.0 && int8 > 0.999 && int2 < int8);
    for (const Json& row : rows) {
      QVERIFY(row["least"] <= row["mean"]);
      for (int a = 0; a < 3; ++a) {
        QVERIFY(std::abs(row["similarity"][a][a].get<double>() - 1) < 1e-6);
        QCOMPARE(row["similarity"][a][2], row["similarity"][2][a]);
      }
    }
    // [schemes, texts, width] of float32 behind a header of whole 64 bytes.
    QCOMPARE(contents(file).size() % 64, qint64{3 * 3 * 24 * 4 % 64});
    QVERIFY(contents(file).contains("(3, 3, 24)"));
  }

  // A folder and a file of the same model, the CPU and Vulkan.
  void formatsAndDevicesAgree() {
    const auto similarity = [&](const QString& model, const char* device) {
      return json(QStringList{"embed", model, "--device", device} + kTexts)["rows"][0]["similarity"][0][1]
          .get<double>();
    };
    const double cpu = similarity(kBert, "cpu");
    QVERIFY(cpu > 0.3 && cpu < 0.9999);
    QVERIFY(std::abs(similarity(kBertFolder, "cpu") - cpu) < 1e-6);
    QVERIFY(std::abs(similarity(kBert, "auto") - cpu) < 1e-5);
  }

  // Schemes that look at data read their text through the encoder.
  void schemesAreCalibrated() {
    QFile text(path("text.txt"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    for (int i = 0; i < 40; ++i) text.write("the cat sat on the mat a dog sat on a bank of money river cat dog\n");
    text.close();
    const QStringList reading{"--calibration", text.fileName(), "--calibration-tokens", "384", "--device", "cpu"};
    const Json rows = json(QStringList{"embed", kBert} + kTexts + reading +
                           QStringList{"--scheme", "int4:group=8", "--scheme", "int4:group=8,method=gptq", "--scheme",
                                       "int4:group=8,method=awq"})["rows"];
    QCOMPARE(rows.size(), std::size_t{4});
    for (const Json& row : rows) QVERIFY(!row.contains("failure"));
    QVERIFY(rows[2]["mean"] != rows[1]["mean"] && rows[3]["mean"] != rows[1]["mean"]);
  }

  void linesOfAFileAreTexts() {
    QFile text(path("lines.txt"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("the cat\r\n\na dog\nriver");
    text.close();
    const Json texts = json({"embed", kBert, "--file", text.fileName(), "--device", "cpu"})["texts"];
    QCOMPARE(texts.size(), std::size_t{3});
    QCOMPARE(texts[0]["text"], Json("the cat"));
    const Run people = run({"embed", kBert, "--file", text.fileName(), "--scheme", "int4", "--device", "cpu"});
    QVERIFY(people.code == 0 && people.out.contains("Cosine of each text and the first"));
  }

  void refusals_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QStringList& arguments, const char* says) {
      QTest::newRow(name) << arguments << QString(says);
    };
    row("no text", {"embed", kBert}, "--text");
    row("an empty text", {"embed", kBert, "--text", ""}, "empty");
    row("too long", {"embed", kBert, "--text", QString("cat ").repeated(100)}, "102 tokens");
    row("a decoder", {"embed", "demo", "--text", "cat"}, "encoders");
    row("no such file", {"embed", kBert, "--file", "/nowhere"}, "/nowhere");
    row("generate", {"generate", kBert, "--prompt", "cat"}, "is an encoder");
    row("logits", {"logits", kBert, "--tokens", "2,3"}, "is an encoder");
    row("perplexity", {"perplexity", kBert, "--text", "prose"}, "is an encoder");
    row("sensitivity", {"sensitivity", kBert, "--text", "prose", "--scheme", "int4"}, "is an encoder");
    row("bench", {"bench", kBert}, "is an encoder");
    row("plan", {"plan", kBert}, "is an encoder");
  }

  void refusals() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Run result = run(arguments);
    QVERIFY(result.code != 0);
    QVERIFY2(result.err.contains(says.toUtf8()) && isOneSentence(result.err), result.err);
  }

  // The file of texts is not what is written, and stays.
  void theFileOfTextsStays() {
    QFile text(path("own.txt"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("the cat");
    text.close();
    const Run result = run({"embed", kBert, "--file", text.fileName(), "-o", text.fileName(), "--device", "cpu"});
    QVERIFY2(result.code != 0 && isOneSentence(result.err), result.err);
    QCOMPARE(contents(text.fileName()), QByteArray("the cat"));
  }

  void inspectSaysWhatItCan() {
    const Json encoder = json({"inspect", kBert});
    QCOMPARE(encoder["can_embed"], Json(true));
    QCOMPARE(encoder["can_chat"], Json(false));
    QCOMPARE(json({"inspect", "demo"})["can_embed"], Json(false));
  }

  // A folder keeps how its rows are pooled, which stands in a folder inside.
  void quantizedFoldersArePooledAsBefore() {
    const QString from = path("first"), to = path("made");
    QVERIFY(QProcess::execute("cp", {"-r", kBertFolder, from}) == 0);
    QFile pooling(from + "/1_Pooling/config.json");
    QVERIFY(pooling.open(QIODevice::WriteOnly));
    pooling.write(R"({"pooling_mode_cls_token": true})");
    pooling.close();
    QCOMPARE(run({"quantize", from, "-o", to, "--layout", "plain", "--scheme", "fp32"}).code, 0);
    for (const QString& folder : {from, to})
      QCOMPARE(json({"embed", folder, "--text", "the cat", "--device", "cpu"})["pooling"], Json("first"));
  }

  // What is written under a scheme is an encoder still.
  void quantizedFilesAreEncoders() {
    const QString file = path("q8.gguf");
    QCOMPARE(run({"quantize", kBert, "-o", file, "--scheme", "fp16"}).code, 0);
    const Json row = json(QStringList{"embed", file, "--device", "cpu"} + kTexts)["rows"][0];
    const Json stored = json(QStringList{"embed", kBert, "--device", "cpu"} + kTexts)["rows"][0];
    QVERIFY(std::abs(row["similarity"][0][1].get<double>() - stored["similarity"][0][1].get<double>()) < 1e-3);
  }
};

QTEST_GUILESS_MAIN(TestCliEmbed)
#include "tst_cli_embed.moc"
