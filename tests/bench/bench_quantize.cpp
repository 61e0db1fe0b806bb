// Speed of one thread encoding and decoding: bench_quantize [path/to/libggml-base.so]
// Without a library: our MB/s of float32 values. With ggml's (from the npm package node-llama-cpp, folder
// bins/linux-x64): its speed on the same data and the ratio, measured in turn in one run; medians. After an encoder our
// error over its error follows (RMS, weighed where there is importance).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"
#include "core/quant/quantizer.h"
#include "ggml_library.h"
#include "tool_arguments.h"

namespace {

using core::quant::BlockCodec;
using core::tensor::DType;

constexpr std::size_t kValues = 1U << 16;  // 256 KiB of float32: measures the code, not the memory
constexpr std::size_t kRowValues = 4096;
constexpr int kMaxRounds = 501;
constexpr int kMinRounds = 11;
constexpr double kSeconds = 1.0;  // what the rounds of one comparison may take

/// Output at a cache line, as buffers of a page and more are; otherwise every second wide store is split in two.
struct AlignedFloats {
  explicit AlignedFloats(std::size_t count)
      : m_values(static_cast<float*>(std::aligned_alloc(64, count * sizeof(float))), &std::free) {}
  float* data() const { return m_values.get(); }

 private:
  std::unique_ptr<float, decltype(&std::free)> m_values;
};

/// What the clock counts: time of this thread alone, which other programs on the machine do not lengthen, or time of
/// day.
enum class Clock { Thread, Wall };

double now(Clock clock) {
  std::timespec time{};
  clock_gettime(clock == Clock::Thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <typename Run>
double seconds(const Run& run, Clock clock) {
  const double start = now(clock);
  run();
  return now(clock) - start;
}

double median(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double megabytesPerSecond(double time) { return static_cast<double>(kValues * sizeof(float)) / 1e6 / time; }

/// Runs both in turn, so that a slow moment of the machine hits both; prints a line without its end.
template <typename Ours, typename Theirs>
void compare(const std::string& name, const Ours& ours, bool havePeer, const Theirs& theirs,
             Clock clock = Clock::Thread) {
  std::vector<double> ourTimes;
  std::vector<double> theirTimes;
  double total = 0.0;
  for (int round = 0; round < kMaxRounds && (round < kMinRounds || total < kSeconds); ++round) {
    ourTimes.push_back(seconds(ours, clock));
    total += ourTimes.back();
    if (!havePeer) continue;
    theirTimes.push_back(seconds(theirs, clock));
    total += theirTimes.back();
  }
  const double ourSpeed = megabytesPerSecond(median(ourTimes));
  fmt::print("{:<22} {:>10.0f}", name, ourSpeed);
  if (!havePeer) return;
  const double theirSpeed = megabytesPerSecond(median(theirTimes));
  fmt::print(" {:>10.0f} {:>8.2f}", theirSpeed, ourSpeed / theirSpeed);
}

/// Root of the squared error of `blocks`, weighed where `importance` is given.
double errorOf(const BlockCodec& codec, const std::vector<float>& values, const float* importance,
               const std::vector<std::uint8_t>& blocks) {
  std::vector<float> decoded(values.size());
  codec.decode(blocks.data(), values.size() / core::tensor::info(codec.dtype).blockValues, decoded.data());
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double difference = static_cast<double>(decoded[i]) - static_cast<double>(values[i]);
    sum += difference * difference * (importance != nullptr ? static_cast<double>(importance[i % kRowValues]) : 1.0);
  }
  return std::sqrt(sum);
}

void benchEncoder(const BlockCodec& codec, const GgmlLibrary* ggml, const std::vector<float>& input,
                  const float* importance) {
  const auto& layout = core::tensor::info(codec.dtype);
  const std::size_t rows = input.size() / kRowValues;
  const std::size_t rowBlocks = kRowValues / layout.blockValues;
  std::vector<std::uint8_t> ours(rows * rowBlocks * layout.blockBytes);
  std::vector<std::uint8_t> theirs(ours.size());
  const bool havePeer = ggml != nullptr && (importance != nullptr || !ggml->requiresImportance(codec.dtype));
  compare(
      fmt::format("encode {}{}", layout.name, importance != nullptr ? " weighed" : ""),
      [&] {
        if (importance == nullptr) return codec.encode(input.data(), rows * rowBlocks, ours.data());
        for (std::size_t row = 0; row < rows; ++row)
          codec.encodeByImportance(input.data() + row * kRowValues, rowBlocks, importance,
                                   ours.data() + row * rowBlocks * layout.blockBytes);
      },
      havePeer, [&] { ggml->quantize(codec.dtype, input.data(), rows, kRowValues, importance, theirs.data()); });
  if (havePeer)
    fmt::print(" {:>10.6f}", errorOf(codec, input, importance, ours) / errorOf(codec, input, importance, theirs));
  fmt::print("\n");
}

void benchDecoder(const BlockCodec& codec, const std::string& symbol, const GgmlLibrary* ggml) {
  const auto& layout = core::tensor::info(codec.dtype);
  const std::size_t blocks = kValues / layout.blockValues;
  std::vector<std::uint8_t> bytes(blocks * layout.blockBytes);
  std::mt19937 random(2);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() & 0x3bU);  // no FP16 field is Inf or NaN
  const AlignedFloats decoded(kValues);
  const GgmlLibrary::RowFunction decode = ggml != nullptr ? ggml->rowFunction(symbol) : nullptr;
  compare(
      fmt::format("decode {}", layout.name), [&] { codec.decode(bytes.data(), blocks, decoded.data()); },
      decode != nullptr, [&] { decode(bytes.data(), decoded.data(), static_cast<std::int64_t>(kValues)); });
  fmt::print("\n");
}

/// FP16, BF16 and every block type that is a scheme.
void benchStoredTypes(const GgmlLibrary* ggml, const std::vector<float>& input, const std::vector<float>& importance) {
  for (const BlockCodec& codec : core::quant::blockCodecs()) {
    const auto& layout = core::tensor::info(codec.dtype);
    std::string symbol = fmt::format("dequantize_row_{}", layout.name);
    if (symbol.ends_with("_k")) symbol.back() = 'K';
    if (codec.dtype == DType::F16) symbol = "ggml_fp16_to_fp32_row";
    if (codec.dtype == DType::BF16) symbol = "ggml_bf16_to_fp32_row";
    if (codec.codeBits == 0 && codec.dtype != DType::F16 && codec.dtype != DType::BF16) continue;
    if (codec.encode != nullptr) benchEncoder(codec, ggml, input, nullptr);
    if (codec.encodeByImportance != nullptr) benchEncoder(codec, ggml, input, importance.data());
    benchDecoder(codec, symbol, ggml);
  }
}

/// Schemes ggml does not have; dequantizing runs in one thread, quantizing in all.
void benchScheme(const char* text, const std::vector<float>& input) {
  const core::tensor::TensorView view{
      "w", DType::F32, {kValues / 4096, 4096}, std::as_bytes(std::span(input)), nullptr};
  const auto scheme = core::quant::Scheme::parse(text);
  const auto tensor = core::quant::quantize(scheme, view);
  const AlignedFloats decoded(kValues);
  compare(
      std::string("encode ") + text + " *", [&] { core::quant::quantize(scheme, view); }, false, [] {}, Clock::Wall);
  fmt::print("\n");
  compare(
      std::string("decode ") + text, [&] { core::quant::dequantizeRows(*tensor, 0, tensor->rows(), decoded.data()); },
      false, [] {});
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::string path;
  CLI::App tool("Encoding and decoding per thread, beside ggml's own.", "bench_quantize");
  tool.add_option("LIBGGML_BASE", path, "ggml's library, libggml-base.so");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    const auto ggml = path.empty() ? nullptr : std::make_unique<const GgmlLibrary>(path);
    std::vector<float> input(kValues);
    std::vector<float> importance(kRowValues);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    for (float& value : input) value = normal(random);
    for (float& weight : importance) weight = std::exp(50.0F * normal(random));
    fmt::print(
        "One thread, {} values in rows of {}, median of at most {} runs; MB/s of float32 values (* all threads)\n",
        kValues, kRowValues, kMaxRounds);
    fmt::print("{:<22} {:>10}{}\n", "", "ours", ggml ? "       ggml    ratio error/its" : "");
    benchStoredTypes(ggml.get(), input, importance);
    for (const char* text : {"nf4", "fp4", "int8", "int4", "int3", "int4:range=minmax"}) benchScheme(text, input);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
