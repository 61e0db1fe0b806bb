#include <QtTest>
#include <set>

#include "core/base/error.h"
#include "core/quant/plain_scheme.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/scheme.h"
#include "support/drawn_calibration.h"

using namespace core;
using quant::Scheme;

class TestScheme : public QObject {
  Q_OBJECT
 private slots:
  void printsCanonically_data();
  void printsCanonically();
  void withoutDataItRoundsToNearest();
  void hasTheDefaultsOfTheDesign();
  void refusesWithASentence_data();
  void refusesWithASentence();
  void namesItselfForPeople_data();
  void namesItselfForPeople();
  void registryIsConsistent();
  void bitsComeFromTheLayout_data();
  void bitsComeFromTheLayout();
  void bitsEqualTheQuantizedTensor();
  void refusesShapes();
};

void TestScheme::printsCanonically_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("canonical");
  const auto row = [](const char* text, const char* canonical) {
    QTest::newRow(text) << QString(text) << QString(canonical);
  };
  row("fp32", "fp32");
  row("int8", "int8");
  row("int8:group=row", "int8");
  row("int8:group=tensor", "int8:group=tensor");
  row("int8:group=64", "int8:group=64");
  row("int4:group=32", "int4");
  row("int4:range=minmax,group=64", "int4:group=64,range=minmax");
  row("int4:range=absmax", "int4");
  row("int2:group=row", "int2:group=row");
  row("nf4:block=64", "nf4");
  row("nf4:double=on,block=128", "nf4:block=128,double=on");
  row("fp4:double=off", "fp4");
  row("q4_0", "q4_0");
  row("iq2_xxs", "iq2_xxs");
  row("int4:scales=fp16", "int4");
  row("int4:scales=fp16,group=row", "int4:group=row,scales=fp16");
  row("int4:group=row,scales=fp32", "int4:group=row");
  row("int4:zero=on,range=mse", "int4:range=mse,zero=on");
  row("int4:zero=off,range=mse", "int4:range=mse");
  row("int4:method=rtn,range=mse", "int4:range=mse");
  row("int4:method=imatrix,range=mse", "int4:range=mse,method=imatrix");
  row("int4:method=mse", "int4:range=mse");
  row("int4:method=mse,range=mse", "int4:range=mse");
  row("int3:zero=on,method=mse,group=64", "int3:group=64,range=mse,zero=on");
  row("int8:compute=fp16,method=mse", "int8:range=mse,compute=fp16");
  row("int4:p=99.9,range=percentile", "int4:range=percentile");
  row("int4:p=99.5,range=percentile", "int4:range=percentile,p=99.5");
  row("log4:base=2", "log4");
  row("log4:base=1.5,group=row", "log4:group=row,base=1.5");
  row("kmeans4:group=32", "kmeans4:group=32");
  row("fp8_e4m3:scale=none", "fp8_e4m3");
  row("fp8_e4m3:scale=block128", "fp8_e4m3:scale=block128");
  row("dynamic8:block=256", "dynamic8:block=256");
  row("mx_e2m1", "mx_e2m1");
  row("nf4:compute=bf16,double=on", "nf4:double=on,compute=bf16");
  row("q4_0:compute=fp32", "q4_0");
  row("q4_k:compute=fp16,method=imatrix", "q4_k:method=imatrix,compute=fp16");
  row("int4:method=gptq,act_order=on,damping=0.01", "int4:method=gptq,act_order=on");
  row("q4_0:method=gptq,act_order=on,static_groups=on", "q4_0:method=gptq,static_groups=on,act_order=on");
  row("int4:range=minmax,method=hqq", "int4:range=minmax,method=hqq");
  row("nf4:method=awq,clip=on", "nf4:method=awq");
  row("int8:activations=int8_static,input_range=percentile,input_p=99.9",
      "int8:activations=int8_static,input_range=percentile,input_p=99.9");
  row("int8:activations=none", "int8");
  row("q4_0:activations=int8_dynamic", "q4_0:activations=int8_dynamic");
  row("q4_k:activations=int8_dynamic", "q4_k:activations=int8_dynamic");
  row("q8_0:activations=int8_static", "q8_0:activations=int8_static");
  row("fp8_e4m3:scale=row,activations=fp8_dynamic,compute=fp16",
      "fp8_e4m3:scale=row,activations=fp8_dynamic,compute=fp16");
  row("llm_int8:threshold=6", "llm_int8");
  row("llm_int8:threshold=0", "llm_int8:threshold=0");
  row("llm.int8", "llm_int8");
  row("llm.int8:threshold=5", "llm_int8:threshold=5");
  row("gptq", "int4:group=128,range=minmax,method=gptq");
  row("gptq:bits=3,group=row,sym=on,act_order=on", "int3:group=row,method=gptq,act_order=on");
  row("awq:bits=4,group=64", "int4:group=64,range=minmax,method=awq");
  row("hqq:bits=2", "int2:group=64,range=minmax,method=hqq");
  row("w8a8", "int8:activations=int8_dynamic");
  row("w8a8:activations=static,input_range=entropy", "int8:activations=int8_static,input_range=entropy");
  row("smoothquant:alpha=0.75", "int8:method=smooth,alpha=0.75,activations=int8_dynamic");
}

void TestScheme::printsCanonically() {
  QFETCH(QString, text);
  QFETCH(QString, canonical);
  const Scheme scheme = Scheme::parse(text.toStdString());
  QCOMPARE(QString::fromStdString(scheme.toString()), canonical);
  QVERIFY(Scheme::parse(scheme.toString()) == scheme);
}

void TestScheme::hasTheDefaultsOfTheDesign() {
  const Scheme int8 = Scheme::parse("int8");
  QVERIFY(int8.format.grouping.granularity == quant::Granularity::Row);
  QVERIFY(int8.method.range == quant::RangeMethod::Absmax);
  for (const char* name : {"int7", "int6", "int5", "int4", "int3", "int2", "log4"}) {
    const Scheme scheme = Scheme::parse(name);
    QCOMPARE(scheme.format.grouping, (quant::Grouping{quant::Granularity::Group, 32}));
    QVERIFY(scheme.format.scaleType == quant::ScaleType::Fp16);
  }
  for (const char* name : {"nf4", "fp4"}) {
    const Scheme scheme = Scheme::parse(name);
    QCOMPARE(scheme.format.grouping, (quant::Grouping{quant::Granularity::Block, 64}));
    QVERIFY(scheme.format.doubleQuantization == quant::DoubleQuantization::Off);
  }
}

void TestScheme::refusesWithASentence_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("sentence");
  const auto row = [](const char* text, const char* sentence) {
    QTest::newRow(text) << QString(text) << QString::fromUtf8(sentence);
  };
  row("int4:group=banana", "'group' must be a whole number of at least 1, 'row' or 'tensor'; found 'banana'.");
  row("int4:group=0", "'group' must be a whole number of at least 1, 'row' or 'tensor'; found '0'.");
  row("int4:group=-1", "'group' must be a whole number of at least 1, 'row' or 'tensor'; found '-1'.");
  row("int4:group=99999999999",
      "'group' must be a whole number of at least 1, 'row' or 'tensor'; found '99999999999'.");
  row("int4:range=best", "'range' must be 'absmax', 'minmax', 'percentile' or 'mse'; found 'best'.");
  row("int4:block=64",
      "'int4' takes the options 'group', 'range', 'scales', 'method', 'activations' and 'compute'; found 'block'.");
  row("nf4:group=64",
      "'nf4' takes the options 'block', 'double', 'method', 'activations' and 'compute'; found 'group'.");
  row("nf4:block=48", "'block' must be a power of two from 16 to 4096; found '48'.");
  row("nf4:double=yes", "'double' must be 'on' or 'off'; found 'yes'.");
  row("q4_0:group=32", "'q4_0' takes the options 'method', 'activations' and 'compute'; found 'group'.");
  row("q8_0:group=32", "'q8_0' takes the options 'method', 'activations' and 'compute'; found 'group'.");
  row("int4:range=percentile,p=40", "'p' must be a percentage over 50 and at most 100; found '40'.");
  row("int4:p=99",
      "'int4' takes the options 'group', 'range', 'scales', 'method', 'activations' and 'compute'; found 'p'.");
  row("int4:zero=on",
      "'int4' takes the options 'group', 'range', 'scales', 'method', 'activations' and 'compute'; found 'zero'.");
  row("int4:method=mse,range=absmax",
      "'method=mse' chooses the range itself: expected 'range=mse' or none, found 'range=absmax'.");
  row("int4:range=minmax,method=mse",
      "'method=mse' chooses the range itself: expected 'range=mse' or none, found 'range=minmax'.");
  row("int4:method=mse,method=mse", "The option 'method' is given twice in 'int4:method=mse,method=mse'.");
  row("q4_k:method=mse", "'method' must be 'rtn' or 'imatrix'; found 'mse'.");
  row("nf4:method=mse", "'method' must be 'rtn', 'gptq' or 'awq'; found 'mse'.");
  row("log4:base=1", "'base' must be a number from 1.01 to 16; found '1'.");
  row("log4:base=nan", "'base' must be a number from 1.01 to 16; found 'nan'.");
  row("log4:scales=uint8", "'scales' must be 'fp32', 'fp16' or 'bf16'; found 'uint8'.");
  row("fp8_e4m3:scale=block64", "'scale' must be 'none', 'tensor', 'row' or 'block128'; found 'block64'.");
  row("int4:method=hqq", "'method' must be 'rtn', 'gptq', 'awq' or 'smooth'; found 'hqq'.");
  row("nf4:double=on,method=gptq", "'method' must be 'rtn' or 'awq'; found 'gptq'.");
  row("nf4:method=gptq,act_order=on", "'act_order' must be 'off'; found 'on'.");
  row("int4:act_order=on",
      "'int4' takes the options 'group', 'range', 'scales', 'method', 'activations' and 'compute'; found 'act_order'.");
  row("int4:method=gptq,damping=0", "'damping' must be a number above 0 and at most 1; found '0'.");
  row("tq2_0:activations=int8_dynamic",
      "'activations' must be 'none', 'fp8_dynamic' or 'fp8_static'; found 'int8_dynamic'.");
  row("nf4:activations=int8_dynamic",
      "'activations' must be 'none', 'fp8_dynamic' or 'fp8_static'; found 'int8_dynamic'.");
  row("int8:activations=int8_dynamic,compute=fp16",
      "'int8' takes the options 'group', 'range', 'scales', 'method' and 'activations'; found 'compute'.");
  row("llm_int8:activations=none", "'llm_int8' takes the option 'threshold'; found 'activations'.");
  row("gptq:bits=9", "'bits' must be a whole number from 2 to 8; found '9'.");
  row("awq:sym", "Options of a scheme are written key=value, separated by commas; found 'awq:sym'.");
  row("w8a8:activations=fp8", "'activations' must be 'dynamic' or 'static'; found 'fp8'.");
  row("mx_e2m1:group=32", "'mx_e2m1' takes the options 'activations' and 'compute'; found 'group'.");
  row("dynamic8:double=on", "'dynamic8' takes the options 'block', 'activations' and 'compute'; found 'double'.");
  row("NF4", "Scheme names are lower case: expected 'nf4', found 'NF4'.");
  row("GPTQ:bits=4", "Scheme names are lower case: expected 'gptq', found 'GPTQ'.");
  row("LLM.int8", "Scheme names are lower case: expected 'llm.int8', found 'LLM.int8'.");
  row("smothquant", "No scheme is called 'smothquant'; the nearest is 'smoothquant'.");
  row("int4:", "Options of a scheme are written key=value, separated by commas; found ''.");
  row("int4:group", "Options of a scheme are written key=value, separated by commas; found 'group'.");
  row("int4:group=32,", "Options of a scheme are written key=value, separated by commas; found ''.");
  row("", "A scheme begins with a name, such as 'int4'; found none.");
  row("int9", "No scheme is called 'int9'; the nearest is 'int8'.");
  row(" nf4", "No scheme is called ' nf4'; the nearest is 'nf4'.");
  row("q4_0 ", "No scheme is called 'q4_0 '; the nearest is 'q4_0'.");
  row("mxe4m3:block=32", "No scheme is called 'mxe4m3'; the nearest is 'mx_e4m3'.");
  row("int4:group=32,group=64", "The option 'group' is given twice in 'int4:group=32,group=64'.");
}

void TestScheme::withoutDataItRoundsToNearest() {
  for (const auto& [text, plain] : {std::pair("gptq:bits=4,act_order=on", "int4:group=128,range=minmax"),
                                    {"awq:bits=3,group=64", "int3:group=64,range=minmax"},
                                    {"smoothquant:alpha=0.7", "int8:activations=int8_dynamic"},
                                    {"w8a8:activations=static", "int8"},
                                    {"q4_k:method=imatrix", "q4_k"},
                                    {"int4:range=percentile,p=99", "int4:range=percentile,p=99"},
                                    {"nf4:double=on", "nf4:double=on"}})
    QCOMPARE(quant::plainScheme(Scheme::parse(text)).toString(), std::string(plain));
}

void TestScheme::refusesWithASentence() {
  QFETCH(QString, text);
  QFETCH(QString, sentence);
  try {
    Scheme::parse(text.toStdString());
    QFAIL("accepted");
  } catch (const Error& error) {
    QCOMPARE(QString::fromUtf8(error.what()), sentence);
    QVERIFY(error.code() == ErrorCode::InvalidArgument);
  }
}

void TestScheme::namesItselfForPeople_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("title");
  const auto row = [](const char* text, const char* title) {
    QTest::newRow(text) << QString(text) << QString::fromUtf8(title);
  };
  row("bf16", "BF16");
  row("fp8_e4m3", "FP8 E4M3");
  row("int8", "INT8 · row");
  row("int8:group=tensor", "INT8 · tensor");
  row("int4", "INT4 · 32");
  row("int4:group=64,range=minmax", "INT4 · 64 · min–max");
  row("nf4", "NF4 · 64");
  row("nf4:double=on", "NF4 · 64 · dq");
  row("q4_k", "Q4_K");
  row("int4:range=mse,zero=on", "INT4 · 32 · least MSE · zero-point");
  row("int4:range=percentile,p=99.5", "INT4 · 32 · 99.5 %");
  row("int4:group=64,scales=uint8", "INT4 · 64 · uint8 scales");
  row("log4:base=1.5", "LOG4 · 32 · base 1.5");
  row("fp8_e4m3:scale=block128", "FP8 E4M3 · 128 × 128");
  row("kmeans4", "K-means 4 · row");
  row("nf4:compute=bf16", "NF4 · 64 · bf16 arithmetic");
  row("int4:group=128,range=minmax,method=gptq,act_order=on", "GPTQ · INT4 · 128 · min–max · act-order");
  row("int8:activations=int8_static", "INT8 · row · static INT8 inputs");
}

void TestScheme::namesItselfForPeople() {
  QFETCH(QString, text);
  QFETCH(QString, title);
  QCOMPARE(QString::fromStdString(Scheme::parse(text.toStdString()).displayName()), title);
}

void TestScheme::registryIsConsistent() {
  std::set<std::string> texts;
  std::set<std::string> titles;
  for (const quant::Preset& preset : quant::presets()) {
    QVERIFY2(texts.insert(preset.scheme.toString()).second, preset.title.c_str());
    QVERIFY2(titles.insert(preset.title).second, preset.title.c_str());
    QVERIFY(Scheme::parse(preset.scheme.toString()) == preset.scheme);
    QVERIFY(preset.description.ends_with("."));
    QCOMPARE(quant::findPreset(preset.scheme), &preset);
    QVERIFY(quant::accepts(preset.scheme, tensor::Shape{4, 1024}));
    QVERIFY(quant::bitsPerWeight(preset.scheme, tensor::Shape{4, 1024}) >= 1.0);
    QVERIFY(quant::bitsPerWeight(preset.scheme, tensor::Shape{4, 1024}) <= 32.0);
  }
  QCOMPARE(quant::findPreset(Scheme::parse("int4:group=7")), nullptr);
}

void TestScheme::bitsComeFromTheLayout_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<double>("bits");
  const auto row = [](const char* text, double bits) { QTest::newRow(text) << QString(text) << bits; };
  // Rows of 1024 values, 4 of them.
  row("fp32", 32.0);
  row("fp8_e5m2", 8.0);
  row("int8", 8.0 + 32.0 / 1024.0);
  row("int8:group=tensor", 8.0 + 32.0 / 4096.0);
  row("int4", 4.0 + 16.0 / 32.0);
  row("int4:range=minmax", 4.0 + (16.0 + 4.0) / 32.0);
  row("int3:group=64", 3.0 + 16.0 / 64.0);
  row("nf4", 4.5);
  row("nf4:double=on", 4.0 + 8.0 / 64.0 + 2.0 * 32.0 / 4096.0);
  row("q4_0", 4.5);
  row("int4:scales=bf16", 4.5);
  row("int4:scales=uint8", 4.0 + (8.0 * 128 + 32.0) / 4096.0);
  row("log4", 4.5);
  row("kmeans4", 4.0 + 16.0 * 16.0 / 1024.0);
  row("kmeans2:group=tensor", 2.0 + 4.0 * 16.0 / 4096.0);
  row("dynamic8", 8.0 + 32.0 / 4096.0);
  row("mx_e2m3", 6.25);
  row("nv_e2m1", 4.5 + 32.0 / 4096.0);
  row("fp8_e4m3:scale=row", 8.0 + 32.0 / 1024.0);
  row("fp8_e4m3:scale=block128", 8.0 + 8.0 * 32.0 / 4096.0);
  row("q8_0", 8.5);
  row("q4_k", 4.5);
  row("q6_k", 6.5625);
  row("iq2_xxs", 2.0625);
}

void TestScheme::bitsComeFromTheLayout() {
  QFETCH(QString, text);
  QFETCH(double, bits);
  QCOMPARE(quant::bitsPerWeight(Scheme::parse(text.toStdString()), tensor::Shape{4, 1024}), bits);
}

void TestScheme::bitsEqualTheQuantizedTensor() {
  const auto zeros = std::make_shared<const std::vector<std::byte>>(5 * 96 * sizeof(float));
  for (const tensor::Shape& shape :
       {tensor::Shape{5, 96}, tensor::Shape{15, 32}, tensor::Shape{480}, tensor::Shape{32, 15}}) {
    const tensor::TensorView view{"w", tensor::DType::F32, shape, *zeros, zeros};
    for (const quant::Preset& preset : quant::presets()) {
      if (!quant::accepts(preset.scheme, shape)) continue;
      const auto calibration = support::drawnCalibration(preset.scheme, shape.rowValues());
      QCOMPARE(quant::quantize(preset.scheme, view, JobContext(), &calibration)->bitsPerWeight(),
               quant::bitsPerWeight(preset.scheme, shape));
    }
  }
}

void TestScheme::refusesShapes() {
  std::string why;
  QVERIFY(!quant::accepts(Scheme::parse("q4_0"), tensor::Shape{3, 33}, &why));
  QCOMPARE(QString::fromStdString(why),
           QString("Q4_0 needs rows of a multiple of 32 values; the rows of shape [3, 33] have 33."));
  QVERIFY(!quant::accepts(Scheme::parse("int8"), tensor::Shape{1ULL << 40, 1ULL << 40}, &why));
  QVERIFY(quant::accepts(Scheme::parse("int8"), tensor::Shape{3, 33}, &why));
  QVERIFY(why.empty());
  Scheme odd = Scheme::parse("nf4");
  odd.format.grouping.size = 7;
  QVERIFY(!quant::accepts(odd, tensor::Shape{3, 33}, &why));
  odd = Scheme::parse("q4_0");
  odd.format.grouping = {quant::Granularity::Group, 7};
  QVERIFY(!quant::accepts(odd, tensor::Shape{3, 32}, &why));
}

QTEST_GUILESS_MAIN(TestScheme)
#include "tst_scheme.moc"
