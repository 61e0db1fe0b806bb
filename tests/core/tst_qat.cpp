// Quantization-aware training: what is computed with is what the schemes' own encoders make of the latent weights, code
// for code; what is trained, and what cannot be.
#include <QtTest>
#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "core/quant/methods/finite_weights.h"
#include "qat_models.h"

using namespace core;
using namespace qat;
using train::QatRange;
using train::QatScope;

namespace {

bool isSame(const quant::QuantizedTensor& a, const quant::QuantizedTensor& b) {
  return a.scheme == b.scheme && a.shape == b.shape && a.name == b.name && a.layout.index() == b.layout.index() &&
         std::ranges::equal(a.payload, b.payload) && quant::dequantize(a) == quant::dequantize(b);
}

bool throwsNaming(const std::function<void()>& call, ErrorCode code, const char* first, const char* second) {
  try {
    call();
  } catch (const Error& error) {
    const QString sentence = error.what();
    if (error.code() == code && sentence.contains(first) && sentence.contains(second) && sentence.endsWith('.'))
      return true;
    qWarning() << sentence;
  }
  return false;
}

}  // namespace

class TestQat : public QObject {
  Q_OBJECT

 private slots:
  // Every family, after the weights have moved: the exported tensor is quantize() of the latent weights, and what a
  // pass reads is its decode.
  void tensorsAreWhatTheEncodersMake_data() {
    QTest::addColumn<bool>("learned");
    for (const char* scheme : {"fp32",
                               "fp16",
                               "bf16",
                               "fp8_e4m3",
                               "fp8_e4m3:scale=row",
                               "fp8_e5m2:scale=tensor",
                               "int8",
                               "int7",
                               "int6",
                               "int5",
                               "int4",
                               "int3",
                               "int2",
                               "int4:group=row",
                               "int8:group=tensor",
                               "int2:range=minmax",
                               "int4:range=percentile,p=99",
                               "int3:group=64,range=mse",
                               "int4:scales=uint8",
                               "int4:range=minmax,scales=uint8",
                               "log4",
                               "log4:base=1.5",
                               "kmeans2",
                               "nf4",
                               "nf4:double=on",
                               "fp4",
                               "dynamic8",
                               "mx_e4m3",
                               "mx_e2m1",
                               "mx_int8",
                               "nv_e2m1",
                               "llm_int8",
                               "hqq:bits=4,group=64",
                               "int8:activations=int8_dynamic",
                               "nf4:compute=bf16",
                               "q4_0",
                               "q5_1",
                               "q8_0",
                               "q2_k",
                               "q3_k",
                               "q4_k",
                               "q6_k",
                               "iq4_nl",
                               "iq4_xs",
                               "iq3_s",
                               "tq1_0",
                               "tq2_0",
                               "mxfp4"})
      QTest::addRow("%s", scheme) << false;
  }

  void tensorsAreWhatTheEncodersMake() {
    const quant::Scheme scheme = quant::Scheme::parse(QTest::currentDataTag());
    const Model source;
    const auto model = source.make({{kMatrix, scheme}});
    disturb(*model);
    model->prepare(JobContext());
    const Parameter& latent = parameter(*model, kMatrix);
    QVERIFY(std::ranges::equal(model->latent(kMatrix), latent.values));
    quant::QuantizedTensor values = quant::tensorOf(latent.values, source.tensor(kMatrix)->shape);
    values.name = kMatrix;
    const auto expected = quant::quantize(scheme, values);
    const auto tensors = model->tensors();
    QVERIFY(isSame(*tensors.at(kMatrix), *expected));
    QCOMPARE(tensors.at(kMatrix)->input, expected->input);
    std::vector<float> read = quant::dequantize(*expected);
    quant::roundTo(scheme.compute, read);
    QVERIFY(valuesRead(*model, kMatrix) == read);
    // What was handed out stays as it was.
    const std::vector<float> before = quant::dequantize(*tensors.at(kMatrix));
    parameter(*model, kMatrix).values.assign(latent.values.size(), 0.25F);
    model->prepare(JobContext());
    QVERIFY(quant::dequantize(*tensors.at(kMatrix)) == before);
  }

  // Learned ranges begin with what the scheme itself makes, and stay an ordinary tensor of it.
  void learnedStepsBeginWithTheScheme_data() {
    QTest::addColumn<bool>("learned");
    for (const char* scheme : {"int2:range=minmax", "int3", "int4:group=row", "int8:group=tensor", "int3:range=mse",
                               "int4:range=minmax,scales=uint8", "int5:group=48,scales=fp32"})
      QTest::addRow("%s", scheme) << true;
  }

  void learnedStepsBeginWithTheScheme() {
    const Model source;
    const auto model = source.make(QTest::currentDataTag(), {.range = QatRange::LearnedStep});
    model->prepare(JobContext());
    for (const auto& [name, scheme] : source.all(QTest::currentDataTag())) {
      const auto made = quant::quantize(scheme, *source.tensor(name));
      QVERIFY(isSame(*model->tensors().at(name), *made));
      QVERIFY(valuesRead(*model, name) == quant::dequantize(*made));
    }
  }

  void scopesSayWhatIsTrained() {
    const Model source;
    const auto matrices = source.make("int4", {.scope = QatScope::Matrices});
    QCOMPARE(matrices->parameters().size(), kMatrices.size());
    QCOMPARE(matrices->wanted().size(), kMatrices.size());
    const auto norms = source.make("int4");
    QVERIFY(has(*norms, "output_norm.weight") && has(*norms, "blk.0.attn_q.bias"));
    QVERIFY(!has(*norms, "token_embd.weight"));
    QCOMPARE(norms->parameters().size(), kMatrices.size() + 3 + 4);
    QVERIFY(!parameter(*norms, "output_norm.weight").decays && parameter(*norms, kMatrix).decays);

    // Embedding and output are one weight, stored and computed with as BF16.
    const auto everything = source.make("int4", {.scope = QatScope::Everything});
    QCOMPARE(everything->parameters().size(), norms->parameters().size() + 1);
    disturb(*everything);
    everything->prepare(JobContext());
    const auto tensor = everything->tensors().at("token_embd.weight");
    QCOMPARE(tensor->dtype(), tensor::DType::BF16);
    QVERIFY(!tensor->scheme);
    std::vector<float> expected = parameter(*everything, "token_embd.weight").values;
    QVERIFY(expected != quant::dequantize(*tensor));
    quant::roundTo(quant::ComputeType::Bf16, expected);
    QVERIFY(quant::dequantize(*tensor) == expected);
    QVERIFY(valuesRead(*everything, "token_embd.weight") == expected);
    QCOMPARE(everything->tensors().at("output_norm.weight")->dtype(), tensor::DType::F32);
  }

  void refusalsNameSchemeAndTensor() {
    Model source;
    const auto refuses = [&](const char* scheme, QatRange range, const char* named) {
      return throwsNaming(
          [&] {
            source.make({{kMatrix, quant::Scheme::parse(scheme)}}, {.range = range});
          },
          ErrorCode::Unsupported, named, kMatrix.c_str());
    };
    QVERIFY(refuses("gptq:bits=4,group=64", QatRange::Recomputed, "GPTQ"));
    QVERIFY(refuses("awq:bits=4,group=64", QatRange::LearnedStep, "AWQ"));
    QVERIFY(refuses("q4_k:method=imatrix", QatRange::Recomputed, "Q4_K"));
    QVERIFY(refuses("int8:activations=int8_static", QatRange::Recomputed, "INT8"));
    QVERIFY(refuses("nf4", QatRange::LearnedStep, "NF4"));
    QVERIFY(refuses("q4_0", QatRange::LearnedClip, "Q4_0"));
    QVERIFY(refuses("hqq:bits=4,group=64", QatRange::LearnedStep, "HQQ"));
    QVERIFY(throwsNaming(
        [&] {
          source.make({{"blk.7.attn_q.weight", quant::Scheme::parse("int4")}});
        },
        ErrorCode::NotFound, "blk.7.attn_q.weight", "INT4"));
    QVERIFY_EXCEPTION_THROWN(source.make("int4")->latent("output_norm.weight"), Error);
    std::vector<float> values = quant::dequantize(*source.tensor(kMatrix));
    values[2 * 256 + 5] = std::nanf("");
    source.replace(kMatrix, values);
    QVERIFY(throwsNaming([&] { source.make("int4"); }, ErrorCode::InvalidArgument, kMatrix.c_str(), "row 2, column 5"));
    Model odd({.width = 96, .layers = 1});
    QVERIFY(throwsNaming([&] { odd.make("q4_k"); }, ErrorCode::Unsupported, "Q4_K", "96"));
  }

  void cancelledPreparationCanBeRepeated() {
    const Model source;
    const auto model = source.make("int4");
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(model->prepare(JobContext(stop.get_token())), Cancelled);
    model->prepare(JobContext());
    QVERIFY(
        isSame(*model->tensors().at(kMatrix), *quant::quantize(quant::Scheme::parse("int4"), *source.tensor(kMatrix))));
  }
};

QTEST_APPLESS_MAIN(TestQat)
#include "tst_qat.moc"
