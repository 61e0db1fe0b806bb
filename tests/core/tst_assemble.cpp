// Packed weights by hand: each family's order of bits, its formula and its grids of scales; what stays where it lies.
#include <QTest>
#include <cstring>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/name_pattern.h"
#include "core/io/quantization_config.h"
#include "core/numeric/half.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "safetensors_builder.h"
#include "support/time_limit.h"

namespace io = core::io;
namespace quant = core::quant;
using core::tensor::Shape;

namespace {

template <class Value>
std::string raw(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}
std::string words(std::vector<std::uint32_t> values) { return raw(values); }
std::string longs(std::vector<std::int64_t> values) { return raw(values); }
std::string floats(std::vector<float> values) { return raw(values); }
std::string bytes(std::vector<std::uint8_t> values) { return raw(values); }

std::vector<float> decoded(const SafetensorsBuilder& file, const char* name = "m.weight") {
  return quant::dequantize(*quant::loadTensor(*file.open(), name));
}

/// FP8 E4M3: 1, and 2.
constexpr std::uint8_t kOne = 0x38, kTwo = 0x40;

}  // namespace

class TestAssemble : public QObject {
  Q_OBJECT
 private slots:
  void gptqZeroPointsAreStoredLessOne();
  void gptqWithoutZeroPointsIsSymmetric();
  void actOrderSortsColumns();
  void awqTakesOutputsInItsOrder();
  void compressedTensorsPackZeroPointsDownTheRows();
  void scalesOfEveryGrid_data();
  void scalesOfEveryGrid();
  void fusedPartsHaveTheirOwnScales();
  void nvfp4DividesOrMultiplies();
  void hqqPutsTheFirstHalfIntoHighNibbles();
  void int8HasZeroPoints();
  void codesStayWhereTheyLie_data();
  void codesStayWhereTheyLie();
  void targetsChooseTheGroup();
  void inputsAsTheConfigSays_data();
  void inputsAsTheConfigSays();
  void changedInputsAreRefused();
  void namePatterns_data();
  void namePatterns();
  void manyPatterns();
};

/// One word is eight inputs of an output, lowest bits first: code i of output o is i there, plus o.
void TestAssemble::gptqZeroPointsAreStoredLessOne() {
  std::vector<std::uint32_t> codes(8);
  for (std::uint32_t o = 0; o < 8; ++o)
    for (std::uint32_t i = 0; i < 8; ++i) codes[o] |= ((i + o) % 16) << (4 * i);
  std::vector<float> scales(8);
  for (std::size_t o = 0; o < 8; ++o) scales[o] = static_cast<float>(o + 1);
  const auto file = [&](const char* format) {
    return SafetensorsBuilder()
        .data("m.qweight", "I32", {1, 8}, words(codes))
        .data("m.qzeros", "I32", {1, 1}, words({0xF7654321U}))  // 1, 2 … 7, 15
        .data("m.scales", "F32", {1, 8}, floats(scales))
        .config(std::string(R"({"quant_method":"gptq","bits":4,"checkpoint_format":")") + format + "\"}");
  };
  const auto first = decoded(file("gptq")), second = decoded(file("gptq_v2"));
  for (std::size_t o = 0; o < 8; ++o) {
    const int stored = o == 7 ? 15 : static_cast<int>(o) + 1;
    for (std::size_t i = 0; i < 8; ++i) {
      const int code = static_cast<int>(i + o) % 16;
      QCOMPARE(first[o * 8 + i], scales[o] * static_cast<float>(code - (stored + 1) % 16));
      QCOMPARE(second[o * 8 + i], scales[o] * static_cast<float>(code - stored));
    }
  }
}

void TestAssemble::gptqWithoutZeroPointsIsSymmetric() {
  const auto file = SafetensorsBuilder()
                        .data("m.qweight", "I32", {1, 1}, words({0x76543210U}))
                        .data("m.scales", "F32", {1, 1}, floats({0.5F}))
                        .config(R"({"bits":4,"sym":true})");
  const auto weight = quant::loadTensor(*file.open(), "m.weight");
  QVERIFY(weight->as<quant::Uniform>()->zeroPoints.empty());
  const auto values = quant::dequantize(*weight);
  for (std::size_t i = 0; i < 8; ++i) QCOMPARE(values[i], 0.5F * (static_cast<float>(i) - 8.0F));
}

void TestAssemble::actOrderSortsColumns() {
  const auto file = SafetensorsBuilder()
                        .data("m.qweight", "I32", {1, 1}, words({0x76543210U}))
                        .data("m.scales", "F32", {2, 1}, floats({1.0F, 100.0F}))
                        .data("m.g_idx", "I32", {8}, words({1, 0, 1, 0, 0, 1, 1, 0}))
                        .config(R"({"bits":4,"group_size":4})");
  const auto weight = quant::loadTensor(*file.open(), "m.weight");
  QVERIFY(weight->changes != nullptr);
  QCOMPARE(weight->changes->order, (std::vector<std::uint32_t>{1, 3, 4, 7, 0, 2, 5, 6}));
  const auto values = quant::dequantize(*weight);
  for (const std::size_t i : {0U, 2U, 5U, 6U}) QCOMPARE(values[i], 100.0F * (static_cast<float>(i) - 8.0F));
  for (const std::size_t i : {1U, 3U, 4U, 7U}) QCOMPARE(values[i], static_cast<float>(i) - 8.0F);
  std::vector<float> lying(8);
  quant::dequantizeRows(*weight, 0, 1, lying.data(), quant::Columns::AsStored);
  QCOMPARE(lying[4], values[0]);
}

/// Nibbles 0 … 7 of a word are the outputs 0, 2, 4, 6, 1, 3, 5, 7.
void TestAssemble::awqTakesOutputsInItsOrder() {
  constexpr std::array kOutput = {0, 2, 4, 6, 1, 3, 5, 7};
  std::vector<std::uint32_t> codes(16);  // 16 inputs, 8 outputs: code (input + output) mod 16
  std::uint32_t zeros = 0;
  for (std::uint32_t nibble = 0; nibble < 8; ++nibble) {
    const auto output = static_cast<std::uint32_t>(kOutput[nibble]);
    zeros |= output << (4 * nibble);
    for (std::uint32_t input = 0; input < 16; ++input) codes[input] |= ((input + output) % 16) << (4 * nibble);
  }
  const auto values = decoded(SafetensorsBuilder()
                                  .data("m.qweight", "I32", {16, 1}, words(codes))
                                  .data("m.qzeros", "I32", {1, 1}, words({zeros}))
                                  .data("m.scales", "F32", {1, 8}, floats({1, 2, 3, 4, 5, 6, 7, 8})));
  for (std::size_t output = 0; output < 8; ++output)
    for (std::size_t input = 0; input < 16; ++input)
      QCOMPARE(
          values[output * 16 + input],
          static_cast<float>(output + 1) * (static_cast<float>((input + output) % 16) - static_cast<float>(output)));
}

void TestAssemble::compressedTensorsPackZeroPointsDownTheRows() {
  // Three rows of eight columns in two groups; zero-points −8, −7, −6 and −1, 0, 1.
  const auto values =
      decoded(SafetensorsBuilder()
                  .data("m.weight_packed", "I32", {3, 1}, words({0x76543210U, 0xFEDCBA98U, 0x88888888U}))
                  .data("m.weight_scale", "F32", {3, 2}, floats({1, 2, 3, 4, 5, 6}))
                  .data("m.weight_zero_point", "I32", {1, 2}, words({0x210U, 0x987U}))
                  .data("m.weight_shape", "I64", {2}, longs({3, 8})));
  for (int i = 0; i < 8; ++i) {
    const auto first = static_cast<float>(i < 4 ? 1 : 2), second = static_cast<float>(i < 4 ? 3 : 4);
    QCOMPARE(values[static_cast<std::size_t>(i)], first * static_cast<float>(i - 8 - (i < 4 ? -8 : -1)));
    QCOMPARE(values[static_cast<std::size_t>(8 + i)], second * static_cast<float>(i - (i < 4 ? -7 : 0)));
    QCOMPARE(values[static_cast<std::size_t>(16 + i)], (i < 4 ? 5.0F : 6.0F) * (i < 4 ? 6.0F : -1.0F));
  }
}

void TestAssemble::scalesOfEveryGrid_data() {
  QTest::addColumn<QList<int>>("weight");
  QTest::addColumn<QList<int>>("scales");
  QTest::addColumn<QString>("config");
  QTest::addColumn<QList<int>>("tile");  // rows, columns
  const auto row = [](const char* name, QList<int> weight, QList<int> scales, const char* config, QList<int> tile) {
    QTest::newRow(name) << weight << scales << config << tile;
  };
  const char* const block = R"({"weight_block_size":[4,8]})";
  row("scalar", {6, 16}, {}, "", {6, 16});
  row("one", {6, 16}, {1, 1}, "", {6, 16});
  row("rows", {6, 16}, {6}, "", {1, 16});
  row("rows as a column", {6, 16}, {6, 1}, "", {1, 16});
  row("groups", {6, 16}, {6, 4}, "", {1, 4});
  row("tiles of 128", {130, 300}, {2, 3}, "", {128, 128});
  row("tiles that are no squares", {6, 16}, {2, 2}, block, {4, 8});
  row("columns of tiles", {6, 300}, {1, 3}, R"({"weight_block_size":[128,128]})", {128, 128});
  row("experts", {2, 6, 16}, {2, 1, 1}, "", {6, 16});
  row("experts in a list", {2, 6, 16}, {2}, "", {6, 16});
  row("rows of experts", {2, 6, 16}, {2, 6, 1}, "", {1, 16});
  row("rows of experts, without a last axis", {2, 6, 16}, {2, 6}, "", {1, 16});
  row("rows shared by experts", {2, 6, 16}, {1, 6, 1}, "", {1, 16});
  row("tiles of experts", {2, 256, 128}, {2, 2, 1}, "", {128, 128});
  row("tiles of experts that end inside", {2, 130, 256}, {2, 2, 2}, "", {128, 128});
}

void TestAssemble::scalesOfEveryGrid() {
  QFETCH(QList<int>, weight);
  QFETCH(QList<int>, scales);
  QFETCH(QString, config);
  QFETCH(QList<int>, tile);
  std::vector<std::uint64_t> shape(weight.begin(), weight.end()), grid(scales.begin(), scales.end());
  std::size_t count = 1, scaleCount = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  for (const std::uint64_t extent : grid) scaleCount *= extent;
  std::vector<float> values(scaleCount);
  for (std::size_t i = 0; i < scaleCount; ++i) values[i] = static_cast<float>(i + 1);
  SafetensorsBuilder file;
  file.data("m.weight", "F8_E4M3", shape, std::string(count, static_cast<char>(kTwo)))
      .data("m.weight_scale", "F32", grid, floats(values));
  if (!config.isEmpty()) file.config(config.toStdString());
  const auto found = decoded(file);
  const std::size_t columns = shape.back(), rows = shape[shape.size() - 2], experts = count / (rows * columns);
  const std::size_t tileRows = static_cast<std::size_t>(tile[0]), tileColumns = static_cast<std::size_t>(tile[1]);
  const std::size_t gridRows = (rows + tileRows - 1) / tileRows,
                    gridColumns = (columns + tileColumns - 1) / tileColumns;
  const std::size_t gridExperts = scaleCount / (gridRows * gridColumns);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t expert = gridExperts == 1 ? 0 : k / (rows * columns);
    const std::size_t r = k / columns % rows / tileRows, c = k % columns / tileColumns;
    QCOMPARE(found[k], 2.0F * values[(expert * gridRows + r) * gridColumns + c]);
  }
  QVERIFY(gridExperts == 1 || gridExperts == experts);
}

void TestAssemble::fusedPartsHaveTheirOwnScales() {
  // Four heads of queries, one of keys, one of values, of two rows each.
  io::Metadata none;
  SafetensorsBuilder file;
  file.data("a.qkv_proj.weight", "F8_E4M3", {12, 4}, std::string(48, static_cast<char>(kOne)))
      .data("a.qkv_proj.weight_scale", "F32", {3}, floats({1, 2, 3}))
      .data("a.gate_up_proj.weight", "F8_E4M3", {6, 4}, std::string(24, static_cast<char>(kOne)))
      .data("a.gate_up_proj.weight_scale", "F32", {2}, floats({5, 7}))
      .config(R"({"quant_method":"fp8"},"num_attention_heads":4,"num_key_value_heads":1,"x":{})");
  const auto qkv = decoded(file, "a.qkv_proj.weight"), gate = decoded(file, "a.gate_up_proj.weight");
  for (std::size_t row = 0; row < 12; ++row) QCOMPARE(qkv[row * 4], row < 8 ? 1.0F : row < 10 ? 2.0F : 3.0F);
  for (std::size_t row = 0; row < 6; ++row) QCOMPARE(gate[row * 4 + 3], row < 3 ? 5.0F : 7.0F);
}

void TestAssemble::nvfp4DividesOrMultiplies() {
  // The codes of 0.5 and −6 in each byte: the first one in the low half.
  const std::string codes(8, static_cast<char>(0xF1));
  const auto divided = decoded(SafetensorsBuilder()
                                   .data("m.weight_packed", "U8", {1, 8}, codes)
                                   .data("m.weight_scale", "F8_E4M3", {1, 1}, bytes({kTwo}))
                                   .data("m.weight_global_scale", "F32", {1}, floats({3})));
  QCOMPARE(divided[0], 0.5F * (2.0F / 3.0F));
  QCOMPARE(divided[15], -6.0F * (2.0F / 3.0F));
  const auto multiplied = decoded(SafetensorsBuilder()
                                      .data("m.weight", "U8", {1, 8}, codes)
                                      .data("m.weight_scale", "F8_E4M3", {1, 1}, bytes({kTwo}))
                                      .data("m.weight_scale_2", "F32", {}, floats({0.3F})));
  QCOMPARE(multiplied[0], 0.5F * (2.0F * 0.3F));
  QCOMPARE(multiplied[1], -6.0F * (2.0F * 0.3F));
  const auto blocks =
      decoded(SafetensorsBuilder()
                  .data("m.down_proj_blocks", "U8", {1, 1, 1, 16}, std::string(16, static_cast<char>(0xF1)))
                  .data("m.down_proj_scales", "U8", {1, 1, 1}, bytes({130})),
              "m.down_proj");
  QCOMPARE(blocks[0], 4.0F);
  QCOMPARE(blocks[31], -48.0F);
}

void TestAssemble::hqqPutsTheFirstHalfIntoHighNibbles() {
  // Two rows of two groups of two weights: codes 1 2 | 3 4, 5 6 | 7 8.
  const auto values = decoded(SafetensorsBuilder()
                                  .data("m.W_q", "U8", {2, 2}, bytes({0x15, 0x26, 0x37, 0x48}))
                                  .data("m.scale", "F32", {4, 1}, floats({1, 10, 100, 1000}))
                                  .data("m.zero", "F32", {4, 1}, floats({0.5F, 1, 0, -1}))
                                  .data("m.nbits", "I64", {}, longs({4}))
                                  .data("m.shape", "I64", {2}, longs({2, 4})));
  QCOMPARE(values, (std::vector<float>{0.5F, 1.5F, 20, 30, 500, 600, 8000, 9000}));
}

void TestAssemble::int8HasZeroPoints() {
  const auto values = decoded(SafetensorsBuilder()
                                  .data("m.weight", "I8", {2, 2}, bytes({0x80, 0x7F, 0xFF, 0x00}))
                                  .data("m.weight_scale", "F32", {2, 1}, floats({2, 3}))
                                  .data("m.weight_zero_point", "I8", {2, 1}, bytes({0x01, 0xFE})));
  QCOMPARE(values, (std::vector<float>{2 * -129, 2 * 126, 3 * 1, 3 * 2}));
}

void TestAssemble::codesStayWhereTheyLie_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  using B = SafetensorsBuilder;
  QTest::newRow("compressed-tensors INT4") << B().add("m.weight_packed", "I32", {4, 8})
                                                  .add("m.weight_scale", "BF16", {4, 2})
                                                  .data("m.weight_shape", "I64", {2}, longs({4, 64}));
  QTest::newRow("AWQ for matrix times vector")
      << B().add("m.qweight", "I32", {32, 8})
             .add("m.qzeros", "I32", {32, 1})
             .add("m.scales", "F16", {32, 8})
             .config(R"({"quant_method":"awq","version":"gemv","group_size":64})");
  QTest::newRow("FP8") << B().add("m.weight", "F8_E4M3", {4, 64}).add("m.weight_scale", "F32", {4, 1});
  QTest::newRow("NVFP4")
      << B().add("m.weight", "U8", {4, 32}).add("m.weight_scale", "F8_E4M3", {4, 4}).add("m.weight_scale_2", "F32", {});
  QTest::newRow("HQQ of 8 bits") << B().add("m.W_q", "U8", {4, 64})
                                        .add("m.scale", "F16", {4, 1})
                                        .add("m.zero", "F16", {4, 1})
                                        .data("m.nbits", "I64", {}, longs({8}))
                                        .data("m.shape", "I64", {2}, longs({4, 64}));
}

void TestAssemble::codesStayWhereTheyLie() {
  QFETCH(SafetensorsBuilder, file);
  const auto model = file.open();
  const auto weight = quant::loadTensor(*model, "m.weight");
  QVERIFY(weight->payload.data() == model->view("m.weight").bytes.data());
  QCOMPARE(weight->payload.size(), model->view("m.weight").bytes.size());
}

void TestAssemble::targetsChooseTheGroup() {
  const auto file = [](const char* name) {
    return SafetensorsBuilder()
        .add(std::string(name) + ".weight", "I8", {4, 64})
        .add(std::string(name) + ".weight_scale", "F32", {4, 1})
        .config(R"({"quant_method":"compressed-tensors","config_groups":{
          "group_0":{"targets":["Linear"],"weights":{"num_bits":8,"type":"int"},"input_activations":
            {"num_bits":8,"type":"int","dynamic":true,"strategy":"token","symmetric":true}},
          "group_1":{"targets":["re:.*(down|up)_proj$"],"weights":{"num_bits":8,"type":"int"},"input_activations":null}}})");
  };
  const auto down = quant::loadTensor(*file("a.down_proj").open(), "a.down_proj.weight");
  const auto query = quant::loadTensor(*file("a.q_proj").open(), "a.q_proj.weight");
  QVERIFY(!down->input && query->input);
  QCOMPARE(query->scheme->toString(), std::string("int8:activations=int8_dynamic"));
  QCOMPARE(down->scheme->toString(), std::string("int8"));
}

void TestAssemble::inputsAsTheConfigSays_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  QTest::addColumn<QString>("inputs");  // of the scheme; empty: they stay floats
  QTest::addColumn<float>("scale");
  QTest::addColumn<int>("zero");
  QTest::addColumn<QString>("warning");
  using B = SafetensorsBuilder;
  const auto row = [](const char* name, const B& file, const char* inputs, float scale, int zero, const char* warning) {
    QTest::newRow(name) << file << inputs << scale << zero << warning;
  };
  const auto group = [](const std::string& inputs) {
    return R"({"config_groups":{"group_0":{"targets":["Linear"],"weights":{"num_bits":8},"input_activations":)" +
           inputs + "}}}";
  };
  const B int8 = B().add("m.weight", "I8", {4, 64}).add("m.weight_scale", "F32", {4, 1});
  const B fp8 = B().add("m.weight", "F8_E4M3", {4, 64}).add("m.weight_scale", "F32", {1});
  const auto measured = [](B file, float scale) { return file.data("m.input_scale", "F32", {1}, floats({scale})); };
  row("INT8 by token",
      B(int8).config(group(R"({"num_bits":8,"type":"int","dynamic":true,"strategy":"token","symmetric":true})")),
      "int8_dynamic", 0, 0, "");
  row("INT8 of the tensor",
      measured(int8, 0.25F)
          .data("m.input_zero_point", "I8", {1}, bytes({0xFD}))
          .config(group(R"({"num_bits":8,"type":"int","dynamic":false,"strategy":"tensor","symmetric":false})")),
      "int8_static", 0.25F, -3, "");
  row("FP8 by token", B(fp8).config(group(R"({"num_bits":8,"type":"float","dynamic":true,"strategy":"token"})")),
      "fp8_dynamic", 0, 0, "");
  row("FP8 of the tensor",
      measured(fp8, 0.5F).config(group(R"({"num_bits":8,"type":"float","dynamic":false,"strategy":"tensor"})")),
      "fp8_static", 0.5F, 0, "");
  row("FP8 of transformers", measured(fp8, 2).config(R"({"quant_method":"fp8","activation_scheme":"static"})"),
      "fp8_static", 2, 0, "");
  row("FBGEMM", B(fp8).config(R"({"quant_method":"fbgemm_fp8"})"), "fp8_dynamic", 0, 0, "");
  row("weights alone", B(fp8).config(group("null")), "", 0, 0, "");
  row("INT8 with zero-points by token",
      B(int8).config(group(R"({"num_bits":8,"type":"int","dynamic":true,"strategy":"token","symmetric":false})")), "",
      0, 0, "to INT8 with a zero-point for each token");
  row("INT4 by token", B(int8).config(group(R"({"num_bits":4,"type":"int","dynamic":true,"strategy":"token"})")), "", 0,
      0, "to INT4;");
  row("FP8 in groups", B(fp8).config(group(R"({"num_bits":8,"type":"float","dynamic":true,"strategy":"group"})")), "",
      0, 0, "to FP8, group by group");
  row("a static scale that nobody measured",
      B(fp8).config(group(R"({"num_bits":8,"type":"float","dynamic":false,"strategy":"tensor"})")), "", 0, 0,
      "with a static scale that is missing");
  row("a static scale of 0", measured(fp8, 0).config(R"({"activation_scheme":"static"})"), "", 0, 0,
      "with a static scale that is missing");
}

void TestAssemble::inputsAsTheConfigSays() {
  QFETCH(SafetensorsBuilder, file);
  QFETCH(QString, inputs);
  QFETCH(float, scale);
  QFETCH(int, zero);
  QFETCH(QString, warning);
  const auto model = file.open();
  const auto weight = quant::loadTensor(*model, "m.weight");
  QCOMPARE(weight->input.has_value(), !inputs.isEmpty());
  const QString scheme = QString::fromStdString(weight->scheme->toString());
  QCOMPARE(scheme.contains("activations="), !inputs.isEmpty());
  if (weight->input) {
    QVERIFY2(scheme.endsWith("activations=" + inputs), qPrintable(scheme));
    QCOMPARE(weight->input->scale, scale);
    QCOMPARE(weight->input->zeroPoint, zero);
  }
  QCOMPARE(model->warnings().size(), std::size_t{warning.isEmpty() ? 0U : 1U});
  if (!warning.isEmpty()) QVERIFY(QString::fromStdString(model->warnings()[0]).contains(warning));
}

// What becomes of inputs first cannot be left out: the weights were made for what comes of it.
void TestAssemble::changedInputsAreRefused() {
  const auto gptq = SafetensorsBuilder().add("m.qweight", "I32", {1, 8}).add("m.scales", "F16", {1, 8});
  const auto fp8 = SafetensorsBuilder().add("m.weight", "F8_E4M3", {8, 8}).add("m.weight_scale", "F32", {1});
  for (const auto& [weight, ending] :
       {std::pair(gptq, ".perm"), std::pair(gptq, ".channel_scale"), std::pair(fp8, ".pre_quant_scale")}) {
    const auto plain = weight.open();
    QVERIFY(plain->tensors()[*plain->find("m.weight")].isReadable());
    const auto changed = SafetensorsBuilder(weight).add(std::string("m") + ending, "F16", {8}).open();
    const auto& codes = changed->tensors()[0];
    QVERIFY2(codes.unreadable.find(std::string("changed by ") + ending) != std::string::npos, codes.unreadable.c_str());
  }
}

void TestAssemble::namePatterns_data() {
  QTest::addColumn<QString>("pattern");
  QTest::addColumn<QString>("name");
  QTest::addColumn<bool>("matches");
  const auto row = [](const char* pattern, const char* name, bool matches) {
    QTest::addRow("%s on %s", pattern, name) << QString(pattern) << QString(name) << matches;
  };
  row("model", "model.layers", true);  // from the first character on, to wherever it ends
  row("layers", "model.layers", false);
  row("model$", "model.layers", false);
  row(".*self_attn\\.(q|k|v)_proj$", "model.layers.0.self_attn.k_proj", true);
  row(".*self_attn\\.(q|k|v)_proj$", "model.layers.0.self_attn.o_proj", false);
  row("model\\.layers\\.\\d+\\.mlp", "model.layers.17.mlp.up_proj", true);
  row("model\\.layers\\.[0-3]\\.mlp", "model.layers.4.mlp.up_proj", false);
  row("model\\.layers\\.[^0-3]\\.mlp", "model.layers.4.mlp.up_proj", true);
  row("a?b+c*$", "bb", true);
  row("(?:ab)+$", "ababab", true);
  row("(a|b|)c", "c", true);
  row("a|b", "b", true);
  row("(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false);
  row("((a+)+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false);
  row("(", "a", false);
  row("[", "a", false);
  row("\\", "a", false);
  row("*", "a", false);
  row("", "a", true);
}

void TestAssemble::namePatterns() {
  QFETCH(QString, pattern);
  QFETCH(QString, name);
  QFETCH(bool, matches);
  std::uint64_t steps = 1'000'000;
  QCOMPARE(io::matchesPattern(pattern.toStdString(), name.toStdString(), steps), matches);
  QVERIFY(steps > 900'000 && steps < 1'000'000);
  steps = 0;
  QVERIFY(!io::matchesPattern(pattern.toStdString(), name.toStdString(), steps));
}

// Any number of patterns that take all the steps one may, for any number of weights.
void TestAssemble::manyPatterns() {
  std::string targets;
  for (int i = 0; i < 1000; ++i) targets += R"("re:(.*)*(.*)*(.*)*Q",)";
  targets += R"("re:(.*)*(.*)*(.*)*Z")";
  const std::string json = R"({"quantization_config":{"config_groups":{"g":{"targets":[)" + targets + R"(]}}}})";
  io::Metadata metadata;
  io::EncodedArrays arrays;
  io::readConfigJson(std::as_bytes(std::span(json)), metadata, arrays, "config.json");
  const io::QuantizationConfig config(metadata);
  const double started = support::cpuSeconds();
  for (int layer = 0; layer < 1000; ++layer)
    QCOMPARE(config.groupOf("model.layers." + std::to_string(layer) + ".self_attn.q_proj"), std::string());
  const double seconds = support::cpuSeconds() - started;
  QVERIFY2(seconds < 10 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
}

QTEST_GUILESS_MAIN(TestAssemble)
#include "tst_assemble.moc"
