#pragma once
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/io/checkpoint.h"

namespace support {

struct FolderTwin {
  int shards = 1;
  std::string prefix = "model.";  ///< of the decoder's tensors; empty: LlamaModel saved without its head's module
  nlohmann::json config = nlohmann::json::object();  ///< keys that replace or extend those of the GGUF file
  std::map<std::string, std::string> files = {};     ///< further ones: "tokenizer.json" → its text
  bool oldBuffers = false;  ///< rotary_emb.inv_freq beside the weights, and biases of zeros, as old programs wrote
};

/// The Hugging Face folder that a GGUF file of a Llama would have been made from, written from transformers' names and
/// layout, with nothing of the program's own translation. Types F32, F16 and BF16.
class FolderTwinWriter {
 public:
  FolderTwinWriter(const core::io::Checkpoint& gguf, FolderTwin options)
      : m_gguf(gguf), m_options(std::move(options)) {}

  void write(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    nlohmann::json map = nlohmann::json::object();
    std::vector<nlohmann::ordered_json> headers(static_cast<std::size_t>(m_options.shards));
    std::vector<std::string> data(headers.size());
    std::size_t shard = 0;
    const auto add = [&](const std::string& name, const char* dtype, const std::vector<std::uint64_t>& shape,
                         const std::string& bytes) {
      const std::size_t begin = data[shard].size();
      data[shard] += bytes;
      headers[shard][name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data[shard].size()}}};
      map[name] = fileName(shard);
      shard = (shard + 1) % headers.size();
    };
    for (const core::io::TensorInfo& tensor : m_gguf.tensors()) {
      if (tensor.name != "rope_freqs.weight") add(nameOf(tensor.name), dtypeOf(tensor), extents(tensor), rows(tensor));
    }
    for (int layer = 0; m_options.oldBuffers && layer < integer("block_count"); ++layer) {
      const std::string block = m_options.prefix + "layers." + std::to_string(layer) + ".";
      const auto width = static_cast<std::uint64_t>(integer("embedding_length"));
      add(block + "self_attn.rotary_emb.inv_freq", "F32", {2}, std::string(8, '\0'));
      add(block + "mlp.down_proj.bias", "F16", {width}, std::string(2 * width, '\0'));
    }
    for (std::size_t i = 0; i < headers.size(); ++i) writeShard(folder / fileName(i), headers[i].dump(), data[i]);
    if (headers.size() > 1) text(folder / "model.safetensors.index.json", nlohmann::json{{"weight_map", map}}.dump());
    text(folder / "config.json", configJson().dump());
    for (const auto& [name, contents] : m_options.files) text(folder / name, contents);
  }

 private:
  std::string fileName(std::size_t shard) const {
    if (m_options.shards == 1) return "model.safetensors";
    char name[64];
    std::snprintf(name, sizeof(name), "model-%05d-of-%05d.safetensors", static_cast<int>(shard) + 1, m_options.shards);
    return name;
  }
  static void text(const std::filesystem::path& path, const std::string& contents) {
    std::ofstream(path, std::ios::binary).write(contents.data(), static_cast<std::streamsize>(contents.size()));
  }
  static void writeShard(const std::filesystem::path& path, const std::string& header, const std::string& data) {
    std::string length(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(length.data(), &size, 8);
    text(path, length + header + data);
  }

  std::string nameOf(const std::string& gguf) const {
    static const std::map<std::string, std::string> kParts = {
        {"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"},      {"attn_k", "self_attn.k_proj"},
        {"attn_v", "self_attn.v_proj"},   {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
        {"ffn_gate", "mlp.gate_proj"},    {"ffn_up", "mlp.up_proj"},           {"ffn_down", "mlp.down_proj"}};
    if (gguf == "output.weight") return "lm_head.weight";
    if (gguf == "token_embd.weight") return m_options.prefix + "embed_tokens.weight";
    if (gguf == "output_norm.weight") return m_options.prefix + "norm.weight";
    std::smatch match;
    if (!std::regex_match(gguf, match, std::regex(R"(blk\.(\d+)\.(\w+)\.(\w+))"))) return gguf;
    return m_options.prefix + "layers." + match[1].str() + "." + kParts.at(match[2].str()) + "." + match[3].str();
  }
  static const char* dtypeOf(const core::io::TensorInfo& tensor) {
    return tensor.typeName == "f32" ? "F32" : tensor.typeName == "f16" ? "F16" : "BF16";
  }
  static std::vector<std::uint64_t> extents(const core::io::TensorInfo& tensor) {
    const auto all = tensor.shape.extents();
    return {all.begin(), all.end()};
  }

  /// Rows of queries and keys as transformers has them: where GGUF has (x0, x1) of a pair as neighbours, it has them
  /// half a head apart.
  std::string rows(const core::io::TensorInfo& tensor) const {
    const auto view = m_gguf.view(tensor.name);
    std::string bytes(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size());
    const bool isQuery = tensor.name.find("attn_q.") != std::string::npos;
    if (!isQuery && tensor.name.find("attn_k.") == std::string::npos) return bytes;
    const std::size_t heads =
        static_cast<std::size_t>(integer(isQuery ? "attention.head_count" : "attention.head_count_kv"));
    const std::size_t size = tensor.shape[0] / heads, row = bytes.size() / tensor.shape[0];
    std::string out(bytes.size(), '\0');
    for (std::size_t head = 0; head < heads; ++head) {
      for (std::size_t pair = 0; pair < size / 2; ++pair) {
        for (std::size_t half = 0; half < 2; ++half)
          std::memcpy(out.data() + (head * size + half * (size / 2) + pair) * row,
                      bytes.data() + (head * size + 2 * pair + half) * row, row);
      }
    }
    return out;
  }

  std::int64_t integer(const std::string& key) const {
    return static_cast<std::int64_t>(m_gguf.metadata().unsignedInteger("llama." + key).value());
  }
  nlohmann::json configJson() const {
    const core::io::Metadata& metadata = m_gguf.metadata();
    nlohmann::json json = {{"model_type", "llama"},
                           {"architectures", {"LlamaForCausalLM"}},
                           {"vocab_size", integer("vocab_size")},
                           {"max_position_embeddings", integer("context_length")},
                           {"hidden_size", integer("embedding_length")},
                           {"num_hidden_layers", integer("block_count")},
                           {"intermediate_size", integer("feed_forward_length")},
                           {"num_attention_heads", integer("attention.head_count")},
                           {"num_key_value_heads", integer("attention.head_count_kv")},
                           {"head_dim", integer("attention.key_length")},
                           {"rope_theta", *metadata.number("llama.rope.freq_base")},
                           {"rms_norm_eps", *metadata.number("llama.attention.layer_norm_rms_epsilon")},
                           {"hidden_act", "silu"},
                           {"tie_word_embeddings", !m_gguf.find("output.weight").has_value()},
                           {"torch_dtype", "float32"},
                           {"rope_scaling", nullptr}};
    if (metadata.find("llama.rope.scaling.type") != nullptr) {
      json["rope_scaling"] = {{"rope_type", "llama3"},
                              {"factor", *metadata.number("llama.rope.scaling.factor")},
                              {"low_freq_factor", *metadata.number("llama.rope.scaling.low_freq_factor")},
                              {"high_freq_factor", *metadata.number("llama.rope.scaling.high_freq_factor")},
                              {"original_max_position_embeddings", integer("rope.scaling.original_context_length")}};
    }
    json.update(m_options.config);
    return json;
  }

  const core::io::Checkpoint& m_gguf;
  FolderTwin m_options;
};

}  // namespace support
