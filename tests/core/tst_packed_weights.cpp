// Checkpoints that are quantized already: each family's codes are named, have the shape and number of the weights they
// stand for, count no scales, and cannot be measured or quantized again. With a config and without.
#include <QTest>

#include "core/base/error.h"
#include "core/io/packed_weights.h"
#include "core/io/safetensors.h"
#include "core/metrics/tensor_stats.h"
#include "core/model/tensor_roles.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "safetensors_builder.h"

namespace io = core::io;
using core::tensor::Shape;

class TestPackedWeights : public QObject {
  Q_OBJECT
 private slots:
  void families_data();
  void families();
  void whatDoesNotFitIsSaid_data();
  void whatDoesNotFitIsSaid();
  void logicalNames();
  void inputsThatAreNotFollowedAreSaid();
  void cachesIn8BitsAreSaid();
  void claimsThatTheBytesDoNotBearOut_data();
  void claimsThatTheBytesDoNotBearOut();
  void plainTensorsStayPlain();
};

namespace {

std::string bytesOf(const std::vector<std::int64_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)};
}

std::string quantState(const char* type, const char* shape) {
  return std::string(R"({"quant_type":")") + type + R"(","blocksize":64,"dtype":"float32","shape":)" + shape + "}";
}

}  // namespace

void TestPackedWeights::families_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  QTest::addColumn<QString>("codes");
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("shape");
  using B = SafetensorsBuilder;
  const auto row = [](const char* name, const B& file, const char* codes, const char* type, const char* shape) {
    QTest::newRow(name) << file << codes << type << shape;
  };
  row("bitsandbytes NF4",
      B().add("m.weight", "U8", {1024, 1})
          .add("m.weight.absmax", "F32", {32})
          .add("m.weight.quant_map", "F32", {16})
          .text("m.weight.quant_state.bitsandbytes__nf4", quantState("nf4", "[32,64]")),
      "m.weight", "NF4 · 64", "[32, 64]");
  row("bitsandbytes FP4, nested, stored as bf16",
      B().add("m.weight", "BF16", {512, 1})
          .add("m.weight.absmax", "U8", {32})
          .add("m.weight.nested_absmax", "F32", {1})
          .add("m.weight.nested_quant_map", "F32", {256})
          .add("m.weight.quant_map", "F32", {16})
          .text("m.weight.quant_state.bitsandbytes__fp4", quantState("fp4", "[64,32]")),
      "m.weight", "FP4, packed", "[64, 32]");
  row("bitsandbytes without its state", B().add("m.weight", "U8", {1024, 1}).add("m.weight.absmax", "F32", {32}),
      "m.weight", "4-bit, packed", "[2048]");
  row("bitsandbytes INT8",
      B().add("m.weight", "I8", {32, 64}).add("m.SCB", "F32", {32}).add("m.weight_format", "U8", {}), "m.weight",
      "LLM.int8()", "[32, 64]");
  const B gptq = B().add("m.qweight", "I32", {8, 32})
                     .add("m.qzeros", "I32", {1, 4})
                     .add("m.scales", "F16", {1, 32})
                     .add("m.g_idx", "I32", {64});
  row("GPTQ", gptq, "m.qweight", "GPTQ INT4 · row", "[32, 64]");
  row("GPTQ, 3 bits",
      B().add("m.qweight", "I32", {6, 32}).add("m.qzeros", "I32", {1, 3}).add("m.scales", "F16", {1, 32}), "m.qweight",
      "GPTQ INT3 · row", "[32, 64]");
  row("GPTQ symmetric, bits from the config",
      B().add("m.qweight", "I32", {16, 32})
          .add("m.scales", "F16", {1, 32})
          .config(R"({"quant_method":"gptq","bits":8})"),
      "m.qweight", "GPTQ INT8 · row", "[32, 64]");
  row("AWQ", B().add("m.qweight", "I32", {64, 4}).add("m.qzeros", "I32", {1, 4}).add("m.scales", "F16", {1, 32}),
      "m.qweight", "AWQ INT4 · row", "[32, 64]");
  row("AWQ for matrix times vector",
      B().add("m.qweight", "I32", {32, 8}).add("m.qzeros", "I32", {32, 1}).add("m.scales", "F16", {32, 16}),
      "m.qweight", "AWQ INT4, packed", "[32, 64]");
  row("compressed-tensors INT4",
      B().add("m.weight_packed", "I32", {32, 8})
          .add("m.weight_scale", "BF16", {32, 1})
          .data("m.weight_shape", "I64", {2}, bytesOf({32, 64})),
      "m.weight_packed", "INT4 · row", "[32, 64]");
  row("compressed-tensors INT8, asymmetric",
      B().add("m.weight_packed", "I32", {32, 16})
          .add("m.weight_scale", "BF16", {32, 1})
          .add("m.weight_zero_point", "I8", {32, 1})
          .add("m.weight_g_idx", "I32", {64})
          .data("m.weight_shape", "I64", {2}, bytesOf({32, 64})),
      "m.weight_packed", "INT8 · row", "[32, 64]");
  row("compressed-tensors INT8, not packed", B().add("m.weight", "I8", {32, 64}).add("m.weight_scale", "BF16", {32, 1}),
      "m.weight", "INT8 · row", "[32, 64]");
  row("compressed-tensors FP8",
      B().add("m.weight", "F8_E4M3", {32, 64}).add("m.weight_scale", "F32", {1}).add("m.input_scale", "F32", {1}),
      "m.weight", "FP8 E4M3 · tensor", "[32, 64]");
  row("compressed-tensors NVFP4",
      B().add("m.weight_packed", "U8", {32, 32})
          .add("m.weight_scale", "F8_E4M3", {32, 4})
          .add("m.weight_global_scale", "F32", {1})
          .add("m.input_global_scale", "F32", {1}),
      "m.weight_packed", "NVFP4", "[32, 64]");
  row("compressed-tensors MXFP4", B().add("m.weight_packed", "U8", {32, 32}).add("m.weight_scale", "U8", {32, 2}),
      "m.weight_packed", "MXFP4", "[32, 64]");
  row("ModelOpt NVFP4",
      B().add("m.weight", "U8", {32, 32})
          .add("m.weight_scale", "F8_E4M3", {32, 4})
          .add("m.weight_scale_2", "F32", {})
          .add("m.input_scale", "F32", {}),
      "m.weight", "NVFP4", "[32, 64]");
  row("ModelOpt INT4", B().add("m.weight", "U8", {16, 64}).add("m.weight_scale", "BF16", {32, 1}), "m.weight",
      "INT4, packed", "[32, 64]");
  row("gpt-oss", B().add("m.down_proj_blocks", "U8", {2, 16, 2, 16}).add("m.down_proj_scales", "U8", {2, 16, 2}),
      "m.down_proj_blocks", "MXFP4", "[2, 16, 64]");
  row("DeepSeek FP8", B().add("m.weight", "F8_E4M3", {32, 64}).add("m.weight_scale_inv", "F32", {1, 1}), "m.weight",
      "FP8 E4M3 · tensor", "[32, 64]");
  row("FP8 experts in one tensor",
      B().add("m.gate_up", "F8_E4M3", {2, 16, 64}).add("m.gate_up_scale", "F32", {2, 16, 1}), "m.gate_up",
      "FP8 E4M3 · row", "[2, 16, 64]");
  row("scaled FP8 of image models",
      B().add("m.weight", "F8_E5M2", {32, 64}).add("m.scale_weight", "F32", {}).add("m.scale_input", "F32", {}),
      "m.weight", "FP8 E5M2 · tensor", "[32, 64]");
  row("scaled F4", B().add("m.weight", "F4", {32, 64}, 1024).add("m.weight_scale", "F8_E8M0", {32, 2}, 64), "m.weight",
      "f4, scaled", "[32, 64]");
  row("BitNet", B().add("m.weight", "U8", {8, 64}).add("m.weight_scale", "BF16", {1}), "m.weight", "ternary, packed",
      "[32, 64]");
  row("HQQ",
      B().add("m.W_q", "U8", {1024, 1})
          .add("m.scale", "F16", {32, 1})
          .add("m.zero", "F16", {32, 1})
          .data("m.nbits", "I64", {}, bytesOf({4}))
          .data("m.shape", "I64", {2}, bytesOf({32, 64})),
      "m.W_q", "HQQ INT4 · 64", "[32, 64]");
  row("MLX", B().add("m.weight", "U32", {32, 8}).add("m.scales", "F16", {32, 1}).add("m.biases", "F16", {32, 1}),
      "m.weight", "MLX INT4, packed", "[32, 64]");
  row("EXL2",
      B().add("m.q_weight", "I32", {9, 32})
          .add("m.q_scale", "I32", {2, 4})
          .add("m.q_scale_max", "F16", {2})
          .add("m.q_groups", "I16", {4})
          .add("m.q_invperm", "I32", {64}),
      "m.q_weight", "EXL2, packed", "[32, 64]");
  row("EXL3", B().add("m.trellis", "I16", {4, 2, 64}).add("m.suh", "F16", {64}).add("m.svh", "F16", {32}), "m.trellis",
      "EXL3, packed", "[32, 64]");
  row("quanto INT8", B().add("m.weight._data", "I8", {32, 64}).add("m.weight._scale", "F16", {32, 1}), "m.weight._data",
      "INT8, scaled", "[32, 64]");
  row("AQLM",
      B().add("m.codes", "I16", {32, 8, 1})
          .add("m.codebooks", "F16", {1, 4, 1, 8})
          .add("m.scales", "F16", {32, 1, 1, 1}),
      "m.codes", "AQLM, packed", "[32, 64]");
}

void TestPackedWeights::families() {
  QFETCH(SafetensorsBuilder, file);
  QFETCH(QString, codes);
  QFETCH(QString, type);
  QFETCH(QString, shape);
  const auto model = file.add("norm.weight", "BF16", {64}).open();
  const auto& tensor = model->tensors()[*model->find(codes.toStdString())];
  QCOMPARE(QString::fromStdString(tensor.typeName), type);
  QCOMPARE(QString::fromStdString(tensor.shape.toString()), shape);
  QCOMPARE(tensor.parameters, 2048U);
  QCOMPARE(model->parameters(), 2048U + 64U);  // no scales, no packed bytes
  for (const auto& other : model->tensors()) {
    if (other.name == "norm.weight") {
      QVERIFY(other.isReadable());
      continue;
    }
    const auto view = model->view(other.name);
    if (other.assembly != io::Assembly::None) {
      // Assembled from its pieces; its bytes alone are still no weights.
      QCOMPARE(core::quant::loadTensor(*model, other.name)->shape, other.shape);
      QVERIFY_EXCEPTION_THROWN((void)core::quant::wrapStored(view), core::Error);
      continue;
    }
    if (other.isReadable()) {  // scales can be looked at, and are still no weights
      QVERIFY(!other.pieceOf.empty() && model->find(other.pieceOf) == model->find(codes.toStdString()));
      QVERIFY(core::quant::loadTensor(*model, other.name)->dtype().has_value());
      continue;
    }
    QVERIFY_EXCEPTION_THROWN((void)core::metrics::summarize(view, 8), core::Error);
    QVERIFY_EXCEPTION_THROWN((void)core::quant::quantize(core::quant::Scheme::parse("int8"), view), core::Error);
    QVERIFY_EXCEPTION_THROWN((void)core::quant::wrapStored(view), core::Error);
  }
}

void TestPackedWeights::whatDoesNotFitIsSaid_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  QTest::addColumn<QString>("codes");
  QTest::addColumn<QString>("reason");
  using B = SafetensorsBuilder;
  const auto row = [](const char* name, const B& file, const char* codes, const char* reason) {
    QTest::newRow(name) << file << codes << reason;
  };
  const auto gptq = [](const char* scalesType, std::vector<std::uint64_t> scales, std::vector<std::uint64_t> zeros) {
    return B().add("m.qweight", "I32", {8, 32}).add("m.scales", scalesType, scales).add("m.qzeros", "I32", zeros);
  };
  row("GPTQ groups", gptq("F16", {3, 32}, {3, 4}), "m.qweight", "its 64 inputs do not divide into the 3 groups");
  row("GPTQ scales", gptq("I32", {2, 32}, {2, 4}), "m.qweight", "its scales are of type i32");
  row("GPTQ zeros", gptq("F16", {2, 32}, {1, 4}), "m.qweight",
      "its zero-points have the shape [1, 4] where [2, 4] was expected");
  row("GPTQ of more than two axes", B().add("m.qweight", "I32", {2, 8, 32}).add("m.scales", "F16", {1, 8}), "m.qweight",
      "where a matrix was expected");
  std::string groups(64 * 4, '\0');
  const auto ordered = [&] {
    return gptq("F16", {2, 32}, {2, 4}).data("m.g_idx", "I32", {64}, groups).config(R"({"group_size":32})");
  };
  row("GPTQ group too large", ordered(), "m.qweight", "more than 32 of its columns are in group 0");
  groups[0] = 9;
  row("GPTQ group beyond", ordered(), "m.qweight", "its column 0 is in group 9 of 2");
  groups[3] = static_cast<char>(0xFF);
  row("GPTQ group negative", ordered(), "m.qweight", "is in group -");
  row("GPTQ with a weight of that name", gptq("F16", {2, 32}, {2, 4}).add("m.weight", "F16", {32, 64}), "m.qweight",
      "the file has a tensor \"m.weight\"");
  row("AWQ bits",
      B().add("m.qweight", "I32", {64, 4})
          .add("m.qzeros", "I32", {1, 4})
          .add("m.scales", "F16", {1, 32})
          .config(R"({"quant_method":"awq","bits":3})"),
      "m.qweight", "codes of 3 bits are no codes of AWQ");
  row("AWQ gemv_fast",
      B().add("m.qweight", "I16", {8, 64})
          .add("m.qzeros", "F16", {8, 32})
          .add("m.scales", "F16", {8, 32})
          .config(R"({"quant_method":"awq","version":"gemv_fast"})"),
      "m.qweight", "gemv_fast");
  row("compressed-tensors without a shape",
      B().add("m.weight_packed", "I32", {32, 8}).add("m.weight_scale", "F16", {32, 1}), "m.weight_packed",
      "weight_shape");
  row("FP8 tiles", B().add("m.weight", "F8_E4M3", {300, 256}).add("m.weight_scale_inv", "F32", {7, 2}), "m.weight",
      "its scales of the shape [7, 2] fit no tiles of [300, 256]");
  row("FP8 scales of columns", B().add("m.weight", "F8_E4M3", {2, 16, 64}).add("m.weight_scale", "F32", {2, 1, 64}),
      "m.weight", "each of its columns has a scale");
  row("FP8 fused, of nobody knows what", B().add("m.weight", "F8_E4M3", {96, 64}).add("m.weight_scale", "F32", {3}),
      "m.weight", "it has 3 scales, and nothing says which of its 96 rows each is for");
  row("FP8 vector", B().add("m.weight", "F8_E4M3", {64}).add("m.weight_scale", "F32", {1}), "m.weight",
      "its shape [64] is that of no matrix");
  row("NVFP4 groups",
      B().add("m.weight_packed", "U8", {32, 12})
          .add("m.weight_scale", "F8_E4M3", {32, 2})
          .add("m.weight_global_scale", "F32", {1}),
      "m.weight_packed", "its 24 inputs are no whole groups of 16");
  row("LLM.int8() in the order of tensor cores",
      B().add("m.weight", "I8", {32, 64}).add("m.SCB", "F32", {32}).data("m.weight_format", "U8", {}, "\1"), "m.weight",
      "tensor cores");
  row("HQQ of quantized scales",
      B().add("m.W_q", "U8", {16, 64})
          .add("m.scale_q", "U8", {32, 1})
          .data("m.nbits", "I64", {}, bytesOf({4}))
          .data("m.shape", "I64", {2}, bytesOf({32, 64})),
      "m.W_q", "its scales are quantized themselves");
}

void TestPackedWeights::whatDoesNotFitIsSaid() {
  QFETCH(SafetensorsBuilder, file);
  QFETCH(QString, codes);
  QFETCH(QString, reason);
  const auto model = file.open();
  const auto index = model->find(codes.toStdString());
  QVERIFY(index.has_value());
  const auto& tensor = model->tensors()[*index];
  QVERIFY(tensor.assembly == io::Assembly::None && tensor.codesName.empty());
  QVERIFY2(QString::fromStdString(tensor.unreadable).contains(reason), tensor.unreadable.c_str());
  QVERIFY_EXCEPTION_THROWN((void)core::quant::loadTensor(*model, *index), core::Error);
}

void TestPackedWeights::logicalNames() {
  const auto model = SafetensorsBuilder()
                         .add("model.layers.0.self_attn.q_proj.qweight", "I32", {8, 32})
                         .add("model.layers.0.self_attn.q_proj.scales", "F16", {2, 32})
                         .add("model.layers.0.mlp.experts.down_proj_blocks", "U8", {2, 16, 2, 16})
                         .add("model.layers.0.mlp.experts.down_proj_scales", "U8", {2, 16, 2})
                         .open();
  const std::string name = "model.layers.0.self_attn.q_proj.weight";
  const auto index = model->find(name);
  QVERIFY(index.has_value());
  QCOMPARE(model->find("model.layers.0.self_attn.q_proj.qweight"), index);
  const auto& tensor = model->tensors()[*index];
  QCOMPARE(tensor.name, name);
  QCOMPARE(tensor.codesName, std::string("model.layers.0.self_attn.q_proj.qweight"));
  QCOMPARE(model->tensors()[*model->find("model.layers.0.self_attn.q_proj.scales")].pieceOf, name);
  const auto choices = core::model::chooseTensors(*model);
  QCOMPARE(choices[*index].role, core::model::TensorRole::Query);
  QCOMPARE(choices[*index].fate, core::model::Fate::Quantize);
  QCOMPARE(choices[*model->find("model.layers.0.self_attn.q_proj.scales")].reason,
           std::string("a piece of packed codes"));
  const auto experts = model->find("model.layers.0.mlp.experts.down_proj");
  QVERIFY(experts.has_value());
  QCOMPARE(choices[*experts].role, core::model::TensorRole::Down);
}

void TestPackedWeights::inputsThatAreNotFollowedAreSaid() {
  const auto model = SafetensorsBuilder()
                         .add("m.weight_packed", "U8", {32, 32})
                         .add("m.weight_scale", "F8_E4M3", {32, 4})
                         .add("m.weight_global_scale", "F32", {1})
                         .add("m.input_global_scale", "F32", {1})
                         .open();
  QCOMPARE(model->warnings().size(), std::size_t{1});
  QCOMPARE(model->warnings()[0], std::string("The program that stored a weight quantizes its inputs to FP4, group by "
                                             "group; here these inputs stay floats."));
  QVERIFY(!core::quant::loadTensor(*model, "m.weight")->input);
}

void TestPackedWeights::cachesIn8BitsAreSaid() {
  const auto model = SafetensorsBuilder()
                         .add("model.layers.0.self_attn.k_scale", "F32", {})
                         .add("model.layers.0.self_attn.k_proj.weight", "F8_E4M3", {8, 16})
                         .add("model.layers.0.self_attn.k_proj.weight_scale", "F32", {})
                         .add("model.layers.0.self_attn.k_proj.k_scale", "F32", {})
                         .open();
  QCOMPARE(model->warnings().size(), std::size_t{1});
  QVERIFY(model->warnings()[0].find("keys and values in 8 bits") != std::string::npos);
  QVERIFY(!io::isCacheScale("model.layers.0.self_attn.k_proj.weight_scale"));
  QCOMPARE(model->tensors()[*model->find("model.layers.0.self_attn.k_proj.k_scale")].pieceOf,
           std::string("model.layers.0.self_attn.k_proj.weight"));
}

// Shapes come from texts and small tensors a stranger wrote: no more weights are believed than there are codes.
void TestPackedWeights::claimsThatTheBytesDoNotBearOut_data() {
  QTest::addColumn<SafetensorsBuilder>("file");
  QTest::addColumn<qulonglong>("parameters");
  using B = SafetensorsBuilder;
  const auto nf4 = [](const std::string& state) {
    return B()
        .add("m.weight", "U8", {16, 1})
        .add("m.weight.absmax", "F32", {1})
        .text("m.weight.quant_state.bitsandbytes__nf4", state);
  };
  for (const char* shape : {"[1000000,1000000]", "[18446744073709551615,2]", "[-4,-8]", "[]", "\"x\"", "[1]", "{}"}) {
    QTest::newRow(shape) << nf4(quantState("nf4", shape)) << 32ULL;
  }
  QTest::newRow("no JSON") << nf4("{\"shape\":[4") << 32ULL;
  QTest::newRow("compressed") << B().add("m.weight_packed", "I32", {1, 4})
                                     .add("m.weight_scale", "BF16", {1, 1})
                                     .data("m.weight_shape", "I64", {2}, bytesOf({1 << 30, 1 << 30}))
                              << 32ULL;
  QTest::newRow("negative") << B().add("m.weight_packed", "I32", {1, 4})
                                   .add("m.weight_scale", "BF16", {1, 1})
                                   .data("m.weight_shape", "I64", {2}, bytesOf({-1, -8}))
                            << 32ULL;
  QTest::newRow("0 bits") << B().add("m.qweight", "I32", {1, 8}).add("m.scales", "F16", {1, 8}).config(R"({"bits":0})")
                          << 64ULL;
  QTest::newRow("permutation")
      << B().add("m.q_weight", "I32", {1, 1}).add("m.q_scale", "I32", {1}).add("m.q_invperm", "I32", {4096}) << 8ULL;
}

void TestPackedWeights::claimsThatTheBytesDoNotBearOut() {
  QFETCH(SafetensorsBuilder, file);
  QFETCH(qulonglong, parameters);
  QCOMPARE(file.open()->parameters(), std::uint64_t{parameters});
}

void TestPackedWeights::plainTensorsStayPlain() {
  const auto model = SafetensorsBuilder()
                         .add("a.weight", "F8_E4M3", {4, 4})  // FP8 without a scale
                         .add("b.weight", "F32", {4, 4})      // a scale beside floats scales nothing
                         .add("b.scale", "F32", {4})
                         .add("c.weight", "U8", {4, 4})
                         .add("c_scales", "U8", {4})
                         .add("layer_scale", "F32", {4})
                         .add("scales", "F32", {4})
                         .open();
  for (const auto& tensor : model->tensors()) QVERIFY2(tensor.isReadable(), tensor.name.c_str());
  QCOMPARE(model->parameters(), 48U + 16U);
}

QTEST_GUILESS_MAIN(TestPackedWeights)
#include "tst_packed_weights.moc"
