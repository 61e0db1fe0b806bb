// Checkpoints that other programs packed, on the command line: their weights by the model's names, the stored pieces on
// request, and what can be done with them.
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

#include "cli_process.h"

using namespace cli;

namespace {

QString golden(const char* folder) { return QStringLiteral(QS_TEST_DATA "/packed/%1").arg(folder); }

/// The row of a tensor; null when there is none.
Json rowOf(const Json& json, const std::string& name) {
  for (const Json& row : json["tensors"])
    if (row["name"] == name) return row;
  return nullptr;
}

const std::string kDown = "model.layers.0.mlp.down_proj";

}  // namespace

class TestCliPacked : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void weightsAreListed();
  void piecesOnRequest();
  void whatCannotBeAssembledHasAReason();
  void weightsAreMeasuredAndDecoded();
};

void TestCliPacked::weightsAreListed() {
  const Json json = cli::json({"inspect", golden("gptq_act_order")});
  const Json row = rowOf(json, kDown + ".weight");
  QVERIFY(!row.is_null());
  QCOMPARE(row["stored_name"], Json(kDown + ".qweight"));
  QCOMPARE(row["dtype"], Json("GPTQ INT4 · 32"));
  QCOMPARE(row["scheme"], Json("int4:range=minmax,method=gptq,act_order=on"));
  QCOMPARE(row["pieces"].size(), std::size_t{3});
  QVERIFY(row.contains("stored_shape") && !row.contains("unreadable"));
  double bytes = row["bytes"].get<double>(), weights = 1.0;
  for (const Json& piece : row["pieces"]) bytes += piece["bytes"].get<double>();
  for (const Json& extent : row["shape"]) weights *= extent.get<double>();
  QCOMPARE(row["bits_per_weight"].get<double>(), 8.0 * bytes / weights);
  for (const Json& other : json["tensors"]) QVERIFY(!other.contains("piece_of"));
  const Run text = run({"inspect", golden("gptq_act_order")});
  QCOMPARE(text.code, 0);
  QVERIFY(text.out.contains("GPTQ INT4 · 32") && text.out.contains("bits per weight in 4 tensors"));
}

void TestCliPacked::piecesOnRequest() {
  const Json json = cli::json({"inspect", golden("gptq_act_order"), "--pieces"});
  QVERIFY(rowOf(json, kDown + ".weight").is_null());
  const Json codes = rowOf(json, kDown + ".qweight");
  QCOMPARE(codes["dtype"], Json("i32"));
  QCOMPARE(codes["piece_of"], Json(kDown + ".weight"));
  QVERIFY(!rowOf(json, kDown + ".scales").is_null() && !rowOf(json, kDown + ".g_idx").is_null());
  // Either name finds the weight; scales have a histogram of their own.
  QCOMPARE(cli::json({"inspect", golden("gptq_act_order"), "--tensor",
                      QString::fromStdString(kDown + ".qweight")})["tensors"][0]["name"],
           Json(kDown + ".weight"));
  const Json scales = cli::json(
      {"inspect", golden("gptq_act_order"), "--histogram", "4", "--tensor", QString::fromStdString(kDown + ".scales")});
  QCOMPARE(scales["tensors"][0]["histogram"]["counts"].size(), std::size_t{4});
}

void TestCliPacked::whatCannotBeAssembledHasAReason() {
  const Json row = rowOf(cli::json({"inspect", golden("hqq_axis0")}), kDown + ".W_q");
  QVERIFY(row["unreadable"].get<std::string>().find("axis=0") != std::string::npos);
  const Json warned = cli::json({"inspect", golden("ct_nvfp4_llama")});
  QVERIFY(warned["warnings"].dump().find("to FP4") != std::string::npos);
}

void TestCliPacked::weightsAreMeasuredAndDecoded() {
  QTemporaryDir folder;
  for (const char* name : {"gptq_3bit", "awq_gemm", "ct_pack_asym", "ct_fp8_block", "ct_mxfp4", "hqq_3bit"}) {
    const Json row = rowOf(cli::json({"inspect", golden(name), "--stats"}), kDown + ".weight");
    QVERIFY2(!row.is_null() && row["std"].get<double>() > 0.0, name);
    const QString npy = folder.filePath("weight.npy");
    QCOMPARE(run({"dump", golden(name), "--tensor", QString::fromStdString(kDown + ".weight"), "-o", npy}).code, 0);
    QVERIFY(!contents(npy).isEmpty());
    const Json error = cli::json({"error", golden(name), "--scheme", "int8"});
    QVERIFY2(error.dump().find(kDown + ".weight") != std::string::npos, error.dump().c_str());
  }
}

QTEST_GUILESS_MAIN(TestCliPacked)
#include "tst_cli_packed.moc"
