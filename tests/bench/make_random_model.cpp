// Writes a Llama-shaped GGUF of 1.1 billion random parameters with every matrix in Q4_0 or F16, for speed measurements:
//   make_random_model OUT.gguf [--type q4_0] [--layers 22] [--width 2048] [--ffn 5632] [--heads 32] [--kv-heads 4]
//                     [--vocab 32000] [--folder]
// It has a vocabulary of made-up pieces, so that llama.cpp opens it too. Streams to the file: little memory is needed.
// With --folder OUT is a Hugging Face folder instead, with matrices in F16: TinyLlama-1.1B's shape where nothing else
// is said. Its tokenizer takes a text apart into bytes; a real tokenizer.json may take the place of its own.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include "core/io/output_file.h"
#include "core/model/architectures/tensor_names.h"
#include "core/numeric/half.h"
#include "tool_arguments.h"

namespace {

constexpr std::uint32_t kF32 = 0, kF16 = 1, kQ4_0 = 2;  // GGUF type numbers
constexpr std::uint64_t kAlignment = 32;

struct Shape {
  std::uint64_t layers = 22, width = 2048, feedForward = 5632, heads = 32, kvHeads = 4, vocabulary = 32000;
};

struct Tensor {
  std::string name;
  std::vector<std::uint64_t> extents;  // innermost first, as in GGUF
  std::uint32_t type;
  std::uint64_t values() const {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : extents) count *= extent;
    return count;
  }
  std::uint64_t bytes() const { return type == kF32 ? values() * 4 : type == kF16 ? values() * 2 : values() / 32 * 18; }
};

std::uint64_t alignUp(std::uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// @param matrix type number of every matrix
std::vector<Tensor> tensorsOf(const Shape& shape, std::uint32_t matrix) {
  const std::uint64_t kv = shape.width / shape.heads * shape.kvHeads;
  std::vector<Tensor> tensors = {{"token_embd.weight", {shape.width, shape.vocabulary}, matrix}};
  for (std::uint64_t layer = 0; layer < shape.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    const auto add = [&](const char* role, std::vector<std::uint64_t> extents, std::uint32_t type) {
      tensors.push_back({prefix + role + ".weight", std::move(extents), type});
    };
    add("attn_norm", {shape.width}, kF32);
    add("attn_q", {shape.width, shape.width}, matrix);
    add("attn_k", {shape.width, kv}, matrix);
    add("attn_v", {shape.width, kv}, matrix);
    add("attn_output", {shape.width, shape.width}, matrix);
    add("ffn_norm", {shape.width}, kF32);
    add("ffn_gate", {shape.width, shape.feedForward}, matrix);
    add("ffn_up", {shape.width, shape.feedForward}, matrix);
    add("ffn_down", {shape.feedForward, shape.width}, matrix);
  }
  tensors.push_back({"output_norm.weight", {shape.width}, kF32});
  tensors.push_back({"output.weight", {shape.width, shape.vocabulary}, matrix});
  return tensors;
}

class Writer {
 public:
  explicit Writer(const std::string& path) : m_file(path) {}
  void bytes(const void* data, std::size_t count) {
    m_file.write({static_cast<const std::byte*>(data), count});
    m_position += count;
  }
  template <typename T>
  void number(T value) {
    bytes(&value, sizeof(value));
  }
  void text(const std::string& value) {
    number<std::uint64_t>(value.size());
    bytes(value.data(), value.size());
  }
  void align() {
    while (m_position % kAlignment != 0) number<char>(0);
  }
  void finish() { m_file.commit(); }

 private:
  core::io::OutputFile m_file;
  std::uint64_t m_position = 0;
};

/// Metadata as key, type number, value; counted while writing into memory first would be longer than this.
void writeMetadata(Writer& out, const Shape& shape) {
  const auto text = [&](const char* key, const char* value) { out.text(key), out.number(8U), out.text(value); };
  const auto count = [&](const char* key, std::uint64_t value) {
    out.text(key), out.number(4U), out.number(static_cast<std::uint32_t>(value));
  };
  const auto real = [&](const char* key, float value) { out.text(key), out.number(6U), out.number(value); };
  text("general.architecture", "llama");
  text("general.name", "random speed model");
  count("llama.vocab_size", shape.vocabulary);
  count("llama.context_length", 8192);
  count("llama.embedding_length", shape.width);
  count("llama.block_count", shape.layers);
  count("llama.feed_forward_length", shape.feedForward);
  count("llama.attention.head_count", shape.heads);
  count("llama.attention.head_count_kv", shape.kvHeads);
  count("llama.rope.dimension_count", shape.width / shape.heads);
  real("llama.rope.freq_base", 10000.0F);
  real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  text("tokenizer.ggml.model", "llama");
  count("tokenizer.ggml.unknown_token_id", 0);
  count("tokenizer.ggml.bos_token_id", 1);
  count("tokenizer.ggml.eos_token_id", 2);
  const auto array = [&](const char* key, std::uint32_t type) {
    out.text(key), out.number(9U), out.number(type), out.number(shape.vocabulary);
  };
  array("tokenizer.ggml.tokens", 8);
  char byteName[8];
  for (std::uint64_t i = 0; i < shape.vocabulary; ++i) {
    std::snprintf(byteName, sizeof(byteName), "<0x%02X>", static_cast<unsigned>(i - 3) & 0xFFU);
    const char* special[] = {"<unk>", "<s>", "</s>"};
    out.text(i < 3 ? special[i] : i < 259 ? byteName : "w" + std::to_string(i));
  }
  array("tokenizer.ggml.scores", 6);
  for (std::uint64_t i = 0; i < shape.vocabulary; ++i) out.number(-static_cast<float>(i));
  array("tokenizer.ggml.token_type", 5);
  for (std::uint64_t i = 0; i < shape.vocabulary; ++i)
    out.number<std::int32_t>(i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
}
constexpr std::uint64_t kMetadataKeys = 19;

/// Random codes under scales that keep activations near 1.
void writeQ4_0(Writer& out, const Tensor& tensor) {
  static std::uint64_t state = 0x9E3779B97F4A7C15U;
  const auto random = [] {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  };
  std::vector<std::uint8_t> row(tensor.extents[0] / 32 * 18);
  for (std::uint64_t r = 0; r < tensor.extents[1]; ++r) {
    for (std::size_t at = 0; at < row.size(); at += 18) {
      const auto scale = static_cast<std::uint16_t>(0x1400 + (random() & 0x3FF));  // 2^-10 … 2^-9
      std::memcpy(row.data() + at, &scale, 2);
      const std::uint64_t codes[2] = {random(), random()};
      std::memcpy(row.data() + at + 2, codes, 16);
    }
    out.bytes(row.data(), row.size());
  }
}

/// Gaussian weights, σ 0.02: pieces of a pool of them, each from another start.
void writeF16(Writer& out, const Tensor& tensor) {
  static std::mt19937 random(1);
  static const std::vector<std::uint16_t> pool = [] {
    std::vector<std::uint16_t> codes(std::size_t{1} << 23);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    for (auto& code : codes) code = core::numeric::floatToHalf(normal(random));
    return codes;
  }();
  constexpr std::uint64_t kPiece = 1U << 16;
  for (std::uint64_t left = tensor.values(); left != 0;) {
    const std::uint64_t count = std::min(left, kPiece);
    out.bytes(pool.data() + random() % (pool.size() - count), count * 2);
    left -= count;
  }
}

void writeData(Writer& out, const Tensor& tensor) {
  if (tensor.type == kQ4_0) return writeQ4_0(out, tensor);
  if (tensor.type == kF16) return writeF16(out, tensor);
  for (std::uint64_t i = 0; i < tensor.values(); ++i) out.number(1.0F);  // norms
}

/// What makes these numbers no shape of a model; empty when they are one.
std::string problemOf(const Shape& shape, bool isFolder) {
  if (shape.width % 32 != 0 || shape.feedForward % 32 != 0)
    return "--width and --ffn must be multiples of 32, the values of a block.";
  if (shape.width % shape.heads != 0) return "--heads must divide --width.";
  if (shape.heads % shape.kvHeads != 0) return "--kv-heads must divide --heads.";
  if (isFolder && shape.vocabulary < 262) return "--vocab must be at least 262, for the bytes.";
  return {};
}

void write(const std::string& path, const Shape& shape, std::uint32_t matrix) {
  const std::vector<Tensor> tensors = tensorsOf(shape, matrix);
  Writer out(path);
  out.bytes("GGUF", 4);
  out.number(3U);
  out.number<std::uint64_t>(tensors.size());
  out.number(kMetadataKeys);
  writeMetadata(out, shape);
  std::uint64_t offset = 0;
  for (const Tensor& tensor : tensors) {
    out.text(tensor.name);
    out.number(static_cast<std::uint32_t>(tensor.extents.size()));
    for (const std::uint64_t extent : tensor.extents) out.number(extent);
    out.number(tensor.type);
    out.number(offset);
    offset = alignUp(offset + tensor.bytes());
  }
  out.align();
  for (const Tensor& tensor : tensors) {
    writeData(out, tensor);
    out.align();
  }
  out.finish();
}

using Json = nlohmann::ordered_json;

void writeText(const std::filesystem::path& path, const std::string& text) {
  Writer out(path.string());
  out.bytes(text.data(), text.size());
  out.finish();
}

/// Llama 2's kind of tokenizer.json: bytes, one joined piece, and names for the rest.
Json tokenizerJson(const Shape& shape) {
  Json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  char byteName[8];
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::snprintf(byteName, sizeof(byteName), "<0x%02X>", byte);
    vocabulary[byteName] = 3 + byte;
  }
  const char* pieces[] = {"\u2581", "a", "\u2581a"};
  for (std::uint64_t i = 259; i < shape.vocabulary; ++i)
    vocabulary[i < 262 ? pieces[i - 259] : "w" + std::to_string(i)] = i;
  Json added = Json::array();
  for (const char* special : {"<unk>", "<s>", "</s>"})
    added.push_back({{"id", added.size()}, {"content", special}, {"special", true}, {"normalized", false}});
  const Json prepend = {{"type", "Prepend"}, {"prepend", "\u2581"}};
  const Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
  return {{"version", "1.0"},
          {"added_tokens", added},
          {"normalizer", {{"type", "Sequence"}, {"normalizers", {prepend, replace}}}},
          {"decoder", {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"byte_fallback", true},
            {"vocab", vocabulary},
            {"merges", {"\u2581 a"}}}}};
}

void writeSettings(const std::filesystem::path& folder, const Shape& shape) {
  const Json config = {{"architectures", {"LlamaForCausalLM"}},
                       {"model_type", "llama"},
                       {"hidden_size", shape.width},
                       {"intermediate_size", shape.feedForward},
                       {"num_hidden_layers", shape.layers},
                       {"num_attention_heads", shape.heads},
                       {"num_key_value_heads", shape.kvHeads},
                       {"max_position_embeddings", 2048},
                       {"rms_norm_eps", 1e-5},
                       {"rope_theta", 10000.0},
                       {"hidden_act", "silu"},
                       {"tie_word_embeddings", false},
                       {"torch_dtype", "float16"},
                       {"vocab_size", shape.vocabulary}};
  const Json tokenizer = {{"add_bos_token", true},
                          {"bos_token", "<s>"},
                          {"eos_token", "</s>"},
                          {"chat_template",
                           "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}{{ eos_token }}\n"
                           "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"}};
  writeText(folder / "config.json", config.dump(2));
  writeText(folder / "generation_config.json", Json{{"do_sample", true}, {"max_new_tokens", 64}}.dump(2));
  writeText(folder / "tokenizer_config.json", tokenizer.dump(2));
  writeText(folder / "tokenizer.json", tokenizerJson(shape).dump());
}

void writeFolder(const std::filesystem::path& folder, const Shape& shape) {
  std::filesystem::create_directories(folder);
  const std::vector<Tensor> tensors = tensorsOf(shape, kF16);
  Json header;
  std::uint64_t offset = 0;
  const core::model::TensorNames names(*core::model::findArchitecture(core::io::FileFormat::Gguf, "llama"));
  for (const Tensor& tensor : tensors) {
    header[names.in(core::io::FileFormat::Safetensors, tensor.name)] = {
        {"dtype", tensor.type == kF16 ? "F16" : "F32"},
        {"shape", std::vector<std::uint64_t>(tensor.extents.rbegin(), tensor.extents.rend())},
        {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = header.dump();
  text.resize(alignUp(text.size() + 8) - 8, ' ');
  Writer out((folder / "model.safetensors").string());
  out.number<std::uint64_t>(text.size());
  out.bytes(text.data(), text.size());
  for (const Tensor& tensor : tensors) writeData(out, tensor);
  out.finish();
  writeSettings(folder, shape);
}

}  // namespace

int main(int argc, char** argv) {
  Shape shape;
  std::string path;
  std::string type = "q4_0";
  bool isFolder = false;
  CLI::App tool("Writes a Llama-shaped GGUF of random parameters, for speed measurements.", "make_random_model");
  const auto number = [&tool](const char* name, std::uint64_t& value, const char* what) {
    tool.add_option(name, value, what)->capture_default_str()->check(CLI::Range(1U, 1U << 24));
  };
  tool.add_option("OUT.gguf", path, "The file to write")->required();
  tool.add_option("--type", type, "Type of every matrix")->capture_default_str()->check(CLI::IsMember({"q4_0", "f16"}));
  tool.add_flag("--folder", isFolder, "Write a Hugging Face folder, with every matrix in F16");
  number("--layers", shape.layers, "Blocks");
  number("--width", shape.width, "Values per token");
  number("--ffn", shape.feedForward, "Width of the feed-forward layers");
  number("--heads", shape.heads, "Attention heads");
  number("--kv-heads", shape.kvHeads, "Heads of keys and values");
  number("--vocab", shape.vocabulary, "Tokens of the vocabulary");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  if (const std::string problem = problemOf(shape, isFolder); !problem.empty()) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    return 2;
  }
  try {
    isFolder ? writeFolder(path, shape) : write(path, shape, type == "f16" ? kF16 : kQ4_0);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
