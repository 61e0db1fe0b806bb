// `calibrate`, and --calibration and --imatrix of the verbs that make schemes.
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

using namespace cli;

namespace {

const QString kTensor = QStringLiteral("blk.2.ffn_down.weight");

}  // namespace

class TestCliCalibrate : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_matrix;

  QString path(const char* name) const { return m_folder.filePath(QString::fromUtf8(name)); }
  QString text(const char* name, const QByteArray& bytes) const {
    writeFile(path(name), bytes);
    return path(name);
  }
  QByteArray dumped(const QStringList& how) const {
    const Run result = run(QStringList{"dump", "demo", "--tensor", kTensor, "-o", path("dump.npy")} + how);
    if (result.code != 0) throw std::runtime_error(result.err.toStdString());
    return contents(path("dump.npy"));
  }
  QStringList keptFiles() const {
    return QDir(m_folder.filePath(QStringLiteral("cache/quantscope"))).entryList(QDir::Files);
  }

 private slots:
  void initTestCase() {
    qputenv("XDG_CACHE_HOME", path("cache").toUtf8());
    m_matrix = path("matrix.gguf");
    const Json answer = json({"calibrate", "demo", "--tokens", "1024", "--context", "256", "-o", m_matrix});
    QCOMPARE(answer["text"], Json("demo text"));
    QCOMPARE(answer["tokens"], Json(1024));
    QCOMPARE(answer["context"], Json(256));
    QCOMPARE(answer["chunks"], Json(4));
    QCOMPARE(answer["weights"], Json(42));
  }

  void theFileIsAnImportanceMatrix() {
    const Json file = json({"inspect", m_matrix});
    QCOMPARE(file["metadata"]["general.type"], Json("imatrix"));
    QCOMPARE(file["metadata"]["imatrix.chunk_count"], Json(4));
    QCOMPARE(file["metadata"]["imatrix.chunk_size"], Json(256));
    QCOMPARE(file["tensors"].size(), std::size_t{84});
    QVERIFY(contents(m_matrix).contains("blk.5.ffn_down.weight.in_sum2"));
  }

  // What was read once is taken from the cache, whole or not, and damage there changes nothing.
  void whatWasReadIsKept() {
    const QStringList kept = keptFiles();
    QCOMPARE(kept.size(), 1);
    const QStringList again{"calibrate", "demo", "--tokens", "1024", "--context", "256", "-o", path("again.gguf")};
    QCOMPARE(run(again).code, 0);
    QCOMPARE(contents(path("again.gguf")), contents(m_matrix));
    const QString file = m_folder.filePath("cache/quantscope/" + kept.front());
    QByteArray bytes = contents(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    writeFile(file, bytes);
    QCOMPARE(run(again).code, 0);
    QCOMPARE(contents(path("again.gguf")), contents(m_matrix));
    // Another text, another amount, another model: other files.
    for (const QStringList& other : {QStringList{"demo", "--tokens", "512"},
                                     {"demo", "--text", "prose", "--tokens", "512"},
                                     {"demo-smooth", "--tokens", "512"}})
      QCOMPARE(run(QStringList{"calibrate"} + other + QStringList{"-o", path("other.gguf")}).code, 0);
    QCOMPARE(keptFiles().size(), 4);
  }

  void badTextsAreASentence_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    QTest::newRow("empty") << "empty.txt" << QByteArray() << "found an empty file";
    QTest::newRow("short") << "short.txt" << QByteArray("A short text.") << "fewer than the context of 512";
    QTest::newRow("binary") << "binary.txt" << QByteArray("abc\0\1\2", 6) << "byte 3 is 0x00";
    QTest::newRow("line") << "chats.jsonl" << QByteArray("{\"text\": \"a\"}\n{\"x\": 1}\n") << "line 2";
  }
  void badTextsAreASentence() {
    QFETCH(QString, name);
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    const QString file = text(qPrintable(name), bytes);
    for (const QStringList& verb : {QStringList{"calibrate", "demo", "-o", path("none.gguf"), "--text", file},
                                    {"error", "demo", "--scheme", "q4_k:method=imatrix", "--calibration", file}}) {
      const Run result = run(verb);
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains(words.toUtf8()), result.err.constData());
      QVERIFY(result.out.isEmpty());
    }
    QVERIFY(!QFile::exists(path("none.gguf")));
  }

  void otherRefusals() {
    const auto sentence = [](const QStringList& arguments) {
      const Run result = run(arguments);
      return result.code == 1 && isOneSentence(result.err) ? QString::fromUtf8(result.err)
                                                           : QString::number(result.code);
    };
    QVERIFY(QFile::copy(QStringLiteral(QS_SOURCE_DIR "/resources/models/demo.gguf"), path("model.gguf")));
    QVERIFY(sentence({"calibrate", path("model.gguf"), "-o", path("a.gguf")}).contains("--text names one"));
    QVERIFY(sentence({"calibrate", "demo", "-o", path("a.bin")}).contains(".gguf or a .dat"));
    const QString prose = text("prose.dat", QByteArray(4000, 'a'));
    QVERIFY(sentence({"calibrate", "demo", "--text", prose, "-o", prose}).contains("the calibration text"));
    QCOMPARE(contents(prose).size(), 4000);
    QVERIFY(sentence({"error", path("model.gguf"), "--scheme", "q4_k:method=imatrix"}).contains("importance matrix"));
    QVERIFY(sentence({"error", "demo", "--scheme", "int8:method=smooth", "--imatrix", m_matrix})
                .contains("needs a calibration text"));
    QVERIFY(sentence({"error", "demo", "--imatrix", path("model.gguf")}).contains("without tensors NAME.in_sum2"));
    QCOMPARE(run({"error", "demo", "--imatrix", m_matrix, "--calibration", "demo"}).code, 2);
  }

  // What a script hands on when it has found nothing, and what no seed is, is not taken for an option that was not
  // given.
  void emptyValuesAndSeedsAreRefused() {
    const QStringList dump{"dump", "demo", "--tensor", kTensor, "-o", path("none.npy"), "--scheme", "gptq"};
    for (const QStringList& more : {QStringList{"--calibration", ""},
                                    {"--imatrix", ""},
                                    {"--calibration", "demo", "--calibration-seed", "-1"},
                                    {"--calibration", "demo", "--calibration-seed", "18446744073709551616"}})
      QCOMPARE(run(dump + more).code, 2);
    QCOMPARE(run({"calibrate", "demo", "--text", "", "-o", path("none.gguf")}).code, 2);
    QCOMPARE(run({"calibrate", "demo", "--seed", "-1", "-o", path("none.gguf")}).code, 2);
    QVERIFY(!QFile::exists(path("none.npy")) && !QFile::exists(path("none.gguf")));
  }

  void anotherModelsMatrixIsRefused() {
    QByteArray older(4, 0);  // one entry of one call and one value
    older[0] = 1;
    older += QByteArray("\x03\0\0\0foo\x01\0\0\0\x01\0\0\0\0\0\x80\x3F", 19);
    const QString other = text("other.dat", older);
    for (const QStringList& verb : {QStringList{"error", "demo", "--scheme", "q4_k"},
                                    {"quantize", "demo", "--recipe", "Q4_K_M", "-o", path("none.gguf")},
                                    {"quantize", "demo", "--recipe", "Q4_K_M", "--dry-run"},
                                    {"logits", "demo", "--tokens", "1", "--scheme", "q4_k", "--device", "cpu"}}) {
      const Run result = run(verb + QStringList{"--imatrix", other});
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("of another model"), result.err.constData());
    }
  }

  // A plan refuses what its execution would.
  void dryRunsCheckWhatTheyAreGiven() {
    const QStringList plan{"quantize", "demo", "--scheme", "q4_0:method=gptq", "--dry-run"};
    const auto sentence = [&](const QStringList& more) {
      const Run result = run(plan + more);
      return result.code == 1 && isOneSentence(result.err) ? result.err : QByteArray::number(result.code);
    };
    QVERIFY(sentence({"--calibration", path("none.txt")}).contains("Could not open"));
    QVERIFY(
        sentence({"--calibration", "demo", "--calibration-context", "513"}).contains("does not fit the model's 512"));
    QVERIFY(sentence({"--imatrix", m_matrix}).contains("needs a calibration text"));
    QCOMPARE(run(plan + QStringList{"--calibration", "prose"}).code, 0);
  }

  // The demo model has a text of its own, as in the window; a scheme that reads none does not name one.
  void theDemoReadsItsOwnText() {
    const auto errorOf = [](const QStringList& more) {
      return json(QStringList{"error", "demo", "--scheme", "gptq", "--tensor", kTensor} + more)[0]["sqnr_db"]
          .get<double>();
    };
    QCOMPARE(errorOf({}), errorOf({"--calibration", "demo"}));
    QVERIFY(json({"error", "demo", "--metric", "output", "--scheme", "int4", "--tensor", kTensor})[0]["output_error"] >
            0.0);
  }

  // A scheme says that it wants importance, or a matrix says so for all of them: the same weights.
  void everyVerbTakesThem() {
    const QStringList tensor{"--tensor", kTensor}, matrix{"--imatrix", m_matrix}, scheme{"--scheme", "q4_k"},
        weighted{"--scheme", "q4_k:method=imatrix"};
    const QByteArray plain = dumped(scheme), byMatrix = dumped(scheme + matrix);
    QVERIFY(plain != byMatrix);
    QCOMPARE(dumped(weighted + matrix), byMatrix);
    QCOMPARE(dumped(QStringList{"--recipe", "Q4_K_S"} + matrix) == plain, false);
    QVERIFY(dumped(weighted) != plain);  // by the built-in text
    QVERIFY(dumped(weighted) != byMatrix);
    const QStringList amount{"--calibration", "demo", "--calibration-tokens", "1024", "--calibration-context", "256"};
    const QByteArray byText = dumped(weighted + amount);
    QVERIFY(dumped(weighted + QStringList{"--calibration", "prose"}) != byText);

    const Json rows = json(QStringList{"error", "demo"} + tensor + scheme + matrix);
    QCOMPARE(rows[0]["scheme"], Json("q4_k:method=imatrix"));
    QCOMPARE(rows[0]["recipe"], Json("q4_k with matrix.gguf"));
    bool isUsualWeighted = false;  // as well where no scheme is named
    for (const Json& row : json(QStringList{"error", "demo"} + tensor + matrix))
      isUsualWeighted =
          isUsualWeighted || QByteArray::fromStdString(row["scheme"].get<std::string>()).contains("method=imatrix");
    QVERIFY(isUsualWeighted);
    QCOMPARE(rows[0]["mse"], json(QStringList{"error", "demo"} + tensor + weighted + matrix)[0]["mse"]);
    const Json block =
        json(QStringList{"quantize", "demo"} + scheme + matrix + QStringList{"--explain", kTensor + ":0:0"});
    QCOMPARE(block["scheme"], Json("q4_k:method=imatrix"));
    const QStringList cpu{"--device", "cpu"};
    const auto top = [&](const QStringList& how) {
      return json(QStringList{"logits", "demo", "--tokens", "1,5,9"} + cpu + how)["last_token_top"];
    };
    QVERIFY(top(scheme + matrix) != top(scheme));
    QCOMPARE(top(scheme + matrix), top(weighted + matrix));
    QCOMPARE(
        json(QStringList{"generate", "demo", "--prompt", "Hi", "--max-tokens", "2"} + cpu + scheme + matrix)["scheme"],
        Json("q4_k with matrix.gguf"));
    QCOMPARE(json(QStringList{"bench", "demo", "-p", "2", "-n", "2", "-r", "1"} + cpu + scheme + matrix)["scheme"],
             Json("q4_k with matrix.gguf"));
  }

  void recipesSayWhatTheMatrixLacks() {
    const Json plan = json({"quantize", "demo", "--recipe", "Q4_K_M", "--imatrix", m_matrix, "--dry-run"});
    std::size_t lacking = 0;
    for (const Json& row : plan["tensors"]) {
      if (!row.contains("fallback")) continue;
      QCOMPARE(row["tensor"], Json("token_embd.weight"));
      QCOMPARE(row["fallback"], Json("matrix.gguf has nothing on it: without importance"));
      ++lacking;
    }
    QCOMPARE(lacking, std::size_t{1});
    // A type that cannot use importance is made without a word.
    QCOMPARE(json({"quantize", "demo", "--recipe", "Q8_0", "--imatrix", m_matrix, "--dry-run"})["fallbacks"], Json(0));
  }

  void quantizedFilesSayWhatTheyWereMadeWith() {
    const QString older = path("matrix.dat");
    QCOMPARE(run({"calibrate", "demo", "--tokens", "1024", "--context", "256", "-o", older}).code, 0);
    for (const QString& matrix : {m_matrix, older}) {
      QCOMPARE(run({"quantize", "demo", "--recipe", "IQ3_XXS", "--imatrix", matrix, "-o", path("q.gguf")}).code, 0);
      const Json metadata = json({"inspect", path("q.gguf")})["metadata"];
      QCOMPARE(metadata["quantize.imatrix.file"], Json(QFileInfo(matrix).fileName().toStdString()));
      QCOMPARE(metadata["quantize.imatrix.dataset"], Json("demo text"));
      QCOMPARE(metadata["quantize.imatrix.entries_count"], Json(42));
      QCOMPARE(metadata["quantize.imatrix.chunks_count"], Json(4));
    }
    // What a file is made with is not written over.
    const QString words = text("words.gguf", QByteArray(4000, 'a'));
    for (const QStringList& with : {QStringList{"--imatrix", m_matrix}, QStringList{"--calibration", words}}) {
      const QByteArray before = contents(with[1]);
      const Run over = run(QStringList{"quantize", "demo", "--scheme", "q4_0", "-o", with[1]} + with);
      QCOMPARE(over.code, 1);
      QVERIFY2(isOneSentence(over.err) && over.err.contains("which is being read"), over.err.constData());
      QCOMPARE(contents(with[1]), before);
    }
    // No file has a place for factors of the inputs.
    const Run refused = run({"quantize", "demo", "--scheme", "nf4:method=awq", "-o", path("q.safetensors")});
    QCOMPARE(refused.code, 1);
    QVERIFY2(refused.err.contains("inputs divided by factors, which a safetensors file has no place for"),
             refused.err.constData());
  }
};

QTEST_GUILESS_MAIN(TestCliCalibrate)
#include "tst_cli_calibrate.moc"
