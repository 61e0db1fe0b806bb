#include "support/random_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/random_blocks.h"

namespace support {

namespace {

constexpr std::uint64_t kAlignment = 32;

using Bytes = std::vector<std::uint8_t>;

template <typename T>
void put(Bytes& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void putText(Bytes& bytes, const std::string& text) {
  put<std::uint64_t>(bytes, text.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void align(Bytes& bytes) {
  while (bytes.size() % kAlignment != 0) bytes.push_back(0);
}

/// Collects the parts of a GGUF v3 file: header, metadata, tensor table, data.
class GgufParts {
 public:
  explicit GgufParts(std::vector<std::string> absent) : m_absent(std::move(absent)) {}

  void text(const std::string& key, const std::string& value) {
    constexpr std::uint32_t kString = 8;
    putText(m_metadata, key);
    put(m_metadata, kString);
    putText(m_metadata, value);
    ++m_keys;
  }
  void number(const std::string& key, std::uint32_t value) { raw(key, 4, value); }
  void real(const std::string& key, float value) { raw(key, 6, std::bit_cast<std::uint32_t>(value)); }

  /// @param extents outermost first; GGUF stores them innermost first
  void tensor(const std::string& name, const std::string& type, std::vector<std::uint64_t> extents,
              RandomNumbers& random, double sigma, double mean = 0.0) {
    if (std::find(m_absent.begin(), m_absent.end(), name) != m_absent.end()) return;
    putText(m_table, name);
    put<std::uint32_t>(m_table, static_cast<std::uint32_t>(extents.size()));
    for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) put<std::uint64_t>(m_table, *extent);
    put<std::uint32_t>(m_table, ggmlType(type));
    put<std::uint64_t>(m_table, m_data.size());
    const std::uint64_t values =
        std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<std::uint64_t>());
    appendRandomValues(type, values, extents.back(), sigma, mean, random, m_data);
    align(m_data);
    ++m_tensors;
  }

  Bytes assemble() const {
    Bytes file = {'G', 'G', 'U', 'F'};
    put<std::uint32_t>(file, 3);
    put<std::uint64_t>(file, m_tensors);
    put<std::uint64_t>(file, m_keys);
    file.insert(file.end(), m_metadata.begin(), m_metadata.end());
    file.insert(file.end(), m_table.begin(), m_table.end());
    align(file);
    file.insert(file.end(), m_data.begin(), m_data.end());
    return file;
  }

 private:
  void raw(const std::string& key, std::uint32_t type, std::uint32_t value) {
    putText(m_metadata, key);
    put(m_metadata, type);
    put(m_metadata, value);
    ++m_keys;
  }

  std::vector<std::string> m_absent;
  Bytes m_metadata, m_table, m_data;
  std::uint64_t m_keys = 0;
  std::uint64_t m_tensors = 0;
};

void addMetadata(const RandomModel& model, GgufParts& gguf) {
  gguf.text("general.architecture", "llama");
  gguf.text("general.name", "random");
  gguf.number("llama.vocab_size", model.vocabulary);
  gguf.number("llama.context_length", model.contextLength);
  gguf.number("llama.embedding_length", model.width);
  gguf.number("llama.block_count", model.layers);
  gguf.number("llama.feed_forward_length", model.feedForward);
  gguf.number("llama.attention.head_count", model.heads);
  gguf.number("llama.attention.head_count_kv", model.kvHeads);
  gguf.number("llama.attention.key_length", model.headSize);
  gguf.number("llama.attention.value_length", model.valueHeadSize);
  gguf.number("llama.rope.dimension_count", model.ropeDimensions == 0 ? model.headSize : model.ropeDimensions);
  gguf.real("llama.rope.freq_base", model.ropeBase);
  gguf.real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  if (!model.llama3Scaling) return;
  gguf.text("llama.rope.scaling.type", "llama3");
  gguf.real("llama.rope.scaling.factor", 8.0F);
  gguf.real("llama.rope.scaling.low_freq_factor", 1.0F);
  gguf.real("llama.rope.scaling.high_freq_factor", 4.0F);
  gguf.number("llama.rope.scaling.original_context_length", 32);
}

void addBlock(const RandomModel& model, std::uint32_t layer, RandomNumbers& random, GgufParts& gguf) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const auto matrix = [&](const char* role, std::uint64_t out, std::uint64_t in) {
    gguf.tensor(prefix + role + ".weight", model.matrixType, {out, in}, random,
                1.0 / std::sqrt(static_cast<double>(in)));
  };
  const auto vector = [&](const std::string& name, std::uint64_t size, double sigma, double mean) {
    gguf.tensor(prefix + name, "f32", {size}, random, sigma, mean);
  };
  const std::uint64_t queries = std::uint64_t{model.heads} * model.headSize;
  const std::uint64_t keys = std::uint64_t{model.kvHeads} * model.headSize;
  const std::uint64_t values = std::uint64_t{model.kvHeads} * model.valueHeadSize;
  vector("attn_norm.weight", model.width, 0.1, 1.0);
  matrix("attn_q", queries, model.width);
  matrix("attn_k", keys, model.width);
  matrix("attn_v", values, model.width);
  matrix("attn_output", model.width, std::uint64_t{model.heads} * model.valueHeadSize);
  if (model.biases) {
    vector("attn_q.bias", queries, 0.2, 0.0);
    vector("attn_k.bias", keys, 0.2, 0.0);
    vector("attn_v.bias", values, 0.2, 0.0);
    vector("attn_output.bias", model.width, 0.2, 0.0);
  }
  vector("ffn_norm.weight", model.width, 0.1, 1.0);
  matrix("ffn_gate", model.feedForward, model.width);
  matrix("ffn_up", model.feedForward, model.width);
  matrix("ffn_down", model.width, model.feedForward);
}

}  // namespace

void writeRandomModel(const RandomModel& model, const std::filesystem::path& path) {
  GgufParts gguf(model.absentTensors);
  RandomNumbers random(model.seed);
  addMetadata(model, gguf);
  gguf.tensor("token_embd.weight", model.embeddingType, {model.vocabulary, model.width}, random, 1.0);
  for (std::uint32_t layer = 0; layer < model.layers; ++layer) addBlock(model, layer, random, gguf);
  gguf.tensor("output_norm.weight", "f32", {model.width}, random, 0.1, 1.0);
  if (!model.tiedOutput) {
    const double sigma = 2.0 / std::sqrt(static_cast<double>(model.width));  // logits that differ by a few units
    gguf.tensor("output.weight", model.embeddingType, {model.vocabulary, model.width}, random, sigma);
  }
  if (model.frequencyFactors) {
    const std::uint32_t dimensions = model.ropeDimensions == 0 ? model.headSize : model.ropeDimensions;
    gguf.tensor("rope_freqs.weight", "f32", {dimensions / 2}, random, 0.3, 2.0);
  }
  for (const std::string& name : model.extraTensors) gguf.tensor(name, "f32", {model.width}, random, 1.0);
  const Bytes bytes = gguf.assemble();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("Cannot write " + path.string());
}

}  // namespace support
