// `quantize --explain`: one block as a script and as a person sees it.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "cli_process.h"

using namespace cli;

namespace {

const QString kTensor = QStringLiteral("blk.0.ffn_up.weight");

QStringList arguments(const QString& block, const QStringList& how) {
  return QStringList{QStringLiteral("quantize"), kModel} + how + QStringList{QStringLiteral("--explain"), block};
}
QStringList scheme(const QString& text) { return {QStringLiteral("--scheme"), text}; }
/// With a text for the schemes that look at data.
QStringList calibrated(const char* text) {
  return scheme(QLatin1String(text)) + QStringList{QStringLiteral("--calibration"), QStringLiteral("demo")};
}

/// The values of the column.
std::vector<double> column(const Json& block, const std::string& id) {
  for (const Json& step : block["steps"])
    if (step["id"] == id) return step["values"].get<std::vector<double>>();
  throw std::runtime_error("no column " + id);
}

}  // namespace

class TestCliExplain : public QObject {
  Q_OBJECT
 private slots:
  void decodesAsDumpDoes_data() {
    QTest::addColumn<QString>("schemeText");
    for (const char* text : {"int4:range=minmax", "int8", "nf4:double=on", "kmeans3", "nv_e2m1", "q4_0", "fp8_e4m3"})
      QTest::newRow(text) << QString(text);
  }

  /// The decoded column against what another verb writes of the same tensor.
  void decodesAsDumpDoes() {
    QFETCH(QString, schemeText);
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("weights.npy"));
    QCOMPARE(run({QStringLiteral("dump"), kModel, QStringLiteral("--tensor"), kTensor, QStringLiteral("--scheme"),
                  schemeText, QStringLiteral("-o"), file})
                 .code,
             0);
    const QByteArray written = contents(file);
    const Json block = json(arguments(kTensor + QStringLiteral(":1:0"), scheme(schemeText)));
    const auto decoded = column(block, "decoded");
    QCOMPARE(decoded.size(), block["count"].get<std::size_t>());
    const std::size_t header =
        10 + static_cast<std::uint8_t>(written[8]) + 256U * static_cast<std::uint8_t>(written[9]);
    const auto* values = reinterpret_cast<const float*>(written.constData() + header);
    const std::size_t first = block["first_value"].get<std::size_t>();
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      float value = 0.0F;
      std::memcpy(&value, values + first + i, sizeof(value));
      QCOMPARE(static_cast<float>(decoded[i]), value);
    }
    double bits = 0.0;
    for (const Json& part : block["size"]) bits += part["bits_per_weight"].get<double>();
    QVERIFY(std::abs(bits - block["bits_per_weight"].get<double>()) < 1e-9);
  }

  void showsTheStepsOfARange() {
    const Json block = json(arguments(kTensor + QStringLiteral(":0:1"), scheme(QStringLiteral("int4:range=minmax"))));
    QCOMPARE(QString::fromStdString(block["parameters"][0]["formula"]), QString("S = (xmax − xmin)/(qmax − qmin)"));
    QCOMPARE(QString::fromStdString(block["parameters"][1]["formula"]), QString("Z = round(qmin − xmin/S)"));
    const double scale = block["parameters"][0]["stored"], zero = block["parameters"][1]["stored"];
    const auto values = column(block, "value"), codes = column(block, "code"), decoded = column(block, "decoded");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double level = std::clamp(std::nearbyint(values[i] / scale) + zero, -8.0, 7.0);
      QCOMPARE(codes[i], level + 8.0);
      QVERIFY(std::abs(decoded[i] - scale * (level - zero)) <= 1e-6 * scale);
    }
  }

  void saysWhatIsNotThere() {
    const auto complaint = [](const QString& block, const QStringList& how) {
      const Run result = run(arguments(block, how));
      if (result.code != 1 || !result.out.isEmpty() || !isOneSentence(result.err)) return QString("no complaint");
      return QString::fromUtf8(result.err).trimmed();
    };
    const QStringList int4 = scheme(QStringLiteral("int4"));
    QVERIFY(complaint(QStringLiteral("nothing:0:0"), int4).contains(QStringLiteral("\"nothing\"")));
    QVERIFY(complaint(kTensor + QStringLiteral(":99999:0"), int4).endsWith(QStringLiteral("there is no row 99999.")));
    QVERIFY(complaint(kTensor + QStringLiteral(":0:999"), int4).endsWith(QStringLiteral("there is no block 999.")));
    QVERIFY(complaint(kTensor, int4).contains(QStringLiteral("TENSOR:ROW:BLOCK")));
    QVERIFY(complaint(kTensor + QStringLiteral(":x:0"), int4).contains(QStringLiteral("the row of")));
    QVERIFY(complaint(kTensor + QStringLiteral(":0:-1"), int4).contains(QStringLiteral("the block of")));
    const Run narrow = run({QStringLiteral("quantize"), QStringLiteral(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf"),
                            QStringLiteral("--scheme"), QStringLiteral("q4_k"), QStringLiteral("--explain"),
                            QStringLiteral("blk.0.attn_q.weight:0:0")});
    QCOMPARE(narrow.code, 1);
    QVERIFY(isOneSentence(narrow.err) && narrow.err.contains("multiple of 256 values"));
    QVERIFY(complaint(QStringLiteral("output_norm.weight:0:0"), {QStringLiteral("--recipe"), QStringLiteral("Q4_0")})
                .contains(QStringLiteral("as it is stored: ")));
    QCOMPARE(run(arguments(kTensor + QStringLiteral(":0:0"), {})).code, 2);
    for (const QStringList& more :
         {QStringList{QStringLiteral("--dry-run")}, {QStringLiteral("-o"), QStringLiteral("-")}})
      QCOMPARE(run(arguments(kTensor + QStringLiteral(":0:0"), int4 + more)).code, 2);
  }

  /// Static activations say what a text made of the inputs, divided by a method's factors where it has some.
  void tellsTheRangeOfStaticInputs() {
    const auto explained = [](const char* text) {
      return json(arguments(kTensor + QStringLiteral(":0:0"), calibrated(text)))["input"];
    };
    const Json all = explained("int8:activations=int8_static");
    const double scale = all["scale"], zero = all["zero_point"];
    QCOMPARE(all["low"].get<double>(), scale * (-128 - zero));
    QCOMPARE(all["high"].get<double>(), scale * (127 - zero));
    QVERIFY(all["low"] < 0.0 && all["high"] > 0.0);
    QVERIFY(explained("int8:activations=int8_static,input_range=percentile,input_p=99")["scale"] < all["scale"]);
    QVERIFY(explained("int8:method=smooth,activations=int8_static")["scale"] != all["scale"]);
    QVERIFY(explained("fp8_e4m3:activations=fp8_static")["high"] > 0.0);
    QVERIFY(explained("int8:activations=int8_dynamic").is_null());
    const Run printed = run(arguments(kTensor + QStringLiteral(":0:0"), calibrated("int8:activations=int8_static")));
    QVERIFY(printed.out.contains("the inputs of the layer"));
  }

  /// Methods that look at columns say what became of each, and that is what the block has.
  void tellsWhatMethodsDidToTheColumns() {
    const auto explained = [](const char* text) {
      return json(arguments(kTensor + QStringLiteral(":2:1"), calibrated(text)));
    };
    const Json gptq = explained("gptq:group=32");
    const Json& steps = gptq["columns"]["columns"];
    QCOMPARE(QString::fromStdString(gptq["columns"]["method"]), QString("gptq"));
    QVERIFY(steps.size() > 64 && gptq["columns"]["output_mse"] < gptq["columns"]["output_mse_alone"]);
    const auto decoded = column(gptq, "decoded"), codes = column(gptq, "code");
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      QCOMPARE(steps[32 + i]["decoded"].get<double>(), decoded[i]);
      QCOMPARE(steps[32 + i]["code"].get<double>(), codes[i]);
    }
    QCOMPARE(steps[0]["stood"], steps[0]["weight"]);
    const double pushed = steps[1]["stood"].get<double>() - steps[1]["weight"].get<double>();
    QVERIFY(std::abs(pushed - steps[0]["pushed"][0].get<double>()) < 1e-12);
    const Json awq = explained("awq:group=32");
    QCOMPARE(awq["columns"]["losses"].size(), std::size_t{20});
    const auto factors = column(awq, "factor");
    for (std::size_t i = 0; i < factors.size(); ++i)
      QCOMPARE(awq["columns"]["columns"][32 + i]["factor"].get<double>(), factors[i]);
    const Json hqq = explained("hqq:group=32");
    QVERIFY(hqq["columns"]["errors"].size() > 1 && hqq["columns"]["groups"].size() == steps.size() / 32);
    QVERIFY(explained("int4")["columns"].is_null());
    for (const char* text : {"gptq:group=32", "awq:group=32", "hqq:group=32", "smoothquant"}) {
      const Run printed = run(arguments(kTensor + QStringLiteral(":2:0"), calibrated(text)));
      QVERIFY2(printed.out.contains("the row, column by column"), text);
    }
  }

  void followsARecipe() {
    const Json block = json(
        arguments(kTensor + QStringLiteral(":0:0"), {QStringLiteral("--recipe"), QStringLiteral("Q8_0"),
                                                     QStringLiteral("--tensor-type"), QStringLiteral("ffn_up=int5")}));
    QCOMPARE(QString::fromStdString(block["scheme"]), QString("int5"));
  }

  /// A tensor that a scheme is not for is explained all the same, and it is said that `quantize` keeps it, and why.
  void saysWhatStaysAsStored() {
    for (const auto& [tensor, why] :
         {std::pair{"output_norm.weight", "a norm"}, {"token_embd.weight", "an embedding"}}) {
      const QStringList how =
          arguments(QString::fromLatin1(tensor) + QStringLiteral(":0:0"), scheme(QStringLiteral("int4")));
      const Json block = json(how);
      QCOMPARE(QString::fromStdString(block["kept"]), QString::fromLatin1(why));
      QVERIFY(block["rule"].is_null() && !block["steps"].empty());
      const QString text = QString::fromUtf8(run(how).out);
      QVERIFY2(text.contains(QStringLiteral("keeps this tensor as it is stored (%1)").arg(QLatin1String(why))),
               qPrintable(text.left(300)));
    }
    const Json matrix = json(arguments(kTensor + QStringLiteral(":0:0"), scheme(QStringLiteral("int4"))));
    QVERIFY(matrix["kept"].is_null() && matrix["fallback"].is_null() && matrix["rule"].is_string());
    // A rule that keeps a matrix is no other case.
    const QStringList keep{QStringLiteral("--tensor-type"), QStringLiteral("ffn_up=keep")};
    const Json kept = json(arguments(kTensor + QStringLiteral(":0:0"), scheme(QStringLiteral("int4")) + keep));
    QCOMPARE(QString::fromStdString(kept["kept"]), QStringLiteral("ffn_up=keep"));
    QCOMPARE(QString::fromStdString(kept["scheme"]), QStringLiteral("int4"));
  }

  /// Rows that are no whole blocks get another type from a recipe; the explanation is of that, and says so.
  void saysWhatARecipeFellBackTo() {
    const Run narrow = run({QStringLiteral("quantize"), QStringLiteral(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf"),
                            QStringLiteral("--recipe"), QStringLiteral("Q4_K_M"), QStringLiteral("--explain"),
                            QStringLiteral("blk.0.attn_q.weight:0:0"), QStringLiteral("--json")});
    QCOMPARE(narrow.code, 0);
    const Json block = Json::parse(narrow.out.toStdString());
    QVERIFY(QString::fromStdString(block["fallback"]).contains(QStringLiteral("instead")));
    QVERIFY(block["scheme"] != "q4_k" && block["kept"].is_null());
    QVERIFY(QString::fromStdString(block["notes"][0]).endsWith(QStringLiteral("instead.")));
  }

  void readsAsText() {
    const Run result = run(arguments(kTensor + QStringLiteral(":0:0"), scheme(QStringLiteral("int8:group=tensor"))));
    QCOMPARE(result.code, 0);
    const QString text = QString::fromUtf8(result.out);
    for (const char* part : {"range", "S = xmax/qmax", "t = x/S", "x̂ = S·xq", "bits per weight"})
      QVERIFY2(text.contains(QString::fromUtf8(part)), part);
    const QString wide = QStringLiteral("blk.0.ffn_down.weight:0:0");
    const Run cut = run(arguments(wide, scheme(QStringLiteral("int8"))));
    QVERIFY(cut.out.contains("the first 256 of 768 weights"));
    QCOMPARE(json(arguments(wide, scheme(QStringLiteral("int8"))))["steps"][0]["values"].size(), std::size_t{768});
  }
};

QTEST_GUILESS_MAIN(TestCliExplain)
#include "tst_cli_explain.moc"
