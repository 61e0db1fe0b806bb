#include "app/shell/deep_model.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "app/session/demo_model.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/numeric/half.h"

namespace app {

namespace {

constexpr std::uint32_t kLayers = 60, kWidth = 64, kFeedForward = 128, kHeads = 4, kKvHeads = 2, kContext = 4096;
constexpr const char* kName = "Some-Laboratory-Instruct-of-Sixty-Layers-v0.3-with-a-long-name";

struct Tensor {
  std::string name;
  core::tensor::Shape shape;
};

std::vector<Tensor> tensorsOf(std::uint64_t vocabulary) {
  const std::uint64_t kv = kWidth / kHeads * kKvHeads;
  std::vector<Tensor> tensors{{"token_embd.weight", {vocabulary, kWidth}}, {"output_norm.weight", {kWidth}}};
  for (std::uint32_t layer = 0; layer < kLayers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + '.';
    for (const auto& [name, shape] : std::initializer_list<Tensor>{{"attn_norm", {kWidth}},
                                                                   {"attn_q", {kWidth, kWidth}},
                                                                   {"attn_k", {kv, kWidth}},
                                                                   {"attn_v", {kv, kWidth}},
                                                                   {"attn_output", {kWidth, kWidth}},
                                                                   {"ffn_norm", {kWidth}},
                                                                   {"ffn_gate", {kFeedForward, kWidth}},
                                                                   {"ffn_up", {kFeedForward, kWidth}},
                                                                   {"ffn_down", {kWidth, kFeedForward}}})
      tensors.push_back({block + name + ".weight", shape});
  }
  return tensors;
}

/// Gaussian weights, some columns ten times wider than the rest, so that layers differ.
std::vector<std::byte> weightsOf(const Tensor& tensor, std::mt19937& random) {
  const std::uint64_t count = tensor.shape.count();
  std::vector<std::byte> bytes(2 * count);
  const bool norm = tensor.shape.rank() == 1;
  const std::uint64_t outlier = random() % tensor.shape.rowValues();
  std::normal_distribution<float> weight(0.0F, 0.06F);
  for (std::uint64_t i = 0; i < count; ++i) {
    const float wide = i % tensor.shape.rowValues() == outlier ? 10.0F : 1.0F;
    const std::uint16_t half = core::numeric::floatToHalf(norm ? 1.0F : wide * weight(random));
    std::memcpy(&bytes[2 * i], &half, sizeof half);
  }
  return bytes;
}

}  // namespace

void writeDeepModel(const QString& path) {
  const auto demo = core::io::openCheckpoint(builtInModelPath(kDemoName));
  core::io::GgufWriter writer(path.toStdString());
  writer.addString("general.architecture", "llama");
  writer.addString("general.name", kName);
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, std::uint32_t>>{{"llama.block_count", kLayers},
                                                                    {"llama.embedding_length", kWidth},
                                                                    {"llama.feed_forward_length", kFeedForward},
                                                                    {"llama.context_length", kContext},
                                                                    {"llama.attention.head_count", kHeads},
                                                                    {"llama.attention.head_count_kv", kKvHeads}})
    writer.addU32(key, value);
  writer.addF32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  for (const auto& entry : demo->metadata().entries())
    if (entry.key.starts_with("tokenizer.")) writer.addEntry(entry);
  const auto tensors = tensorsOf(demo->view("token_embd.weight").shape.rows());
  for (const Tensor& tensor : tensors) writer.declareTensor(tensor.name, core::tensor::DType::F16, tensor.shape);
  std::mt19937 random(60);
  for (const Tensor& tensor : tensors) writer.append(weightsOf(tensor, random));
  writer.finish();
}

}  // namespace app
