// Speed of one thread encoding and decoding: bench_quantize [path/to/libggml-base.so]
// Without a library: our MB/s of float32 values. With ggml's (from the npm package node-llama-cpp, folder
// bins/linux-x64): its speed on the same data and the ratio, measured in turn in one run; medians.
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"
#include "core/quant/quantizer.h"
#include "tool_arguments.h"

namespace {

using core::quant::BlockCodec;
using core::tensor::DType;

constexpr std::size_t kValues = 1U << 16;  // 256 KiB of float32: measures the code, not the memory
constexpr int kRounds = 501;

/// ggml's row functions: (source, destination, number of values).
using PeerFunction = void (*)(const void*, void*, std::int64_t);

/// Output at a cache line, as buffers of a page and more are; otherwise every second wide store is split in two.
struct AlignedFloats {
  explicit AlignedFloats(std::size_t count)
      : m_values(static_cast<float*>(std::aligned_alloc(64, count * sizeof(float))), &std::free) {}
  float* data() const { return m_values.get(); }

 private:
  std::unique_ptr<float, decltype(&std::free)> m_values;
};

struct Case {
  const char* name;
  DType dtype;
  const char* encode;  ///< ggml's symbol, or null
  const char* decode;
};

constexpr Case kCases[] = {
    {"q4_0", DType::Q4_0, "quantize_row_q4_0_ref", "dequantize_row_q4_0"},
    {"q4_1", DType::Q4_1, "quantize_row_q4_1_ref", "dequantize_row_q4_1"},
    {"q5_0", DType::Q5_0, "quantize_row_q5_0_ref", "dequantize_row_q5_0"},
    {"q5_1", DType::Q5_1, "quantize_row_q5_1_ref", "dequantize_row_q5_1"},
    {"q8_0", DType::Q8_0, "quantize_row_q8_0_ref", "dequantize_row_q8_0"},
    {"q2_k", DType::Q2_K, nullptr, "dequantize_row_q2_K"},
    {"q3_k", DType::Q3_K, nullptr, "dequantize_row_q3_K"},
    {"q4_k", DType::Q4_K, nullptr, "dequantize_row_q4_K"},
    {"q5_k", DType::Q5_K, nullptr, "dequantize_row_q5_K"},
    {"q6_k", DType::Q6_K, nullptr, "dequantize_row_q6_K"},
    {"iq4_nl", DType::IQ4_NL, nullptr, "dequantize_row_iq4_nl"},
    {"iq4_xs", DType::IQ4_XS, nullptr, "dequantize_row_iq4_xs"},
    {"mxfp4", DType::MXFP4, nullptr, "dequantize_row_mxfp4"},
    {"iq2_xxs", DType::IQ2_XXS, nullptr, "dequantize_row_iq2_xxs"},
    {"iq3_s", DType::IQ3_S, nullptr, "dequantize_row_iq3_s"},
    {"f16", DType::F16, "ggml_fp32_to_fp16_row", "ggml_fp16_to_fp32_row"},
    {"bf16", DType::BF16, "ggml_fp32_to_bf16_row_ref", "ggml_bf16_to_fp32_row"},
};

template <typename Run>
double seconds(const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double megabytesPerSecond(double time) { return static_cast<double>(kValues * sizeof(float)) / 1e6 / time; }

/// Runs both in turn, so that a slow moment of the machine hits both.
template <typename Ours, typename Theirs>
void compare(const std::string& name, const Ours& ours, bool havePeer, const Theirs& theirs) {
  std::vector<double> ourTimes;
  std::vector<double> theirTimes;
  for (int round = 0; round < kRounds; ++round) {
    ourTimes.push_back(seconds(ours));
    if (havePeer) theirTimes.push_back(seconds(theirs));
  }
  const double ourSpeed = megabytesPerSecond(median(ourTimes));
  if (!havePeer) {
    fmt::print("{:<16} {:>10.0f}\n", name, ourSpeed);
    return;
  }
  const double theirSpeed = megabytesPerSecond(median(theirTimes));
  fmt::print("{:<16} {:>10.0f} {:>10.0f} {:>8.2f}\n", name, ourSpeed, theirSpeed, ourSpeed / theirSpeed);
}

PeerFunction peer(void* library, const char* symbol) {
  if (library == nullptr || symbol == nullptr) return nullptr;
  return reinterpret_cast<PeerFunction>(dlsym(library, symbol));
}

void benchBlocks(const Case& test, void* library, const std::vector<float>& input) {
  const BlockCodec& codec = *core::quant::blockCodec(test.dtype);
  const auto& layout = core::tensor::info(test.dtype);
  const std::size_t blocks = kValues / layout.blockValues;
  std::vector<std::uint8_t> bytes(blocks * layout.blockBytes);
  std::mt19937 random(2);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() & 0x3bU);  // no FP16 field is Inf or NaN
  const AlignedFloats decoded(kValues);
  if (codec.encode != nullptr) {
    const PeerFunction encode = peer(library, test.encode);
    std::vector<std::uint8_t> theirs(bytes.size());
    compare(
        std::string("encode ") + test.name, [&] { codec.encode(input.data(), blocks, bytes.data()); },
        encode != nullptr, [&] { encode(input.data(), theirs.data(), static_cast<std::int64_t>(kValues)); });
  }
  const PeerFunction decode = peer(library, test.decode);
  compare(
      std::string("decode ") + test.name, [&] { codec.decode(bytes.data(), blocks, decoded.data()); },
      decode != nullptr, [&] { decode(bytes.data(), decoded.data(), static_cast<std::int64_t>(kValues)); });
}

/// Schemes ggml does not have; dequantizing runs in one thread, quantizing in all.
void benchScheme(const char* text, const std::vector<float>& input) {
  const core::tensor::TensorView view{
      "w", DType::F32, {kValues / 4096, 4096}, std::as_bytes(std::span(input)), nullptr};
  const auto scheme = core::quant::Scheme::parse(text);
  const auto tensor = core::quant::quantize(scheme, view);
  const AlignedFloats decoded(kValues);
  compare(
      std::string("encode ") + text + " *", [&] { core::quant::quantize(scheme, view); }, false, [] {});
  compare(
      std::string("decode ") + text, [&] { core::quant::dequantizeRows(*tensor, 0, tensor->rows(), decoded.data()); },
      false, [] {});
}

}  // namespace

int main(int argc, char** argv) {
  std::string ggml;
  CLI::App tool("Encoding and decoding per thread, beside ggml's own.", "bench_quantize");
  tool.add_option("LIBGGML_BASE", ggml, "ggml's library, libggml-base.so");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  void* library = ggml.empty() ? nullptr : dlopen(ggml.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!ggml.empty() && library == nullptr) {
    fmt::print(stderr, "Cannot open {}: {}\n", ggml, dlerror());
    return 1;
  }
  std::vector<float> input(kValues);
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  for (float& value : input) value = normal(random);
  fmt::print("One thread, {} values, median of {} runs; MB/s of float32 values (* all threads)\n", kValues, kRounds);
  fmt::print("{:<16} {:>10} {:>10} {:>8}\n", "", "ours", library != nullptr ? "ggml" : "",
             library != nullptr ? "ratio" : "");
  for (const Case& test : kCases) benchBlocks(test, library, input);
  for (const char* text : {"nf4", "fp4", "int8", "int4", "int3", "int4:range=minmax"}) benchScheme(text, input);
  return 0;
}
