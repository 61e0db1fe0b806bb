// Weights that lie in several pieces: assembled as the program that stored them would, or refused with the reason.
#include <QTest>
#include <cstring>

#include "core/base/error.h"
#include "core/metrics/tensor_stats.h"
#include "core/model/tensor_roles.h"
#include "core/numeric/half.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "safetensors_builder.h"
#include "support/golden.h"

namespace io = core::io;
namespace quant = core::quant;
using core::tensor::Shape;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "bitsandbytes";

std::string state(const char* rest = "") {
  return std::string(R"({"quant_type":"nf4","blocksize":64,"dtype":"float32","shape":[32,64])") + rest + "}";
}

SafetensorsBuilder nf4(const std::string& quantState) {
  return SafetensorsBuilder()
      .add("m.weight", "U8", {1024, 1})
      .add("m.weight.quant_map", "F32", {16})
      .text("m.weight.quant_state.bitsandbytes__nf4", quantState);
}

}  // namespace

class TestLoadTensor : public QObject {
  Q_OBJECT
 private slots:
  void linear4bitDecodesAsInBitsandbytes_data();
  void linear4bitDecodesAsInBitsandbytes();
  void whatDoesNotFitIsRefused_data();
  void whatDoesNotFitIsRefused();
  void anyMapAndBlockSizes();
  void plainTensorsAreViews();
};

void TestLoadTensor::linear4bitDecodesAsInBitsandbytes_data() {
  QTest::addColumn<QString>("stem");
  for (const char* stem : {"nf4.bs64.dq", "fp4.bs64.dq"}) QTest::newRow(stem) << QString(stem);
}

/// The reference is rounded to FP16, and so is ours for the comparison. The offset of nested scales is a mean whose
/// last bit depends on the order of its sum, but it is stored: the decoding is exact.
void TestLoadTensor::linear4bitDecodesAsInBitsandbytes() {
  QFETCH(QString, stem);
  const auto model = io::openCheckpoint(kData / (stem + ".linear4bit.safetensors").toStdString());
  const auto weight = quant::loadTensor(*model, "weight");
  QCOMPARE(weight->shape, (Shape{16, 1280}));
  QVERIFY(weight->scheme.has_value());
  QCOMPARE(weight->scheme->toString(), stem.first(3).toStdString() + ":double=on");
  QVERIFY(weight->as<quant::CodeBook>() != nullptr && weight->as<quant::CodeBook>()->nested.has_value());
  const auto expected = support::readArray<std::uint16_t>(kData / (stem + ".linear4bit.dequant.f16").toStdString());
  const auto decoded = quant::dequantize(*weight);
  QCOMPARE(decoded.size(), expected.size());
  for (std::size_t i = 0; i < decoded.size(); ++i)
    QVERIFY2(
        core::numeric::halfToFloat(core::numeric::floatToHalf(decoded[i])) == core::numeric::halfToFloat(expected[i]),
        qPrintable(QString("%1: %2").arg(i).arg(decoded[i])));

  // One weight to everybody: its parameters count once, it can be measured and quantized, its pieces cannot.
  QCOMPARE(model->parameters(), 16U * 1280U);
  QVERIFY(quant::isLoadable(model->tensors()[*model->find("weight")]));
  QVERIFY(!quant::isLoadable(model->tensors()[*model->find("weight.absmax")]));
  QCOMPARE(model->tensors()[*model->find("weight.absmax")].pieceOf, std::string("weight"));
  QCOMPARE(core::metrics::summarize(*weight, 8).stats.count, 16U * 1280U);
  std::vector<float> part(100);
  quant::decode(*weight, 1250, part.size(), part.data());  // from inside a row to inside the next
  QVERIFY(std::equal(part.begin(), part.end(), decoded.begin() + 1250));
  const auto again = quant::quantize(quant::Scheme::parse("bf16"), *weight);
  QCOMPARE(quant::dequantize(*again)[77], core::numeric::bfloat16ToFloat(core::numeric::floatToBfloat16(decoded[77])));
}

void TestLoadTensor::whatDoesNotFitIsRefused_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  const std::string nested = R"(,"nested_blocksize":256,"nested_dtype":"float32","nested_offset":0.5)";
  QTest::newRow("too few maxima") << nf4(state()).add("m.weight.absmax", "F32", {31});
  QTest::newRow("maxima of another type") << nf4(state()).add("m.weight.absmax", "F16", {32});
  QTest::newRow("codes of maxima without their state") << nf4(state()).add("m.weight.absmax", "U8", {32});
  QTest::newRow("no nested maxima") << nf4(state(nested.c_str())).add("m.weight.absmax", "U8", {32});
  QTest::newRow("too short a map") << nf4(state(nested.c_str()))
                                          .add("m.weight.absmax", "U8", {32})
                                          .add("m.weight.nested_absmax", "F32", {1})
                                          .add("m.weight.nested_quant_map", "F32", {255});
  QTest::newRow("block of nothing") << nf4(R"({"blocksize":0,"shape":[32,64]})").add("m.weight.absmax", "F32", {32});
  QTest::newRow("negative block") << nf4(R"({"blocksize":-64,"shape":[32,64]})").add("m.weight.absmax", "F32", {32});
  QTest::newRow("more weights than codes")
      << nf4(R"({"blocksize":64,"shape":[64,64]})").add("m.weight.absmax", "F32", {64});
}

void TestLoadTensor::whatDoesNotFitIsRefused() {
  QFETCH(SafetensorsBuilder, file);
  const auto model = file.open();
  const std::size_t index = *model->find("m.weight");
  QVERIFY(!quant::isLoadable(model->tensors()[index]));
  QVERIFY_THROWS_EXCEPTION(core::Error, quant::loadTensor(*model, index));
}

/// A map nobody has in his tables, nested blocks of three maxima, an odd number of weights: no scheme says that.
void TestLoadTensor::anyMapAndBlockSizes() {
  const auto raw = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  std::vector<float> map(16), nestedMap(256);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<float>(i) - 7.0F;
  for (std::size_t i = 0; i < nestedMap.size(); ++i) nestedMap[i] = static_cast<float>(i) / 8.0F;
  const auto model = SafetensorsBuilder()
                         .data("m.weight", "U8", {5, 1}, std::string("\x01\x23\x45\x67\x80", 5))
                         .data("m.weight.quant_map", "F32", {16}, raw(map))
                         .data("m.weight.absmax", "U8", {5}, std::string("\x08\x10\x18\x20\x28", 5))
                         .data("m.weight.nested_absmax", "F32", {2}, raw({2, 10}))
                         .data("m.weight.nested_quant_map", "F32", {256}, raw(nestedMap))
                         .text("m.weight.quant_state.bitsandbytes__nf4",
                               R"({"blocksize":2,"shape":[3,3],"nested_blocksize":3,"nested_offset":-1})")
                         .open();
  const auto weight = quant::loadTensor(*model, "m.weight");
  QVERIFY(!weight->scheme);
  const std::vector<float> decoded = quant::dequantize(*weight);
  for (std::size_t i = 0; i < 9; ++i) {
    const std::size_t block = i / 2;
    const float absmax = static_cast<float>(block + 1) * (block < 3 ? 2.0F : 10.0F) - 1.0F;
    QCOMPARE(decoded[i], (static_cast<float>(i) - 7.0F) * absmax);
  }
}

void TestLoadTensor::plainTensorsAreViews() {
  const auto model = SafetensorsBuilder().add("m.weight", "F32", {2, 3}).open();
  const auto weight = quant::loadTensor(*model, "m.weight");
  QCOMPARE(weight->payload.data(), model->view("m.weight").bytes.data());
  QVERIFY_THROWS_EXCEPTION(core::Error, quant::loadTensor(*model, "m.bias"));
}

QTEST_GUILESS_MAIN(TestLoadTensor)
#include "tst_load_tensor.moc"
