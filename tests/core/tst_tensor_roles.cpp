// The one rule that says which tensors a scheme is for, over the names of real files.
#include <QtTest>

#include <algorithm>

#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/tensor_roles.h"

using namespace core;
using model::Experts;
using model::Fate;
using model::TensorRole;

namespace {

io::TensorInfo tensorOf(const char* name, tensor::Shape shape, tensor::DType dtype = tensor::DType::F16) {
  return {name, dtype, std::move(shape), 0, 0, 0};
}

const tensor::Shape kMatrix{512, 256};

}  // namespace

class TestTensorRoles : public QObject {
  Q_OBJECT

 private slots:
  void matricesOfKnownFamilies_data() {
    QTest::addColumn<int>("role");
    QTest::addColumn<int>("layer");
    const auto row = [](const char* name, TensorRole role, int layer) {
      QTest::newRow(name) << static_cast<int>(role) << layer;
    };
    using enum TensorRole;
    row("blk.0.attn_q.weight", Query, 0);
    row("blk.31.ffn_down.weight", Down, 31);
    row("blk.2.attn_output.weight", AttentionOutput, 2);
    row("blk.2.attn_qkv.weight", QueryKeyValue, 2);  // phi-2, phi-3, gpt-2, falcon, bloom
    row("blk.7.attn_q_a.weight", LatentDown, 7);     // deepseek
    row("blk.7.attn_q_b.weight", LatentUp, 7);
    row("blk.7.attn_kv_a_mqa.weight", LatentDown, 7);
    row("blk.7.attn_kv_b.weight", LatentUp, 7);
    row("blk.7.attn_k_b.weight", LatentUp, 7);
    row("blk.7.attn_v_b.weight", LatentUp, 7);
    row("blk.7.ffn_gate_shexp.weight", Gate, 7);
    row("blk.7.ffn_gate_exps.weight", Gate, 7);
    row("blk.7.ffn_gate_up_exps.weight", GateUp, 7);
    row("blk.3.ffn_down.5.weight", Down, 3);  // early mixtral files
    row("blk.4.ssm_in.weight", StateSpace, 4);
    row("blk.4.ssm_out.weight", StateSpace, 4);
    row("blk.4.time_mix_receptance.weight", TimeMixing, 4);
    row("blk.4.shortconv.in_proj.weight", StateSpace, 4);  // lfm2
    row("dec.blk.4.cross_attn_k.weight", Key, 4);          // t5
    row("v.blk.4.attn_out.weight", AttentionOutput, 4);    // vision tower
    row("a.blk.4.ffn_up.weight", Up, 4);                   // audio tower
    row("blk.12.nextn.eh_proj.weight", Linear, 12);

    row("model.layers.3.self_attn.q_proj.weight", Query, 3);
    row("model.layers.0.mlp.up_proj.weight", Up, 0);
    row("model.layers.3.self_attn.qkv_proj.weight", QueryKeyValue, 3);  // phi-3
    row("model.layers.3.mlp.gate_up_proj.weight", GateUp, 3);
    row("model.layers.3.self_attn.dense.weight", AttentionOutput, 3);  // phi-2
    row("model.layers.3.mlp.fc1.weight", Up, 3);
    row("transformer.h.11.attn.c_attn.weight", QueryKeyValue, 11);  // gpt-2
    row("h.11.mlp.c_proj.weight", Down, 11);
    row("h.11.attn.c_proj.weight", AttentionOutput, 11);
    row("gpt_neox.layers.1.attention.query_key_value.weight", QueryKeyValue, 1);
    row("gpt_neox.layers.1.attention.dense.weight", AttentionOutput, 1);
    row("gpt_neox.layers.1.mlp.dense_4h_to_h.weight", Down, 1);
    row("transformer.h.1.self_attention.query_key_value.weight", QueryKeyValue, 1);  // falcon
    row("transformer.blocks.1.attn.Wqkv.weight", QueryKeyValue, 1);                  // mpt
    row("transformer.blocks.1.ffn.up_proj.weight", Up, 1);
    row("bert.encoder.layer.2.attention.self.query.weight", Query, 2);
    row("bert.encoder.layer.2.attention.output.dense.weight", AttentionOutput, 2);
    row("bert.encoder.layer.2.intermediate.dense.weight", Up, 2);
    row("bert.encoder.layer.2.output.dense.weight", Down, 2);
    row("encoder.layers.2.mlp.fc11.weight", Up, 2);                            // nomic
    row("model.layers.9.self_attn.kv_a_proj_with_mqa.weight", LatentDown, 9);  // deepseek
    row("model.layers.9.self_attn.kv_b_proj.weight", LatentUp, 9);
    row("model.layers.9.mlp.experts.63.down_proj.weight", Down, 9);
    row("model.layers.9.mlp.shared_experts.gate_proj.weight", Gate, 9);
    row("model.layers.9.block_sparse_moe.experts.1.w3.weight", Up, 9);  // mixtral
    row("model.layers.9.mlp.experts.gate_up_proj", GateUp, 9);          // gpt-oss, llama 4
    row("backbone.layers.9.mixer.x_proj.weight", StateSpace, 9);        // mamba
    row("model.layers.9.conv.in_proj.weight", StateSpace, 9);           // lfm2
    row("rwkv.blocks.9.attention.output.weight", TimeMixing, 9);
    row("encoder.block.5.layer.1.DenseReluDense.wi_0.weight", Gate, 5);  // t5
    row("model.visual.blocks.6.attn.qkv.weight", QueryKeyValue, 6);      // qwen-vl
    row("vision_tower.vision_model.encoder.layers.6.self_attn.out_proj.weight", AttentionOutput, 6);
    row("blk.8.a_name_nobody_knows.weight", Linear, 8);
    row("net.tower.8.mystery.weight", Linear, 8);
  }

  void matricesOfKnownFamilies() {
    QFETCH(int, role);
    QFETCH(int, layer);
    const auto choice = model::chooseTensor(tensorOf(QTest::currentDataTag(), kMatrix));
    QCOMPARE(choice.reason, std::string());
    QCOMPARE(static_cast<int>(choice.fate), static_cast<int>(Fate::Quantize));
    QCOMPARE(model::label(choice.role), model::label(static_cast<TensorRole>(role)));
    QCOMPARE(static_cast<int>(choice.layer.value_or(9999)), layer);
  }

  void keptTensors_data() {
    QTest::addColumn<int>("role");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, TensorRole role, const char* reason) {
      QTest::newRow(name) << static_cast<int>(role) << QString::fromUtf8(reason);
    };
    using enum TensorRole;
    row("token_embd.weight", Embedding, "an embedding");
    row("output.weight", Output, "the output matrix");
    row("position_embd.weight", Position, "positions");
    row("token_types.weight", Embedding, "an embedding");
    row("blk.0.attn_norm.weight", Norm, "a norm");
    row("blk.0.attn_q.bias", Bias, "a bias");
    row("blk.0.ffn_gate_exps.bias", Bias, "a bias");
    row("blk.0.ffn_gate_inp.weight", Router, "a router of experts");
    row("blk.0.ffn_gate_inp_shexp.weight", Router, "a router of experts");
    row("blk.0.ssm_conv1d.weight", Convolution, "a convolution");
    row("blk.0.shortconv.conv.weight", Convolution, "a convolution");
    row("blk.0.ssm_a", Scale, "scales");
    row("blk.0.time_mix_w1.weight", LowRank, "a small low-rank factor");
    row("blk.0.attn_q.weight.lora_a", LowRank, "a small low-rank factor");
    row("enc.blk.0.attn_rel_b.weight", Position, "positions");
    row("blk.4.nextn.embed_tokens.weight", Embedding, "an embedding");
    row("blk.4.nextn.shared_head_head.weight", Output, "the output matrix");
    row("mm.0.weight", OutsideBlocks, "outside the numbered blocks");
    row("mm.model.mlp.2.weight", OutsideBlocks, "outside the numbered blocks");
    row("attn_q.weight", OutsideBlocks, "outside the numbered blocks");

    row("model.embed_tokens.weight", Embedding, "an embedding");
    row("transformer.wte.weight", Embedding, "an embedding");
    row("wpe.weight", Position, "positions");
    row("lm_head.weight", Output, "the output matrix");
    row("model.layers.0.input_layernorm.weight", Norm, "a norm");
    row("h.0.ln_1.weight", Norm, "a norm");
    row("model.layers.0.mlp.gate.weight", Router, "a router of experts");
    row("model.layers.0.block_sparse_moe.gate.weight", Router, "a router of experts");
    row("model.layers.0.mlp.shared_expert_gate.weight", Router, "a router of experts");
    row("model.layers.0.mlp.experts.gate_up_proj_bias", Bias, "a bias");
    row("model.layers.0.self_attn.q_proj.lora_A.weight", LowRank, "a small low-rank factor");
    row("model.layers.0.self_attn.q_proj.weight_scale_inv", Scale, "scales");
    row("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", Position, "positions");
    row("backbone.layers.0.mixer.A_log", Scale, "scales");
    row("visual.merger.mlp.0.weight", OutsideBlocks, "outside the numbered blocks");
    row("bert.pooler.dense.weight", OutsideBlocks, "outside the numbered blocks");
  }

  void keptTensors() {
    QFETCH(int, role);
    QFETCH(QString, reason);
    const auto choice = model::chooseTensor(tensorOf(QTest::currentDataTag(), kMatrix));
    QCOMPARE(static_cast<int>(choice.fate), static_cast<int>(Fate::Keep));
    QCOMPARE(QString::fromStdString(choice.reason), reason);
    QCOMPARE(model::label(choice.role), model::label(static_cast<TensorRole>(role)));
  }

  void placesOfExperts() {
    const auto stacked = model::chooseTensor(tensorOf("blk.1.ffn_up_exps.weight", {8, 512, 256}));
    QCOMPARE(stacked.fate, Fate::Quantize);
    QCOMPARE(stacked.experts, Experts::Routed);
    QVERIFY(!stacked.expert);
    const auto single = model::chooseTensor(tensorOf("model.layers.1.mlp.experts.17.up_proj.weight", kMatrix));
    QCOMPARE(single.experts, Experts::Routed);
    QCOMPARE(single.expert.value_or(0), 17U);
    QCOMPARE(single.stack, std::string("model.layers"));
    QCOMPARE(model::chooseTensor(tensorOf("blk.1.ffn_up_shexp.weight", kMatrix)).experts, Experts::Shared);
    QCOMPARE(model::chooseTensor(tensorOf("blk.1.ffn_up.weight", kMatrix)).experts, Experts::None);
    QCOMPARE(model::chooseTensor(tensorOf("v.blk.1.ffn_up.weight", kMatrix)).stack, std::string("v.blk"));
  }

  void shapesAndTypesThatNoSchemeCanHave() {
    const auto reason = [](const char* name, tensor::Shape shape, tensor::DType dtype = tensor::DType::F32) {
      const auto choice = model::chooseTensor(tensorOf(name, std::move(shape), dtype));
      return choice.fate == Fate::Keep ? QString::fromStdString(choice.reason) : QStringLiteral("quantized");
    };
    QCOMPARE(reason("blk.0.attn_q.weight", {512}), QStringLiteral("a vector, not a matrix"));
    QCOMPARE(reason("blk.0.attn_q.weight", {0, 512}), QStringLiteral("it holds no values"));
    QCOMPARE(reason("blk.0.attn_q.weight", {1, 2, 64, 64}), QStringLiteral("its 4 axes are no stack of matrices"));
    QCOMPARE(reason("model.layers.0.mlp.up_proj.qweight", {64, 64}, tensor::DType::I32),
             QStringLiteral("it holds integers (i32)"));
    QCOMPARE(reason("blk.0.mystery.weight", {512, 4}),
             QStringLiteral("its shape [512, 4] is too narrow for a linear layer"));
    QCOMPARE(reason("blk.0.mystery.weight", {512, 64, 3}),
             QStringLiteral("its shape [512, 64, 3] is too narrow for a linear layer"));
    QCOMPARE(reason("blk.0.attn_q.weight", {512, 4}), QStringLiteral("quantized"));
    QCOMPARE(reason("blk.0.attn_q.weight", {64, 256}, tensor::DType::Q4_0), QStringLiteral("quantized"));
  }

  void withoutBlocksEveryMatrixCounts() {
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "plain.safetensors";
    const std::vector<std::byte> zeros(16 * 16 * 4);
    {
      io::SafetensorsWriter writer(path);
      for (const char* name : {"embed_tokens.weight", "fc1.weight", "fc2.weight"})
        writer.declareTensor(name, tensor::DType::F32, {16, 16});
      writer.declareTensor("fc1.bias", tensor::DType::F32, {16});
      for (int i = 0; i < 3; ++i) writer.append(zeros);
      writer.append(std::span(zeros).first(64));
      writer.finish();
    }
    const auto checkpoint = io::openCheckpoint(path);
    std::vector<std::string> names;
    for (const std::size_t i : model::tensorsToQuantize(*checkpoint)) names.push_back(checkpoint->tensors()[i].name);
    std::sort(names.begin(), names.end());
    QCOMPARE(names, (std::vector<std::string>{"fc1.weight", "fc2.weight"}));
  }
};

QTEST_GUILESS_MAIN(TestTensorRoles)
#include "tst_tensor_roles.moc"
