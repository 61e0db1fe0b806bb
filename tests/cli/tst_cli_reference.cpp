// A second model beside the first on the command line: error --reference, and model:PATH wherever a recipe is named.
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>

#include "cli_process.h"

using namespace cli;

class TestCliReference : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_packed;

  QStringList error(const QStringList& more) const {
    return QStringList{QStringLiteral("error"), m_packed, QStringLiteral("--reference"), kModel} + more;
  }
  QString asRecipe() const { return QStringLiteral("model:") + m_packed; }

 private Q_SLOTS:
  void initTestCase() {
    m_packed = m_folder.filePath(QStringLiteral("packed.gguf"));
    QCOMPARE(run({"quantize", kModel, "--scheme", "q4_0", "-o", m_packed}).code, 0);
  }

  // What the file has is what its scheme makes of the original: the same figures from both.
  void everyWeightOfThePackedModelIsMeasuredAgainstTheOriginal() {
    const Json rows = json(error({}));
    const Json made = json({"error", kModel, "--scheme", "q4_0"});
    QVERIFY(!rows.empty() && rows.size() == made.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      QCOMPARE(rows[i]["tensor"], made[i]["tensor"]);
      QCOMPARE(rows[i]["scheme"], Json("q4_0"));
      for (const char* key :
           {"mse", "sqnr_db", "relative_error", "cosine", "max_abs_error", "bytes", "bits_per_weight"})
        QVERIFY2(rows[i][key] == made[i][key], key);
    }
    // Norms and the embedding are the same in both, and are said to be.
    const Json& kept = rows[0]["kept"];
    QVERIFY(std::any_of(kept.begin(), kept.end(), [](const Json& row) { return row["reason"] == "the same in both"; }));
  }

  // An empty name is no wish to go without a reference.
  void aReferenceHasAName() { QCOMPARE(run({"error", kModel, "--reference", ""}).code, 2); }

  // The scales of a packed reference belong to its weights, which are measured: the other need not have them.
  void piecesOfAPackedReferenceAreNotMissing() {
    const QString folder = m_folder.filePath(QStringLiteral("folder"));
    QCOMPARE(run({"quantize", kModel, "--scheme", "nf4", "--layout", "bitsandbytes", "-o", folder}).code, 0);
    const Json all = json({"error", kModel, "--reference", folder, "--summary"});
    std::size_t pieces = 0;
    for (const Json& row : all["kept"]) {
      QVERIFY2(row["reason"].get<std::string>().find("no such tensor") == std::string::npos,
               row["tensor"].get<std::string>().c_str());
      if (row["reason"] == "a piece of packed codes") ++pieces;
    }
    QVERIFY(pieces > 0);
    // Nor do they count as tensors that stay when the packed model is written anew.
    const std::size_t tensors = json({"inspect", kModel})["tensors"].size();
    const auto written =
        run({"quantize", folder, "--scheme", "bf16", "-o", m_folder.filePath(QStringLiteral("anew.gguf"))});
    QCOMPARE(written.code, 0);
    QVERIFY2(written.out.contains(QStringLiteral(" of %1 tensors ").arg(tensors).toUtf8()), written.out.constData());
  }

  void theReferenceIsAlsoMeasuredUnderOtherSchemes() {
    const Json all = json(error({"--scheme", "int8", "--summary"}));
    QCOMPARE(all["totals"].size(), std::size_t{2});
    QCOMPARE(all["totals"][1]["scheme"], Json("int8"));
    QVERIFY(all["totals"][0]["mean"].get<double>() < all["totals"][1]["mean"].get<double>());  // SQNR: more is better
  }

  void tensorsAreChosenByTheNamesOfTheModel() {
    const Json rows = json(error({"--tensor", "blk.0.attn_q*"}));
    QCOMPARE(rows.size(), std::size_t{1});
    QCOMPARE(run(error({"--tensor", "nothing*"})).code, 1);
  }

  // The logits of the packed file, computed by itself and as a recipe of the original.
  void itRunsAsARecipeOfTheOriginal() {
    const QStringList tokens{"--tokens", "1,2,3,4", "--device", "cpu"};
    const auto itself = json(QStringList{"logits", m_packed} + tokens);
    const auto asItsOriginal = json(QStringList{"logits", kModel, "--recipe", asRecipe()} + tokens);
    const auto original = json(QStringList{"logits", kModel} + tokens);
    QCOMPARE(asItsOriginal["last_token_top"], itself["last_token_top"]);
    QVERIFY(asItsOriginal["last_token_top"] != original["last_token_top"]);
    QCOMPARE(json(QStringList{"logits", kModel, "--scheme", asRecipe()} + tokens), asItsOriginal);
  }

  void dumpAndErrorTakeItAsARecipeToo() {
    const QString tensor = QStringLiteral("blk.0.ffn_up.weight");
    const QString a = m_folder.filePath("a.npy"), b = m_folder.filePath("b.npy");
    QCOMPARE(run({"dump", m_packed, "--tensor", tensor, "-o", a}).code, 0);
    QCOMPARE(run({"dump", kModel, "--tensor", tensor, "--recipe", asRecipe(), "-o", b}).code, 0);
    QCOMPARE(contents(a), contents(b));
    const Json rows = json({"error", kModel, "--recipe", asRecipe(), "--tensor", tensor});
    QCOMPARE(rows.size(), std::size_t{1});
    QCOMPARE(rows[0]["recipe"], Json(asRecipe().toStdString()));
  }

  void whatCannotBeIsOneSentence() {
    const Run missing = run({"error", kModel, "--recipe", "model:nowhere.gguf"});
    QCOMPARE(missing.code, 1);
    QVERIFY2(isOneSentence(missing.err), missing.err);
    const Run demo = run({"error", m_packed, "--reference", "demo"});
    QCOMPARE(demo.code, 1);
    QVERIFY2(isOneSentence(demo.err) && demo.err.contains("cannot be compared"), demo.err);
    const Run logits = run({"logits", "demo", "--recipe", asRecipe(), "--tokens", "1,2"});
    QCOMPARE(logits.code, 1);
    QVERIFY2(isOneSentence(logits.err) && logits.err.contains("cannot be compared"), logits.err);
    // It is a file already: writing it again is copying.
    const QString out = m_folder.filePath("again.gguf");
    const Run again = run({"quantize", kModel, "--recipe", asRecipe(), "-o", out});
    QCOMPARE(again.code, 1);
    QVERIFY2(isOneSentence(again.err) && again.err.contains("can be copied"), again.err);
    QVERIFY(!QFile::exists(out));
  }
};

QTEST_GUILESS_MAIN(TestCliReference)
#include "tst_cli_reference.moc"
