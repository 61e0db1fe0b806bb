// Numbers on the command line: values typed in any way, and what the verbs say of values that are no numbers.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <limits>

#include "cli_process.h"

using namespace cli;

namespace {

struct Tensor {
  const char* name;
  std::vector<float> values;
  int columns;
};

/// A safetensors file of float32 matrices.
bool writeModel(const QString& path, const std::vector<Tensor>& tensors) {
  Json header = Json::object();
  QByteArray data;
  for (const Tensor& tensor : tensors) {
    const auto first = data.size();
    data.append(reinterpret_cast<const char*>(tensor.values.data()),
                static_cast<qsizetype>(tensor.values.size() * sizeof(float)));
    header[tensor.name] = {{"dtype", "F32"},
                           {"shape", {static_cast<int>(tensor.values.size()) / tensor.columns, tensor.columns}},
                           {"data_offsets", {first, data.size()}}};
  }
  const std::string text = header.dump();
  QByteArray size(8, '\0');
  for (int i = 0; i < 8; ++i) size[i] = static_cast<char>((text.size() >> (8 * i)) & 0xff);
  QFile file(path);
  return file.open(QIODevice::WriteOnly) && file.write(size + QByteArray::fromStdString(text) + data) > 0;
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 17) * 0.125F - 1.0F;
  return values;
}

const char* kAttention = "model.layers.0.self_attn.q_proj.weight";
const char* kEmpty = "model.layers.0.self_attn.k_proj.weight";
const char* kLarge = "model.layers.0.self_attn.v_proj.weight";

}  // namespace

class TestCliNumbers : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
    Tensor attention{kAttention, ramp(4 * 64), 64}, large{kLarge, ramp(4 * 64), 64};
    attention.values[2 * 64 + 5] = kNan;
    attention.values[3 * 64] = -kInf;
    large.values[64 + 1] = 70000;
    QVERIFY(writeModel(model(), {attention, {kEmpty, std::vector<float>(4 * 64, kNan), 64}, large}));
  }

  void valuesAreTypedInAnyWay_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("value");  // of FP64
    QTest::addColumn<QString>("error");
    const auto row = [](const char* typed, const char* value, const char* error) {
      QTest::newRow(typed) << QString::fromUtf8(typed) << QString::fromUtf8(value) << QString::fromUtf8(error);
    };
    row("-.5", "-0.5", "0");
    row("-inf", "-inf", "");
    row("+inf", "inf", "");
    row("-infinity", "-inf", "");
    row("nan", "nan", "");
    row("-nan", "nan", "");
    row("0x1.8p3", "12", "0");
    row("-0x1.8p3", "-12", "0");
    row("-0", "-0", "0");
    row("0,5", "0.5", "0");
    row("-3/8", "-0.375", "0");
    row("−0.25", "-0.25", "0");
    row("2.5×10⁻¹", "0.25", "0");
    row("1e-400", "0", "-0.000");
  }

  void valuesAreTypedInAnyWay() {
    QFETCH(QString, typed);
    QFETCH(QString, value);
    QFETCH(QString, error);
    for (const QStringList& arguments :
         {QStringList{"bits", typed, "--format", "fp64"}, QStringList{"bits", "--format", "fp64", typed}}) {
      const Json row = json(arguments)["formats"][0];
      QCOMPARE(QString::fromStdString(row["value"].get<std::string>()), value);
      if (error.isEmpty())
        QVERIFY(row["error"].is_null());
      else
        QVERIFY(QString::fromStdString(row["error"].get<std::string>()).startsWith(error));
    }
    const QString longNumber = QStringLiteral("0.") + QString(9000, u'3');
    QVERIFY(json({"bits", longNumber, "--format", "fp32"})["formats"][0]["hex"] == "0x3eaaaaab");
  }

  void whatIsNoValueIsWrongUsage() {
    QCOMPARE(run({"bits"}).code, 2);
    QCOMPARE(run({"bits", "1", "2"}).code, 2);
    QCOMPARE(run({"bits", "--nonsense"}).code, 2);
    QCOMPARE(run({"bits", "-x"}).code, 2);  // no option, and it does not start like a number
    QCOMPARE(run({"bits", "1/0"}).code, 1);
  }

  void nanIsSaidWhereAFormatHasNone() {
    const Json nan = json({"bits", "nan"}), zero = json({"bits", "0"});
    QVERIFY(nan["formats"].size() > 10 && zero["formats"].size() > 10);
    for (const Json& row : nan["formats"]) {
      const bool isNan = row["class"] == "nan";
      QVERIFY(row["rounding"]["no_such_value"].get<bool>() == !isNan);
    }
    QVERIFY(run({"bits", "nan", "--format", "fp4_e2m1"}).out.contains("NaN has no code and became 0"));
    for (const Json& row : zero["formats"])
      if (!row["rounding"]["cut_off"].is_null()) QVERIFY(row["rounding"]["cut_off"]["sticky"] == false);
  }

  void statisticsSayWhatTheyLeaveOut() {
    const Json tensors = json({"inspect", model(), "--stats"})["tensors"];
    for (const Json& tensor : tensors) {
      if (tensor["name"] == kAttention) {
        QVERIFY(tensor["non_finite"] == Json({{"nan", 1}, {"inf", 1}, {"first", {2, 5}}}));
        QCOMPARE(tensor["nans"].get<int>(), 1);
        QCOMPARE(tensor["max"].get<double>(), 1.0);
      } else if (tensor["name"] == kEmpty) {
        QVERIFY(tensor["non_finite"]["nan"] == 256);
        for (const char* figure : {"min", "max", "mean", "std", "abs_max", "kurtosis"})
          QVERIFY(tensor[figure].is_null());
      } else {
        QVERIFY(tensor["non_finite"] == Json({{"nan", 0}, {"inf", 0}, {"first", nullptr}}));
      }
    }
    const Run text = run({"inspect", model(), "--stats"});
    QCOMPARE(text.code, 0);
    QVERIFY2(text.out.contains("not measured: 1 NaN and 1 Inf, the first at [2, 5]"), text.out);
    QVERIFY(text.out.contains("min none"));
  }

  void errorsSayWhatTheyLeaveOut() {
    const Json rows = json({"error", model(), "--scheme", "q8_0", "--scheme", "fp16"});
    QCOMPARE(rows.size(), std::size_t{6});
    for (const Json& row : rows) {
      const bool half = row["scheme"] == "fp16";
      if (row["tensor"] == kAttention) {
        QVERIFY(row["non_finite"] == Json({{"nan", 1}, {"inf", 1}, {"first", {2, 5}}}));
        QCOMPARE(row["replaced"].get<int>(), half ? 0 : 2);
        QCOMPARE(row["compared"].get<int>(), 254);
        QCOMPARE(row["outcome"].get<std::string>(), std::string(half ? "exact" : "finite"));
      } else if (row["tensor"] == kEmpty) {
        QCOMPARE(row["outcome"].get<std::string>(), std::string("nothing"));
        QVERIFY(row["sqnr_db"].is_null() && row["mse"].is_null());
      } else {
        QCOMPARE(row["outcome"].get<std::string>(), std::string(half ? "infinite" : "finite"));
        if (half) QVERIFY(row["overflowed"] == Json({{"nan", 0}, {"inf", 1}, {"first", {1, 1}}}));
        QCOMPARE(row["sqnr_db"].is_null(), half);
      }
    }
    const Run text = run({"error", model(), "--scheme", "q8_0", "--scheme", "fp16"});
    QVERIFY2(text.out.contains("sqnr_db -inf; overflow of finite weights: 1 Inf at [1, 1]"), text.out);
    QVERIFY(text.out.contains("not measured: 1 NaN and 1 Inf, the first at [2, 5] (2 stored as other numbers)"));
    QVERIFY(text.out.contains("nothing to compare"));
  }

  void levelsAreCountedRight() {
    for (const Json& row : json({"schemes"})) {
      const QString scheme = QString::fromStdString(row["scheme"].get<std::string>());
      const QRegularExpressionMatch said = QRegularExpression("^(\\d+) even levels")
                                               .match(QString::fromStdString(row["description"].get<std::string>()));
      QCOMPARE(said.hasMatch(), row["family"] == "integer");
      if (!said.hasMatch()) continue;
      const int bits = scheme[3].digitValue();
      QCOMPARE(said.captured(1).toInt(),
               (1 << bits) - (scheme.contains("minmax") || scheme.contains("zero=on") ? 0 : 1));
    }
  }

 private:
  QString model() const { return m_folder.filePath("numbers.safetensors"); }
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliNumbers)
#include "tst_cli_numbers.moc"
