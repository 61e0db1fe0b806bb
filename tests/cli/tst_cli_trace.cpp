// quantscope-cli trace: the chain from a word to its weights for scripts and for people, as a file, and what it
// refuses.
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

using namespace cli;

namespace {

QStringList trace(const QStringList& more) {
  return QStringList{"trace", "demo", "--device", "cpu", "--prompt", "Why are outliers a problem?"} + more;
}

}  // namespace

class TestCliTrace : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void givesTheChainAsJson() {
    const Json found = json(trace({"--scheme", "int4:group=row"}));
    QCOMPARE(found["position"], Json(5));
    QCOMPARE(found["reference_text"], Json(" far"));
    QCOMPARE(found["compared_text"], Json(" close"));
    QVERIFY(found["logit_difference"][0].get<double>() > 0 && found["logit_difference"][1].get<double>() < 0);
    QCOMPARE(found["depth"].size(), std::size_t{13});
    QCOMPARE(found["layers"].size(), std::size_t{6});
    for (const char* key : {"tensor", "contribution", "restores"}) QVERIFY(found["tensors"][0].contains(key));
    const Json& proof = found["proof"];
    QVERIFY(!proof["weights"].empty() && proof["weights"].size() <= 3 && proof["weights"][0].size() == 3);
    QCOMPARE(proof["decisions"].size(), proof["weights"].size());
    for (const Json& weight : proof["decisions"]) {
      QVERIFY(weight["reference"] != weight["decoded"] && weight["code"].is_number());
      QVERIFY(weight["decision"] != "exact");
    }
    QVERIFY(!proof["blocks"].empty() && proof["blocks"].size() <= 2);
    QCOMPARE(proof["random_sets_that_restore"], Json(0));
    QVERIFY(proof["weight_set"]["confirmed"]["restores"].get<bool>());
    QCOMPARE(found["model_hash"].get<std::string>().size(), std::size_t{16});
    QVERIFY(found.contains("remainder") && found.contains("activation_terms"));
    // The same again, but for the times.
    Json again = json(trace({"--scheme", "int4:group=row"}));
    again["seconds"] = found["seconds"];
    QVERIFY(again == found);
  }

  void saysItInSentences() {
    const Run found = run(trace({"--scheme", "int4:group=row"}));
    QCOMPARE(found.code, 0);
    for (const char* part : {"“ far” becomes “ close”", "Depth", "Layers", "Tensors", "Contributions:",
                             "of 4,718,592 weights alone brings “ far” back; of 10 random sets of that size none does"})
      QVERIFY2(found.out.contains(part), part);
    const Run same = run(trace({"--scheme", "q8_0"}));
    QCOMPARE(same.code, 0);
    QVERIFY(same.out.contains("say the same"));
  }

  void writesFiles() {
    const QString page = m_folder.filePath("trace.html"), kept = m_folder.filePath("trace.json");
    QCOMPARE(run(trace({"--scheme", "int4:group=row", "-o", page})).code, 0);
    QVERIFY(contents(page).startsWith("<!DOCTYPE html>") && contents(page).contains("prefers-color-scheme"));
    QCOMPARE(run(trace({"--scheme", "int4:group=row", "-o", kept})).code, 0);
    QCOMPARE(Json::parse(contents(kept).toStdString())["position"], Json(5));
  }

  void tracesAnotherModelAndAnyToken() {
    const QString packed = m_folder.filePath("packed.gguf");
    QCOMPARE(run({"quantize", "demo", "--scheme", "q2_k", "-o", packed}).code, 0);
    const Json found = json(trace({"--variant", "model:" + packed + "@cpu", "--token", "2"}));
    QCOMPARE(found["position"], Json(2));
    QVERIFY(found["differing_weights"].get<std::uint64_t>() > 4'000'000);
    QVERIFY(found["compared"].get<std::string>().starts_with("model:"));
  }

  void refuses() {
    QCOMPARE(run(trace({})).code, 1);  // nothing to compare
    QVERIFY(run(trace({})).err.contains("something to compare"));
    QCOMPARE(run(trace({"--scheme", "int3", "--token", "3000"})).code, 1);
    QCOMPARE(run(trace({"--scheme", "int3", "--variant", "nf4"})).code, 2);
    QCOMPARE(run(trace({"--scheme", "int3", "--seed", "-1"})).code, 2);
    QCOMPARE(run(trace({"--scheme", "int3", "--token", "-1"})).code, 2);
    QCOMPARE(run(trace({"--scheme", "int3", "--raw", "--system", "x"})).code, 1);
    QCOMPARE(run({"trace", "demo", "--scheme", "int3"}).code, 2);
    QVERIFY(!QFile::exists(m_folder.filePath("none.html")));
    QCOMPARE(run(trace({"--scheme", "int3", "--token", "3000", "-o", m_folder.filePath("none.html")})).code, 1);
    QVERIFY(!QFile::exists(m_folder.filePath("none.html")));
    QCOMPARE(run(trace({"--scheme", "int3", "-o", ""})).code, 2);
  }

  void writesOverNothingThatItReads() {
    const QString recipe = m_folder.filePath("my.recipe"), model = m_folder.filePath("my.gguf");
    writeFile(recipe, "base = int3\n");
    QVERIFY(QFile::copy(QStringLiteral(QS_SOURCE_DIR "/resources/models/demo.gguf"), model));
    const QByteArray before = contents(model);
    const auto refused = [](const QStringList& arguments) {
      const Run result = run(arguments);
      return result.code == 1 && isOneSentence(result.err) && result.err.contains("being read") && result.out.isEmpty();
    };
    const QStringList command{"trace", model, "--prompt", "Hi", "--max-tokens", "2", "--device", "cpu"};
    QVERIFY(refused(command + QStringList{"--scheme", "int3", "-o", model}));
    QVERIFY(refused(command + QStringList{"--recipe", recipe, "-o", recipe}));
    QVERIFY(QFile::link(model, m_folder.filePath("link.json")));
    QVERIFY(refused(command + QStringList{"--scheme", "int3", "-o", m_folder.filePath("link.json")}));
    QCOMPARE(contents(recipe), QByteArray("base = int3\n"));
    QVERIFY(contents(model) == before);
  }
};

QTEST_GUILESS_MAIN(TestCliTrace)
#include "tst_cli_trace.moc"
