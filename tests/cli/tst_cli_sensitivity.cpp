// `sensitivity` and the layers' outputs of `error`: what they answer and what they keep.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "cli_process.h"

using namespace cli;

namespace {

const QStringList kText = {"--text", "calibration", "--tokens", "400", "--device", "cpu"};

}  // namespace

class TestCliSensitivity : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const char* name) const { return m_folder.filePath(QString::fromUtf8(name)); }

 private slots:
  void initTestCase() { qputenv("XDG_CACHE_HOME", path("cache").toUtf8()); }

  void tensorsAreSwappedAndRestored() {
    const QStringList command =
        QStringList{"sensitivity", "demo", "--scheme", "int4", "--tensor", "blk.5.*", "--direction", "both"} + kText;
    QStringList asked = command;
    const Json rows = json(asked);
    QCOMPARE(rows.size(), std::size_t{14});
    QCOMPARE(rows[0]["tensor"], Json("blk.5.ffn_down.weight"));
    QCOMPARE(rows[0]["direction"], Json("swap"));
    QCOMPARE(rows[7]["direction"], Json("restore"));
    QCOMPARE(rows[0]["scheme"], Json("int4"));
    for (const Json& row : rows) {
      QVERIFY(row["kl"].get<double>() > 0.0 && row["kl_error"].get<double>() > 0.0);
      QVERIFY(row["weight_error"].get<double>() > 0.05 && row["output_error"].get<double>() > 0.05);
      QCOMPARE(row["output_error_of_inputs"], Json(0.0));
      const double estimate = row["gradient_estimate"];
      QVERIFY(estimate > 0.0 && estimate < 1e-2);
    }
    QCOMPARE(rows[0]["output_tokens"], Json(256));  // of 400, in whole windows
    // Every position counts where it is asked for.
    QStringList all = asked;
    all[5] = QStringLiteral("blk.5.attn_q*");
    QVERIFY(json(all + QStringList{"--all-positions"})[0]["scored"] > rows[0]["scored"]);
    const double whole = rows[0]["recipe_kl"];
    QVERIFY(std::abs(rows[7]["kl"].get<double>() + rows[7]["kl_change"].get<double>() - whole) < 1e-12);
    for (const char* proxy : {"weight_error", "output_error", "gradient_estimate"})
      QVERIFY(rows[0]["rank_correlation"][proxy]["tensors"] == 7);
    // No tensor has such a name.
    asked[5] = QStringLiteral("nobody");
    const Run none = run(asked);
    QCOMPARE(none.code, 1);
    QVERIFY(isOneSentence(none.err));
  }

  void whatWasMeasuredIsKept() {
    qputenv("XDG_CACHE_HOME", path("own").toUtf8());
    const QStringList command = QStringList{"sensitivity", "demo", "--scheme", "int3", "--tensor", "blk.4.*"} + kText;
    const Json first = json(command);
    const QDir folder(m_folder.filePath(QStringLiteral("own/quantscope")));
    const QStringList kept = folder.entryList({"*.divergences"}, QDir::Files);
    QCOMPARE(kept.size(), 1);
    QCOMPARE(json(command), first);
    // Damage makes it measure again.
    QByteArray bytes = contents(folder.filePath(kept[0]));
    bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 1);
    writeFile(folder.filePath(kept[0]), bytes);
    QCOMPARE(json(command), first);
    QCOMPARE(json(command + QStringList{"--no-cache"}), first);
  }

  void layersAndRolesArePartsToo() {
    const Json rows = json(QStringList{"sensitivity", "demo", "--recipe", "Q4_K_M", "--level", "role", "--level",
                                       "layer", "--tensor", "blk.*"} +
                           kText);
    QCOMPARE(rows.size(), std::size_t{13});
    QCOMPARE(rows[0]["level"], Json("layer"));
    QCOMPARE(rows[0]["tensor"], Json("layer 5"));
    QCOMPARE(rows[12]["level"], Json("role"));
    QCOMPARE(rows[0]["scheme"], Json("several"));
    QVERIFY(rows[0]["weight_error"].is_null());
    QVERIFY(!rows[0].contains("rank_correlation"));
  }

  void errorMeasuresOutputsOnAText() {
    const QStringList command = {"error",
                                 "demo",
                                 "--tensor",
                                 "blk.2.*",
                                 "--scheme",
                                 "int8:activations=int8_dynamic",
                                 "--scheme",
                                 "int4",
                                 "--text",
                                 "demo",
                                 "--calibration-tokens",
                                 "1024",
                                 "--calibration-context",
                                 "256"};
    const Json rows = json(command);
    QCOMPARE(rows.size(), std::size_t{14});
    for (const Json& row : rows) {
      const bool isOfInputs = row["scheme"] != Json("int4");
      QCOMPARE(row["output_tokens"], Json(1024));
      QVERIFY(row["output_error"].get<double>() > 0.0 && row["output_error_error"].get<double>() > 0.0);
      QCOMPARE(row["output_error_of_inputs"].get<double>() > 0.0, isOfInputs);
      if (!isOfInputs) QCOMPARE(row["output_error_total"], row["output_error"]);
    }
    // On the same tokens, the second moment of the calibration says the same.
    const Json plain = json({"error", "demo", "--tensor", "blk.2.ffn_up.weight", "--scheme", "int4"});
    QVERIFY(!plain[0].contains("output_error"));
    QCOMPARE(plain[0]["relative_error"].get<double>() > 0.0, true);
  }

  void wrongUsageIsSaid() { QCOMPARE(run({"sensitivity", "demo"}).code, 2); }
};

QTEST_GUILESS_MAIN(TestCliSensitivity)
#include "tst_cli_sensitivity.moc"
