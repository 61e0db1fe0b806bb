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
  }

  void whatHasNoValueIsAnswered() {
    const Json all = json({"bits", "1/0", "--format", "fp32", "--format", "fp8_e4m3", "--format", "int8"});
    QVERIFY(all["value"].is_null() && all["exception"] == "division_by_zero");
    const char* values[] = {"inf", "nan", "127"};
    for (std::size_t i = 0; i < 3; ++i) {
      const Json& row = all["formats"][i];
      QVERIFY(row["value"] == values[i] && row["computed"]["value"] == values[i] && row["error"].is_null());
      QVERIFY(row["computed"]["steps"].back()["exception"] == "division_by_zero");
    }
    QVERIFY(json({"bits", "65504*2", "--format", "fp16"})["formats"][0]["computed"]["steps"][2]["exception"] ==
            "overflow");
    const auto shown = run({"bits", "0/0", "--format", "fp16"});
    QCOMPARE(shown.code, 0);
    QVERIFY(shown.out.contains("Exactly this has no value: an invalid operation."));
  }

  void scalesAreUsedAsTyped() {
    for (const QStringList& arguments :
         {QStringList{"bits", "0.3", "--format", "int8", "--scale", "0.1", "--zero-point", "5"},
          QStringList{"bits", "quantscope://bits/int8?text=0.3&int8.scale=0.1&int8.zero_point=5"},
          QStringList{"bits", "quantscope://bits/int8?text=0.3&absmax=7&int8.scale=1%2F10&int8.zero_point=5"}}) {
      const Json row = json(arguments)["formats"][0];
      QVERIFY(row["integer"] == 8 && row["error"] == "0" && row["value"] == "0.3");
      QVERIFY(row["scale"] == 0.1 && row["scale_exact"] == "0.1" && row["zero_point"] == 5);
    }
    QVERIFY(json({"bits", "1", "--format", "nf4", "--absmax", "1/3"})["formats"][0]["absmax_exact"] == "1/3");
    for (const QStringList& wrong :
         {QStringList{"--format", "int8", "--zero-point", "200"}, QStringList{"--zero-point", "0.5"},
          QStringList{"--scale", "nan"}, QStringList{"--absmax", "1/0"}}) {
      const auto refused = run(QStringList{"bits", "1"} + wrong);
      QCOMPARE(refused.code, 1);
      QVERIFY2(isOneSentence(refused.err), refused.err.constData());
    }
    QVERIFY(isOneSentence(run({"bits", "quantscope://bits/int8?text=1&int8.scale=-1"}).err));
  }

  void formatsMayBeOnesOwn() {
    const Json rows =
        json({"bits", "-(0.1+0.2)", "--format", "e4m3", "--format", "E5M10:specials=none,bias=20"})["formats"];
    QCOMPARE(rows.size(), std::size_t{2});
    QVERIFY(rows[0]["format"] == "e4m3" && rows[1]["format"] == "e5m10:bias=20,specials=none");
    QVERIFY(rows[0]["value"] == "-0.3125" && rows[1]["value"] == "-0.300048828125");
    const Json all = json({"bits", "0.1"})["formats"];
    for (const char* name : {"fp8_e4m3fnuz", "fp8_e5m2fnuz", "int7", "uint5"})
      QVERIFY2(std::any_of(all.begin(), all.end(), [&](const Json& row) { return row["format"] == name; }), name);
    for (const char* wrong : {"e99m99", "e4m3:bias=x", "fp7"}) QCOMPARE(run({"bits", "1", "--format", wrong}).code, 1);
  }

  void everyRowSaysWhatItStandsFor() {
    const Json one = json({"bits", "0.1", "--format", "fp32"})["formats"][0];
    QVERIFY(one["interval"] == Json({{"low", "0.0999999977648258209228515625"},
                                     {"high", "0.1000000052154064178466796875"},
                                     {"low_closed", false},
                                     {"high_closed", false}}));
    QVERIFY(one["shortest"] == "0.1" && one["error_ulp"] == 0.2);
    QVERIFY(one["literals"] == Json({{"c", "0x1.99999ap-4F"}, {"python", "float.fromhex('0x1.99999ap-4')"}}));
    QVERIFY(one["neighbours"]["previous"] == Json({{"hex", "0x3dcccccc"}, {"value", one["previous"]}}));
    QVERIFY(one["rounding"]["fraction"] == "0.8" && one["rounding"]["probability_away"] == 0.8);
    QVERIFY(std::abs(one["relative_error"].get<double>() - 1.4901161193847656e-08) < 1e-20);
    const Json top = json({"bits", "99", "--format", "fp4_e2m1"})["formats"][0]["interval"];
    QVERIFY(top["high"].is_null() && top["low"] == "5");
    const Json book = json({"bits", "0.3", "--format", "nf4", "--absmax", "0.5"})["formats"][0];
    QVERIFY(book["value"] == "0.2813085019588470458984375" && book["absmax"] == 0.5);
    const Json third = json({"bits", "1/3", "--format", "fp16"});
    QVERIFY(third["value"] == "0." + std::string(40, '3'));
    QVERIFY(third["formats"][0]["computed"]["steps"][2]["exact"] == third["value"]);
    QVERIFY(third["fraction"] == "1/3" && third["value"].get<std::string>().ends_with("333"));
  }

  void roundingIsChosen_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* options, const char* value) {
      QTest::newRow(options) << QString(options).split(u' ') << QString(value);
    };
    row("--rounding nearest_even", "2");  // 2.5 in E2M1: 2 or 3
    row("--rounding nearest_away", "3");
    row("--rounding toward_zero", "2");
    row("--rounding up", "3");
    row("--rounding Down", "2");
    row("--rounding stochastic --draw 0.49", "3");
    row("--rounding stochastic --draw 0.5", "2");
  }
  void roundingIsChosen() {
    QFETCH(QStringList, options);
    QFETCH(QString, value);
    const Json row = json(QStringList{"bits", "2.5", "--format", "fp4_e2m1"} + options)["formats"][0];
    QCOMPARE(QString::fromStdString(row["value"].get<std::string>()), value);
  }

  void seedsRepeatTheirDraw() {
    const QStringList words{"bits", "2.5", "--format", "fp4_e2m1", "--rounding", "stochastic", "--seed", "7"};
    const Json first = json(words);
    QVERIFY(first["rounding"]["draw"] == json(words)["rounding"]["draw"]);
    for (const QStringList& wrong :
         {QStringList{"--draw", "0.5"}, QStringList{"--rounding", "stochastic", "--draw", "1"},
          QStringList{"--rounding", "sideways"},
          QStringList{"--rounding", "stochastic", "--draw", "0.1", "--seed", "1"}, QStringList{"--scale", "0"},
          QStringList{"--absmax", "-1"}, QStringList{"--zero-point", "9223372036854775807"}}) {
      const auto answer = run(QStringList{"bits", "1"} + wrong);
      QCOMPARE(answer.code, 1);
      QVERIFY(answer.err.trimmed().endsWith('.') && answer.err.trimmed().count('\n') == 0);
    }
  }

  void digitsThatGoOnSaySo() {
    const QByteArray third = run({"bits", "1/3", "--format", "int4", "--scale", "1/3"}).out;
    const QByteArray endless = "0." + QByteArray(40, '3') + "…";
    QVERIFY2(third.contains("= " + endless) && third.contains("ulp " + endless) && third.contains("error 0,"), third);
    QVERIFY(run({"bits", "1/3", "--format", "fp4_e2m1"}).out.contains("error 0.1" + QByteArray(39, '6') + "…"));
    QVERIFY(!run({"bits", "0.5", "--format", "fp16"}).out.contains("…"));
  }

  void arithmeticIsComputedInTheFormat() {
    const Json answer = json({"bits", "0.1 + 0.2", "--format", "fp64"});
    const Json& row = answer["formats"][0];
    QVERIFY(answer["arithmetic"] == true && answer["value"] == "0.3");
    QVERIFY(row["hex"] == "0x3fd3333333333333");  // 0.3 rounded once
    QVERIFY(row["computed"]["hex"] == "0x3fd3333333333334");
    QCOMPARE(row["computed"]["steps"].size(), std::size_t{3});
    const Json& sum = row["computed"]["steps"][2];
    QVERIFY(sum["operation"] == "add" && sum["left"]["hex"] == "0x3fb999999999999a" && sum["rounding"]["tie"] == true);
    QVERIFY(!json({"bits", "0.1", "--format", "fp64"})["formats"][0].contains("computed"));
  }

  void chainsAreCaughtRoundingTwice() {
    const Json chain = json({"bits", "1+2^-11+2^-30", "--chain", "fp32,fp16"})["chain"];
    QVERIFY(chain["double_rounding"] == true && chain["divergence"]["cause"] == "tie_made");
    QVERIFY(chain["divergence"]["step"] == 1 && chain["divergence"]["made_by"] == 0);
    QVERIFY(chain["steps"][1]["hex"] == "0x3c00" && chain["steps"][1]["direct_hex"] == "0x3c01");
    const Json plain = json({"bits", "0.1", "--chain", "fp32,e5m10:bias=20,specials=none,bf16"})["chain"];
    QCOMPARE(plain["steps"].size(), std::size_t{3});
    QVERIFY(plain["divergence"].is_null() && plain["steps"][1]["format"] == "e5m10:bias=20,specials=none");
    QVERIFY(run({"bits", "1+2^-11+2^-30", "--chain", "fp32,fp16"}).out.contains("Double rounding."));
    QVERIFY(
        run({"bits", "nan", "--chain", "fp32,fp4_e2m1,bf16"}).out.contains("FP4 E2M1 has no code for this number."));
    QCOMPARE(run({"bits", "1", "--chain", "fp32,nope"}).code, 1);
  }

  void linksAreValues() {
    const Json code = json({"bits", "quantscope://bits/fp32/0x3eeaf790"});
    QVERIFY(code["formats"].size() == 1 && code["formats"][0]["shortest"] == "0.45892");
    const Json text = json({"bits", "QUANTSCOPE://bits/bf16?text=0.1%2B0.2&rounding=up&chain=fp32,bf16"});
    QVERIFY(text["formats"][0]["format"] == "bf16" && text["formats"][0]["rounding"]["mode"] == "up");
    QVERIFY(text["chain"]["steps"].size() == 2 && text["arithmetic"] == true);
    const Json loud = json({"bits", " QuantScope://Bits/FP32/0X3EEAF790\n"});  // as the window takes it
    QVERIFY(loud["formats"] == code["formats"]);
    const Json other = json({"bits", "quantscope://bits/fp16/0x3c00", "--format", "fp32"});
    QVERIFY(other["formats"][0]["hex"] == "0x3f800000");
    for (const char* wrong :
         {"quantscope://", "quantscope://learn/1", "quantscope://bits", "quantscope://bits/fp32",
          "quantscope://bits/fp32/0x1/2", "quantscope://bits/fp32/0xfffffffff", "quantscope://bits/nope/0x1",
          "quantscope://bits/fp32?text=%zz", "quantscope://bits/fp32?text=1&text=2",
          "quantscope://bits/fp32?text=1&x=2", "quantscope://bits/fp32/0x1?text=1", "quantscope://bits/fp32/0.1",
          "quantscope://bits/int8?text=1&int8.zero_point=3", "quantscope://bits/fp32?text=1&rounding=no"}) {
      const auto answer = run({"bits", wrong});
      QVERIFY2(answer.code == 1 && answer.err.trimmed().endsWith('.'), wrong);
    }
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
