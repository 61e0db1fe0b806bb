// Our encoders beside ggml's on rows of many kinds: compare_ggml path/to/libggml-base.so
// For each type and kind of row, without and with importance: how many blocks differ, and the largest ratio of our
// error to ggml's (RMS of a row, weighed by the importance). Exit status 1 when a ratio exceeds --limit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"
#include "ggml_library.h"
#include "tool_arguments.h"

namespace {

using core::quant::BlockCodec;

constexpr std::size_t kRowValues = 2048;
constexpr std::size_t kRows = 16;

using Floats = std::vector<float>;

struct RowKind {
  const char* name;
  Floats (*make)(std::mt19937& random);
};

template <typename Value>
Floats generate(const Value& value) {
  Floats result(kRows * kRowValues);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = value(i);
  return result;
}

Floats gaussian(std::mt19937& random, float mean, float sigma) {
  std::normal_distribution<float> normal(mean, sigma);
  return generate([&](std::size_t) { return normal(random); });
}

const RowKind kKinds[] = {
    {"gaussian", [](std::mt19937& random) { return gaussian(random, 0.0F, 0.02F); }},
    {"student t",
     [](std::mt19937& random) {
       std::student_t_distribution<float> student(3.0F);
       return generate([&](std::size_t) { return 0.02F * student(random); });
     }},
    {"outlier columns",
     [](std::mt19937& random) {
       Floats result = gaussian(random, 0.0F, 0.02F);
       for (std::size_t i = 0; i < result.size(); ++i) result[i] *= i % kRowValues % 97 == 5 ? 50.0F : 1.0F;
       return result;
     }},
    {"constant",
     [](std::mt19937&) {
       return generate([](std::size_t i) {
         const std::size_t row = i / kRowValues;
         return 0.1F * static_cast<float>(row + 1) * (row % 2 == 0 ? 1.0F : -1.0F);
       });
     }},
    {"positive", [](std::mt19937& random) { return gaussian(random, 0.5F, 0.1F); }},
    {"sparse",
     [](std::mt19937& random) {
       Floats result = gaussian(random, 0.0F, 0.05F);
       for (float& value : result) value = random() % 8 == 0 ? value : 0.0F;
       return result;
     }},
    {"tiny", [](std::mt19937& random) { return gaussian(random, 0.0F, 1e-4F); }},
    {"huge", [](std::mt19937& random) { return gaussian(random, 0.0F, 1e4F); }},
};

/// One weight per column: log-normal, some zero, some five hundred times as large.
Floats makeImportance(std::mt19937& random) {
  std::lognormal_distribution<float> lognormal(0.0F, 1.5F);
  Floats result(kRowValues);
  for (float& weight : result)
    weight = lognormal(random) * (random() % 50 == 0 ? 0.0F : random() % 100 == 0 ? 500.0F : 1.0F);
  return result;
}

double rowError(const float* values, const float* decoded, const float* importance) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kRowValues; ++i) {
    const double difference = static_cast<double>(decoded[i]) - static_cast<double>(values[i]);
    sum += difference * difference * (importance != nullptr ? static_cast<double>(importance[i]) : 1.0);
  }
  return std::sqrt(sum);
}

/// @return the largest ratio of errors of a row; 1 where both are 0
double compareRows(const BlockCodec& codec, const GgmlLibrary& ggml, const RowKind& kind, const Floats& values,
                   const float* importance) {
  const auto& layout = core::tensor::info(codec.dtype);
  const std::size_t rowBlocks = kRowValues / layout.blockValues;
  std::vector<std::uint8_t> ours(kRows * rowBlocks * layout.blockBytes);
  std::vector<std::uint8_t> theirs(ours.size());
  for (std::size_t row = 0; row < kRows; ++row) {
    std::uint8_t* out = ours.data() + row * rowBlocks * layout.blockBytes;
    if (importance != nullptr)
      codec.encodeByImportance(values.data() + row * kRowValues, rowBlocks, importance, out);
    else
      codec.encode(values.data() + row * kRowValues, rowBlocks, out);
  }
  ggml.quantize(codec.dtype, values.data(), kRows, kRowValues, importance, theirs.data());
  std::size_t different = 0;
  for (std::size_t at = 0; at < ours.size(); at += layout.blockBytes)
    different += std::memcmp(ours.data() + at, theirs.data() + at, layout.blockBytes) == 0 ? 0U : 1U;
  Floats ourValues(values.size());
  Floats theirValues(values.size());
  codec.decode(ours.data(), kRows * rowBlocks, ourValues.data());
  codec.decode(theirs.data(), kRows * rowBlocks, theirValues.data());
  double worst = 0.0;
  for (std::size_t at = 0; at < values.size(); at += kRowValues) {
    const double ourError = rowError(values.data() + at, ourValues.data() + at, importance);
    const double theirError = rowError(values.data() + at, theirValues.data() + at, importance);
    worst = std::max(worst, ourError == theirError ? 1.0 : ourError / theirError);
  }
  fmt::print("{:<10} {:<16} {:<12} {:>6} of {:<6} {:>10.6f}\n", layout.name, kind.name,
             importance != nullptr ? "importance" : "", different, kRows * rowBlocks, worst);
  return worst;
}

}  // namespace

int main(int argc, char** argv) {
  std::string path;
  double limit = 1.0;
  CLI::App tool("Our encoders beside ggml's: blocks that differ, largest ratio of errors.", "compare_ggml");
  tool.add_option("LIBGGML_BASE", path, "ggml's library, libggml-base.so")->required();
  tool.add_option("--limit", limit, "exit status 1 above this ratio of our error to ggml's");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    const GgmlLibrary ggml(path);
    std::mt19937 random(1);
    const Floats importance = makeImportance(random);
    double worst = 0.0;
    for (const BlockCodec& codec : core::quant::blockCodecs()) {
      if (codec.codeBits == 0 || codec.encode == nullptr) continue;
      for (const RowKind& kind : kKinds) {
        const Floats values = kind.make(random);
        if (!ggml.requiresImportance(codec.dtype))
          worst = std::max(worst, compareRows(codec, ggml, kind, values, nullptr));
        if (codec.encodeByImportance != nullptr)
          worst = std::max(worst, compareRows(codec, ggml, kind, values, importance.data()));
      }
    }
    fmt::print("largest ratio {:.6f}\n", worst);
    return worst <= limit ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
