// plan on the command line.
#include <QtTest>

#include "cli_process.h"

using namespace cli;

class TestCliPlan : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void jsonHasTheKeysThatScriptsKnow() {
    const Json rows = json(
        {"plan", "demo", "--scheme", "q4_0", "--scheme", "nf4", "--context", "256", "--devices", "8GiB,Mine=4GB*0.5"});
    QCOMPARE(rows.size(), std::size_t{4});
    for (const Json& row : rows) {
      for (const char* key : {"device", "fits", "weights", "kv_cache", "compute", "total", "scheme", "context",
                              "kv_type", "longest_context", "left", "bits_per_weight", "types"})
        QVERIFY2(row.contains(key), key);
      QCOMPARE(row["total"].get<std::int64_t>(),
               row["weights"].get<std::int64_t>() + row["kv_cache"].get<std::int64_t>() +
                   row["compute"].get<std::int64_t>() + row["overhead"].get<std::int64_t>());
      QVERIFY(row["fits"].get<bool>());
      QCOMPARE(row["context"].get<int>(), 256);
    }
    QCOMPARE(rows[1]["device"].get<std::string>(), std::string("Mine"));
    QCOMPARE(rows[1]["capacity"].get<std::int64_t>(), std::int64_t{2'000'000'000});
  }

  void keysAndValuesGrowWithContextBatchAndType() {
    const auto kv = [](const QStringList& more) {
      return json(QStringList{"plan", "demo", "--devices", "8GiB", "--program", "llama.cpp"} + more)[0]["kv_cache"]
          .get<std::int64_t>();
    };
    const std::int64_t one = kv({"--context", "128"});
    QCOMPARE(kv({"--context", "512"}), 4 * one);
    QCOMPARE(kv({"--context", "128", "--batch", "3"}), 3 * one);
    QCOMPARE(kv({"--context", "128", "--kv-type", "f32"}), 2 * one);
    QCOMPARE(kv({"--context", "128", "--kv-type", "q8_0"}) * 64, 34 * one);
    QCOMPARE(kv({"--context", "128", "--kv-type", "q8_0/q4_0"}) * 64, (17 + 9) * one);
    QCOMPARE(kv({"--context", "128", "--kv-type", "f16/fp8"}) * 4, 3 * one);
  }

  void knownShapesAndParametersNeedNoFile() {
    const Json shape = json({"plan", "--shape", "llama-3.1-70b", "--scheme", "int4", "--devices", "80GB"})[0];
    QVERIFY(shape["fits"].get<bool>());
    QVERIFY(std::abs(shape["stored_bytes"].get<double>() / 42.7e9 - 1) < 0.01);
    const Json typed = json({"plan", "--parameters", "70B", "--scheme", "bf16", "--devices", "24GiB"})[0];
    QVERIFY(!typed["fits"].get<bool>());
    QCOMPARE(typed["weights"].get<std::int64_t>(), std::int64_t{140'000'000'000});
    // Fewer blocks than the model has are fewer with a window, too.
    const Json few = json({"plan", "--shape", "mistral-7b-v0.1", "--layers", "4", "--devices", "80GB"})[0];
    QVERIFY(few["attention"].get<std::string>().find("in 4 of 4") != std::string::npos);
    QVERIFY(typed["note"].get<std::string>().find("Llama 3.1 70B") != std::string::npos);
    const Json latent =
        json({"plan", "--parameters", "671B", "--scheme", "q4_0", "--devices", "640GB", "--layers", "61", "--latent",
              "512", "--rope-dims", "64", "--context", "1000", "--program", "llama.cpp"})[0];
    QCOMPARE(latent["kv_cache"].get<std::int64_t>(), std::int64_t{70'272'000});
    QVERIFY(latent["attention"].get<std::string>().starts_with("MLA"));
  }

  void adviceAndClaims() {
    const Json advice = json({"plan", "--shape", "llama-3.1-8b", "--advise", "quality", "--devices", "RTX 3080=10GiB"});
    QCOMPARE(advice.size(), std::size_t{1});
    QVERIFY(advice[0]["candidates"].size() >= 2);
    QVERIFY(!advice[0]["candidates"][0]["reasons"].empty());
    const Json claims = json({"plan", "--claims"});
    QVERIFY(claims.size() >= 20);
    for (const Json& claim : claims) QVERIFY(claim.contains("verdict") && claim["computed"].is_number());
    QVERIFY(run({"plan", "--claims"}).out.contains("70B in INT4"));
  }

  /// A published model with other keys and values: what was typed is what is counted, whoever runs it.
  void typedMeasuresChangeAShape() {
    const auto kv = [](const QStringList& more) {
      return json(QStringList{"plan", "--shape", "llama-2-7b", "--devices", "80GB", "--context", "1000"} + more)[0];
    };
    // Llama 2 7B: 32 blocks, 32 heads of 128 values; keys and values of two bytes.
    QCOMPARE(kv({"--kv-heads", "8", "--program", "llama.cpp"})["kv_cache"].get<std::int64_t>(),
             std::int64_t{32} * 8 * 128 * 2 * 2 * 1000);
    const Json typed = kv({"--kv-heads", "8"});
    QCOMPARE(typed["kv_cache"].get<std::int64_t>(), std::int64_t{32} * 8 * 128 * 2 * 2 * 1000);
    // Fewer blocks than the model has are fewer with a window, too.
    const Json few = json({"plan", "--shape", "mistral-7b-v0.1", "--layers", "4", "--devices", "80GB"})[0];
    QVERIFY(few["attention"].get<std::string>().find("in 4 of 4") != std::string::npos);
    QVERIFY(typed["note"].get<std::string>().find("typed") != std::string::npos);
    QVERIFY(kv({})["kv_cache"].get<std::int64_t>() >= 4 * typed["kv_cache"].get<std::int64_t>());
  }

  void whatIsWrongIsSaid_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    QTest::newRow("nothing") << QStringList{} << 2 << "one of MODEL";
    QTest::newRow("two") << QStringList{"demo", "--shape", "llama-2-7b"} << 2 << "one of MODEL";
    QTest::newRow("shape") << QStringList{"--shape", "gpt-9"} << 1 << "llama-3.1-70b";
    QTest::newRow("size") << QStringList{"demo", "--devices", "24 pears"} << 1 << "24GiB";
    QTest::newRow("type") << QStringList{"demo", "--kv-type", "f8"} << 1 << "int8";
    QTest::newRow("parameters") << QStringList{"--parameters", "many"} << 1 << "70B";
    QTest::newRow("parameters in another base") << QStringList{"--parameters", "0x10B"} << 1 << "70B";
    QTest::newRow("no parameters") << QStringList{"--parameters", ""} << 2 << "--parameters";
    QTest::newRow("more keys than queries")
        << QStringList{"--parameters", "7B", "--heads", "4", "--kv-heads", "8"} << 1 << "8 heads of keys";
    QTest::newRow("more windows than blocks")
        << QStringList{"--parameters", "7B", "--layers", "4", "--window", "5", "--window-layers", "9"} << 1
        << "9 blocks";
    QTest::newRow("context") << QStringList{"demo", "--context", "0"} << 2 << "context";
    QTest::newRow("measure of a file") << QStringList{"demo", "--layers", "3"} << 2 << "--layers has no effect";
    QTest::newRow("calibration") << QStringList{"demo", "--scheme", "int4", "--calibration", "demo"} << 2
                                 << "--calibration has no effect";
    QTest::newRow("matrix") << QStringList{"--shape", "llama-2-7b", "--imatrix", "m.gguf"} << 2
                            << "--imatrix has no effect";
    QTest::newRow("claims of a model") << QStringList{"demo", "--claims"} << 2 << "MODEL has no effect";
    QTest::newRow("claims and context") << QStringList{"--claims", "--context", "9"} << 2 << "--context has no effect";
    QTest::newRow("window's layers") << QStringList{"--parameters", "7B", "--window-layers", "3"} << 2 << "--window";
    QTest::newRow("rotated values") << QStringList{"--parameters", "7B", "--rope-dims", "3"} << 2 << "--latent";
    QTest::newRow("heads and a vector for all")
        << QStringList{"--parameters", "7B", "--latent", "512", "--kv-heads", "8"} << 2 << "--kv-heads";
    QTest::newRow("another model's weights")
        << QStringList{"--shape", "llama-2-7b", "--recipe", "model:demo"} << 1 << "measures of its own";
  }
  void whatIsWrongIsSaid() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, says);
    const Run result = run(QStringList{"plan"} + arguments);
    QCOMPARE(result.code, code);
    QVERIFY2(result.err.contains(says.toUtf8()), result.err.constData());
    QVERIFY(result.out.isEmpty());
  }

  void peopleReadATable() {
    const Run result = run({"plan", "demo", "--scheme", "nf4", "--devices", "1GiB"});
    QVERIFY2(result.code == 0, result.err.constData());
    for (const char* word : {"longest context", "KV cache", "1 GiB", "bits/weight"}) QVERIFY(result.out.contains(word));
  }
};

QTEST_GUILESS_MAIN(TestCliPlan)
#include "tst_cli_plan.moc"
