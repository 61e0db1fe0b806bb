// What is odd about one tensor or one string does not close the file: the tensor is listed with its type, its size and
// the reason why it cannot be read, and nobody gets past that reason; the string shows its bytes.
#include <QTest>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/io/safetensors.h"
#include "core/metrics/channel_ranges.h"
#include "core/metrics/matrix_map.h"
#include "core/metrics/tensor_stats.h"
#include "core/model/config.h"
#include "core/quant/quantizer.h"
#include "file_bytes.h"

namespace io = core::io;
using core::tensor::DType;
using core::tensor::Shape;

class TestOddTensors : public QObject {
  Q_OBJECT
 private slots:
  void ggufTensors_data();
  void ggufTensors();
  void sizeComesFromTheOffsets();
  void numberThatBitNetTookFirst();
  void unreadableWeightsCannotRun();
  void safetensorsTensors_data();
  void safetensorsTensors();
  void everyDTypeOfAFileHasADecoder();
  void nobodyPassesTheGate();
  void ggufStringsShowTheirBytes();
  void vocabularyKeepsItsBytes();
  void safetensorsMetadataMayBeOdd();
  void safetensorsStringsShowTheirBytes();
  void manyKeysAreFoundQuickly();
};

namespace {

constexpr std::uint32_t kF32 = 0, kString = 8, kArray = 9;

std::shared_ptr<const io::Checkpoint> gguf(const FileBytes& file) {
  const ExactBytes bytes(file.bytes());
  return io::parseGguf(bytes.span, bytes.owner, "odd.gguf");
}

std::shared_ptr<const io::Checkpoint> safetensors(const FileBytes& file) {
  const ExactBytes bytes(file.bytes());
  return io::parseSafetensors(bytes.span, bytes.owner, "odd.safetensors");
}

/// The sentence a call is refused with; empty when it is not, or not as Unsupported.
template <typename Function>
QString refusal(const Function& function) {
  try {
    function();
  } catch (const core::Error& error) {
    if (error.code() == core::ErrorCode::Unsupported) return QString::fromUtf8(error.what());
  }
  return {};
}

void columns() {
  QTest::addColumn<FileBytes>("file");
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("reason");
  QTest::addColumn<qulonglong>("parameters");
}

/// The odd tensor is listed, and the other one is as good as ever.
void check(const io::Checkpoint& model) {
  QFETCH(QString, type);
  QFETCH(QString, reason);
  QFETCH(qulonglong, parameters);
  const auto& odd = model.tensors()[*model.find("odd")];
  QCOMPARE(QString::fromStdString(odd.typeName), type);
  QVERIFY2(QString::fromStdString(odd.unreadable).contains(reason), odd.unreadable.c_str());
  QVERIFY(!odd.isReadable());
  QCOMPARE(odd.parameters, std::uint64_t{parameters});
  QCOMPARE(model.parameters(), odd.parameters + 2);
  QVERIFY(model.tensors()[*model.find("good")].isReadable());
  QCOMPARE(core::quant::dequantize(*core::quant::wrapStored(model.view("good"))), (std::vector<float>{1.5F, 2.5F}));
  const QString sentence = refusal([&] { (void)core::quant::wrapStored(model.view("odd")); });
  QVERIFY2(sentence.contains("\"odd\"") && sentence.contains(reason) && sentence.endsWith('.'), qPrintable(sentence));
}

}  // namespace

void TestOddTensors::ggufTensors_data() {
  columns();
  const auto row = [](const char* name, const std::vector<std::uint64_t>& extents, std::uint32_t ggmlType,
                      const char* type, const char* reason, qulonglong parameters) {
    QTest::newRow(name) << FileBytes::gguf(2, 0)
                               .tensor("good", {2}, kF32, 0)
                               .tensor("odd", extents, ggmlType, 32)
                               .padTo(32)
                               .number(1.5F)
                               .number(2.5F)
                               .zeros(24 + 64)
                        << type << reason << parameters;
  };
  row("BitNet", {64, 4}, 36, "i2_s", "i2_s of BitNet", 256);
  row("BitNet activations", {64}, 37, "i8_s", "i8_s of BitNet", 64);
  row("ik_llama", {256}, 137, "iq2_k", "iq2_k of ik_llama.cpp", 256);
  row("ik_llama interleaved", {256}, 339, "iq4_k_r4", "iq4_k_r4 of ik_llama.cpp", 256);
  row("removed", {32}, 4, "q4_2", "removed from GGUF", 32);
  row("unknown number", {32}, 4711, "type 4711", "4711 is not known", 32);
  row("largest number", {32}, ~0U, "type 4294967295", "not known", 32);
  row("activation type", {32}, 9, "q8_1", "q8_1", 32);
  row("no dimensions", {}, kF32, "f32", "0 dimensions", 1);
  row("five dimensions", {1, 2, 1, 2, 1}, kF32, "f32", "5 dimensions", 4);
  row("no values", {8, 0}, kF32, "f32", "no values", 0);
  row("no values, large claim", {1ULL << 62, 0, 1ULL << 62}, kF32, "f32", "no values", 0);
  row("unknown without values", {0}, 36, "i2_s", "i2_s", 0);
}

void TestOddTensors::ggufTensors() {
  QFETCH(FileBytes, file);
  check(*gguf(file));
}

void TestOddTensors::sizeComesFromTheOffsets() {
  const auto model = gguf(FileBytes::gguf(4, 0)
                              .tensor("last", {32}, 36, 192)
                              .tensor("first", {32}, 137, 0)
                              .tensor("known", {8}, kF32, 64)
                              .tensor("middle", {32}, 4711, 96)
                              .padTo(32)
                              .zeros(200));
  const auto bytes = [&](const char* name) { return model->tensors()[*model->find(name)].bytes; };
  QCOMPARE(bytes("first"), 64U);
  QCOMPARE(bytes("known"), 32U);
  QCOMPARE(bytes("middle"), 96U);
  QCOMPARE(bytes("last"), 8U);
  QCOMPARE(model->view("middle").bytes.size(), 96U);
}

void TestOddTensors::numberThatBitNetTookFirst() {
  const auto typeIn = [](const char* architecture) {
    const auto model = gguf(FileBytes::gguf(1, 1)
                                .string("general.architecture")
                                .u32(kString)
                                .string(architecture)
                                .tensor("w", {32}, 39, 0)
                                .padTo(32)
                                .zeros(17));
    return model->tensors()[0].typeName + (model->tensors()[0].isReadable() ? "" : " unreadable");
  };
  QCOMPARE(typeIn("bitnet-b1.58"), std::string("tl2 unreadable"));
  QCOMPARE(typeIn("gpt-oss"), std::string("mxfp4"));
}

void TestOddTensors::unreadableWeightsCannotRun() {
  const auto model = gguf(FileBytes::gguf(1, 1)
                              .string("general.architecture")
                              .u32(kString)
                              .string("llama")
                              .tensor("blk.0.attn_q.weight", {256}, 139, 0)
                              .padTo(32)
                              .zeros(144));
  const QString why = QString::fromStdString(core::model::whyNotRunnable(*model).value_or(""));
  QVERIFY2(why.contains("\"blk.0.attn_q.weight\"") && why.contains("iq4_k of ik_llama.cpp"), qPrintable(why));
}

void TestOddTensors::safetensorsTensors_data() {
  columns();
  const auto row = [](const char* dtype, const char* shape, std::size_t bytes, const char* type, const char* reason,
                      qulonglong parameters) {
    const std::string header = std::string(R"({"good":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)") +
                               R"("odd":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[8,)" +
                               std::to_string(8 + bytes) + "]}}";
    QTest::newRow(dtype) << FileBytes::safetensors(header).number(1.5F).number(2.5F).zeros(bytes) << type << reason
                         << parameters;
  };
  row("F4", "[4,2]", 4, "f4", "\"F4\"", 8);
  row("F6_E2M3", "[4]", 3, "f6_e2m3", "F6_E2M3", 4);
  row("F6_E3M2", "[4]", 3, "f6_e3m2", "F6_E3M2", 4);
  row("F8_E8M0", "[4]", 4, "f8_e8m0", "F8_E8M0", 4);
  row("F8_E4M3FNUZ", "[4]", 4, "f8_e4m3fnuz", "F8_E4M3FNUZ", 4);
  row("F8_E5M2FNUZ", "[4]", 4, "f8_e5m2fnuz", "F8_E5M2FNUZ", 4);
  row("C64", "[2]", 16, "c64", "C64", 2);
  row("anything", "[]", 5, "anything", "\"anything\"", 1);
  row("<b>no type</b>", "[1]", 1, "unknown", "<b>no type", 1);
  row("F32", "[4611686018427387904,0]", 0, "f32", "no values", 0);
}

void TestOddTensors::safetensorsTensors() {
  QFETCH(FileBytes, file);
  check(*safetensors(file));
}

// `unreadable` is all that views ask, so the parsers have to set it for every type without a decoder.
void TestOddTensors::everyDTypeOfAFileHasADecoder() {
  for (const auto& type : core::tensor::allDTypes()) {
    QVERIFY2(core::quant::isDecodable(type.dtype) || type.dtype == DType::Q8_1, type.name.data());
  }
  QVERIFY(!core::quant::isDecodable(DType::Unknown));
}

void TestOddTensors::nobodyPassesTheGate() {
  const std::vector<float> values(64, 1.0F);
  const core::tensor::TensorView view{"codes", DType::F32,      Shape{2, 32}, std::as_bytes(std::span(values)),
                                      nullptr, "it holds codes"};
  std::vector<float> out(64);
  const auto refused = [](const auto& function) { return refusal(function).contains("it holds codes"); };
  QVERIFY(refused([&] { core::quant::decode(view, 0, 64, out.data()); }));
  QVERIFY(refused([&] { (void)core::quant::wrapStored(view); }));
  for (const char* scheme : {"fp32", "bf16", "int8", "nf4", "q8_0"}) {
    QVERIFY(refused([&] { (void)core::quant::quantize(core::quant::Scheme::parse(scheme), view); }));
  }
  QVERIFY(refused([&] { (void)core::metrics::summarize(view, 8); }));
  QVERIFY(refused([&] { (void)core::metrics::histogram(view, -1, 1, 8); }));
  QVERIFY(refused([&] { (void)core::metrics::channelRanges(view); }));
  QVERIFY(refused([&] { (void)core::metrics::matrixMap(view, 8, 8); }));
}

void TestOddTensors::ggufStringsShowTheirBytes() {
  const auto model = gguf(FileBytes::gguf(1, 3)
                              .string("a\xFFz")
                              .u32(kString)
                              .string("\xC0\x80 and an é")
                              .string("general.name")
                              .u32(kString)
                              .string("nice\xED\xA0\x80")
                              .string("fine")
                              .u32(kString)
                              .string("é\n")
                              .tensor("w\xFE", {2}, kF32, 0)
                              .padTo(32)
                              .zeros(8));
  QCOMPARE(model->metadata().string("a\\xFFz"), std::optional<std::string>("\\xC0\\x80 and an é"));
  QCOMPARE(model->metadata().string("fine"), std::optional<std::string>("é\n"));
  QCOMPARE(model->name(), std::string("nice\\xED\\xA0\\x80"));
  QCOMPARE(model->tensors()[0].name, std::string("w\\xFE"));
  QCOMPARE(model->view("w\\xFE").bytes.size(), 8U);
  QCOMPARE(model->warnings().size(), 1U);
  const QString warning = QString::fromStdString(model->warnings()[0]);
  QVERIFY2(warning.contains("4 of its strings") && warning.contains("\"a\\xFFz\"") && warning.endsWith('.'),
           qPrintable(warning));
  QVERIFY(gguf(FileBytes::gguf(0, 1).string("k").u32(kString).string("é"))->warnings().empty());
}

void TestOddTensors::vocabularyKeepsItsBytes() {
  const auto model =
      gguf(FileBytes::gguf(0, 1).string("tokens").u32(kArray).u32(kString).u64(2).string("\xF0\x9F").string("é"));
  const auto* tokens = model->metadata().array("tokens");
  QCOMPARE(tokens->strings(), (std::vector<std::string>{"\xF0\x9F", "é"}));
  QCOMPARE(tokens->preview(8), std::string("[\"\\xF0\\x9F\", \"é\"]"));
  QCOMPARE(model->warnings().size(), 1U);
}

void TestOddTensors::safetensorsMetadataMayBeOdd() {
  const std::string tensor = "\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
  for (const char* odd : {"null", "5", "\"text\"", "[]", "[[1],{\"a\":\"b\"}]", "{\"n\":1}", "{\"n\":null}",
                          "{\"n\":{\"deep\":[\"x\"]}}"}) {
    const auto model = safetensors(FileBytes::safetensors("{\"__metadata__\":" + std::string(odd) + "," + tensor, 1));
    QCOMPARE(model->view("w").shape, Shape{1});
    QCOMPARE(model->metadata().entries().size(), 0U);
    QCOMPARE(model->warnings().size(), 1U);
    QVERIFY(QString::fromStdString(model->warnings()[0]).contains("texts only"));
  }
  const auto mixed = safetensors(
      FileBytes::safetensors("{\"__metadata__\":{\"a\":\"1\",\"b\":[{\"c\":\"2\"}],\"d\":\"3\"}," + tensor, 1));
  QCOMPARE(mixed->metadata().entries().size(), 2U);
  QCOMPARE(mixed->metadata().string("d"), std::optional<std::string>("3"));
}

void TestOddTensors::safetensorsStringsShowTheirBytes() {
  const auto model =
      safetensors(FileBytes::safetensors("{\"__metadata__\":{\"k\xFF\":\"v\xC3\"},"
                                         "\"w\x80\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                                         1));
  QCOMPARE(model->metadata().string("k\\xFF"), std::optional<std::string>("v\\xC3"));
  QCOMPARE(model->view("w\\x80").shape, Shape{1});
  QCOMPARE(model->warnings().size(), 1U);
  QVERIFY(QString::fromStdString(model->warnings()[0]).contains("not valid UTF-8"));
}

void TestOddTensors::manyKeysAreFoundQuickly() {
  constexpr std::uint64_t kKeys = 200'000;
  FileBytes file = FileBytes::gguf(0, kKeys);
  for (std::uint64_t i = 0; i < kKeys; ++i) file.string("key." + std::to_string(i)).u32(10).u64(i);
  const auto model = gguf(file);
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    if (model->metadata().unsignedInteger("key." + std::to_string(i)) != i) QFAIL("a key was lost");
  }
  const io::Metadata copy = model->metadata();  // the index follows the entries
  QCOMPARE(copy.unsignedInteger("key.199999"), std::optional<std::uint64_t>(199'999));
  QVERIFY(copy.find("key.200000") == nullptr);
}

QTEST_GUILESS_MAIN(TestOddTensors)
#include "tst_odd_tensors.moc"
