// Golden folders in every packed layout (tests/data/packed): each weight decodes to the very bits that an independent
// reader has, which agrees with the projects' own code; damaged ones are listed with a reason.
#include <QTest>
#include <bit>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/model/tensor_roles.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/golden.h"

namespace fs = std::filesystem;
namespace io = core::io;
namespace quant = core::quant;

namespace {

const fs::path kData = fs::path(QS_TEST_DATA) / "packed";

QStringList folders(const fs::path& root, const char* mark) {
  QStringList names;
  for (const auto& entry : fs::directory_iterator(root))
    if (fs::exists(entry.path() / mark)) names.append(QString::fromStdString(entry.path().filename().string()));
  names.sort();
  return names;
}

/// Bits equal, any NaN like any other. @param steps by how many of the last bit it may be off
bool isSame(float value, float expected, int steps) {
  if (std::isnan(expected)) return std::isnan(value);
  const auto bits = std::bit_cast<std::int32_t>(value), wanted = std::bit_cast<std::int32_t>(expected);
  return bits == wanted || (steps != 0 && std::abs(bits - wanted) <= steps);
}

/// Blocks of it can be looked at bit by bit.
void explainsItself(const quant::QuantizedTensor& weight) {
  for (const std::uint64_t row : {std::uint64_t{0}, weight.rows() - 1}) {
    const quant::BlockExplanation explained = quant::explainStored(weight, row, 0);
    QVERIFY(explained.isStored && explained.scheme == weight.scheme);
    QVERIFY(explained.bitsPerWeight > 0.0);
  }
}

}  // namespace

class TestPackedGolden : public QObject {
  Q_OBJECT
 private slots:
  void decodesAsItsProject_data();
  void decodesAsItsProject();
  void showsWhatItIs_data();
  void showsWhatItIs();
  void groupsAcrossRowsOfScalesHaveAReason_data();
  void groupsAcrossRowsOfScalesHaveAReason();
  void damagedWeightsAreListedWithAReason_data();
  void damagedWeightsAreListedWithAReason();
};

void TestPackedGolden::decodesAsItsProject_data() {
  QTest::addColumn<QString>("folder");
  for (const QString& name : folders(kData, "expected.safetensors"))
    if (!name.startsWith("hqq_axis0")) QTest::newRow(qPrintable(name)) << name;
}

void TestPackedGolden::decodesAsItsProject() {
  QFETCH(QString, folder);
  const auto model = io::openCheckpoint(kData / folder.toStdString() / "model.safetensors");
  const auto golden = io::openCheckpoint(kData / folder.toStdString() / "expected.safetensors");
  // Here the constant for 1/127 goes into the scale, as where this program makes such weights.
  const int steps = folder == "bnb_int8" ? 2 : 0;
  const bool isOrdered = folder.contains("act_order") || folder.contains("pack_g_idx") || folder == "gptq_8bit";
  std::uint64_t weights = 0;
  for (std::size_t i = 0; i < golden->tensors().size(); ++i) {
    const std::string& name = golden->tensors()[i].name;
    const auto index = model->find(name);
    QVERIFY2(index.has_value(), name.c_str());
    const io::TensorInfo& tensor = model->tensors()[*index];
    QVERIFY2(tensor.isReadable(), tensor.unreadable.c_str());
    QVERIFY(tensor.assembly != io::Assembly::None && tensor.pieceOf.empty());
    QCOMPARE(tensor.name, name);
    if (!tensor.codesName.empty()) QCOMPARE(model->find(tensor.codesName), index);
    const auto weight = quant::loadTensor(*model, *index);
    const auto expected = quant::dequantize(*quant::loadTensor(*golden, i));
    QCOMPARE(weight->shape, golden->tensors()[i].shape);
    QCOMPARE(weight->shape, tensor.shape);
    QVERIFY(!weight->dtype());  // codes
    const auto decoded = quant::dequantize(*weight);
    for (std::size_t k = 0; k < decoded.size(); ++k)
      QVERIFY2(isSame(decoded[k], expected[k], steps), qPrintable(QString("%1[%2] is %3, expected %4")
                                                                      .arg(name.c_str())
                                                                      .arg(k)
                                                                      .arg(decoded[k], 0, 'g', 9)
                                                                      .arg(expected[k], 0, 'g', 9)));
    QCOMPARE(weight->changes != nullptr, isOrdered);
    if (weight->scheme) QCOMPARE(quant::Scheme::parse(weight->scheme->toString()), *weight->scheme);
    explainsItself(*weight);
    weights += weight->shape.count();
  }
  // Its pieces count nothing, what no layout packs counts itself, and recipes keep the pieces.
  const auto choices = core::model::chooseTensors(*model);
  for (std::size_t i = 0; i < model->tensors().size(); ++i) {
    const io::TensorInfo& tensor = model->tensors()[i];
    if (tensor.assembly == io::Assembly::None && tensor.pieceOf.empty()) weights += tensor.parameters;
    if (tensor.pieceOf.empty()) continue;
    QCOMPARE(tensor.parameters, 0U);
    QCOMPARE(choices[i].fate, core::model::Fate::Keep);
    QVERIFY(model->find(tensor.pieceOf).has_value());
    if (tensor.isReadable()) QVERIFY(quant::loadTensor(*model, i)->dtype().has_value());
  }
  QCOMPARE(model->parameters(), weights);
}

void TestPackedGolden::showsWhatItIs_data() {
  QTest::addColumn<QString>("folder");
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("scheme");  // empty: no text says it
  const auto row = [](const char* folder, const char* type, const char* scheme) {
    QTest::newRow(folder) << folder << type << scheme;
  };
  row("gptq_llama", "GPTQ INT4 · 32", "int4:method=gptq");
  row("gptq_act_order", "GPTQ INT4 · 32", "int4:range=minmax,method=gptq,act_order=on");
  row("gptq_3bit", "GPTQ INT3 · 32", "int3:range=minmax,method=gptq");
  row("gptq_row", "GPTQ INT4 · row", "int4:group=row,range=minmax,scales=fp16,method=gptq");
  row("awq_gemm", "AWQ INT4 · 32", "int4:range=minmax,method=awq");
  row("awq_gemv128", "AWQ INT4 · 128", "int4:group=128,range=minmax,method=awq");
  row("ct_pack_llama", "INT4 · 32", "int4:scales=bf16");
  row("ct_pack_g_idx", "INT4 · 32", "int4:scales=bf16,method=gptq,act_order=on");
  row("ct_int8", "INT8 · row", "int8:scales=bf16,activations=int8_dynamic");
  row("ct_fp8_channel", "FP8 E4M3 · row", "fp8_e4m3:scale=row,activations=fp8_dynamic");
  row("ct_fp8_block", "FP8 E4M3 · 128 × 128", "fp8_e4m3:scale=block128");
  row("fp8_llama", "FP8 E4M3 · 32 × 16", "");
  row("fp8_tensor", "FP8 E4M3 · tensor", "fp8_e4m3:scale=tensor,activations=fp8_static");
  row("modelopt_fp8", "FP8 E4M3 · tensor", "fp8_e4m3:scale=tensor,activations=fp8_static");
  row("ct_nvfp4_llama", "NVFP4", "nv_e2m1");
  row("modelopt_nvfp4_llama", "NVFP4", "nv_e2m1");
  row("ct_mxfp4", "MXFP4", "mx_e2m1");
  row("gpt_oss", "MXFP4", "mx_e2m1");
  row("bnb_nf4_llama", "NF4 · 64 · dq", "");   // a map of absmax that differs in a last bit
  row("bnb_nf4_double", "NF4 · 64 · dq", "");  // nested blocks of 16
  row("bnb_int8", "LLM.int8()", "llm_int8");
  row("hqq_llama", "HQQ INT4 · 32", "int4:range=minmax,scales=bf16,method=hqq");
  row("hqq_1bit", "HQQ INT1 · 32", "");
}

void TestPackedGolden::showsWhatItIs() {
  QFETCH(QString, folder);
  QFETCH(QString, type);
  QFETCH(QString, scheme);
  const auto model = io::openCheckpoint(kData / folder.toStdString());
  const auto golden = io::openCheckpoint(kData / folder.toStdString() / "expected.safetensors");
  const auto down = model->find("model.layers.0.mlp.down_proj.weight");
  const std::size_t index = down ? *down : *model->find(golden->tensors().front().name);
  QCOMPARE(QString::fromStdString(model->tensors()[index].typeName), type);
  const auto weight = quant::loadTensor(*model, index);
  QCOMPARE(weight->scheme ? QString::fromStdString(weight->scheme->toString()) : QString(), scheme);
  const bool hasInput = scheme.contains("activations") || folder == "bnb_int8";
  QCOMPARE(weight->input.has_value(), hasInput);
  if (scheme.contains("fp8_static")) QVERIFY(weight->input->scale > 0.0F);
  if (folder == "bnb_int8") QVERIFY(weight->input->threshold > 0.0F);
}

void TestPackedGolden::groupsAcrossRowsOfScalesHaveAReason_data() {
  QTest::addColumn<QString>("folder");
  for (const char* name : {"hqq_axis0", "hqq_axis0_3bit"}) QTest::newRow(name) << QString(name);
}

void TestPackedGolden::groupsAcrossRowsOfScalesHaveAReason() {
  QFETCH(QString, folder);
  const auto model = io::openCheckpoint(kData / folder.toStdString());
  const auto& codes = model->tensors()[*model->find("model.layers.0.mlp.down_proj.W_q")];
  QVERIFY2(codes.unreadable.find("axis=0") != std::string::npos, codes.unreadable.c_str());
}

void TestPackedGolden::damagedWeightsAreListedWithAReason_data() {
  QTest::addColumn<QString>("folder");
  for (const QString& name : folders(kData / "damaged", "damaged.json")) QTest::newRow(qPrintable(name)) << name;
}

/// Where a setting of the config is wrong and the tensors' sizes say the same thing, they are believed; and where a
/// piece is missing that the config says, too, it is.
void TestPackedGolden::damagedWeightsAreListedWithAReason() {
  QFETCH(QString, folder);
  const std::set<QString> kSaidElsewhere = {"gptq_bits_0",         "gptq_bits_9",     "gptq_bits_text", "gptq_group_0",
                                            "gptq_group_negative", "gptq_group_huge", "fp8_tile_0",     "hqq_no_nbits"};
  const auto model = io::openCheckpoint(kData / "damaged" / folder.toStdString());
  const auto about = support::readJson(kData / "damaged" / folder.toStdString() / "damaged.json");
  const auto name = about["weight"].get<std::string>();
  const auto whole = model->find(name);
  const bool isAssembled = whole && model->tensors()[*whole].assembly != io::Assembly::None;
  QCOMPARE(isAssembled, kSaidElsewhere.contains(folder));
  if (isAssembled) QVERIFY(!quant::dequantize(*quant::loadTensor(*model, *whole)).empty());
  const std::string base = name.ends_with(".weight") ? name.substr(0, name.size() - 7) : name;
  bool hasReason = isAssembled;
  for (std::size_t i = 0; i < model->tensors().size(); ++i) {
    const io::TensorInfo& tensor = model->tensors()[i];
    if (!tensor.name.starts_with(base) || tensor.isReadable()) continue;
    hasReason = true;
    QVERIFY_THROWS_EXCEPTION(core::Error, quant::loadTensor(*model, i));
  }
  QVERIFY(hasReason);
  if (!about["sound"].is_null()) {
    const auto sound = quant::loadTensor(*model, about["sound"].get<std::string>());
    QVERIFY(!sound->dtype() && !quant::dequantize(*sound).empty());
  }
}

QTEST_GUILESS_MAIN(TestPackedGolden)
#include "tst_packed_golden.moc"
