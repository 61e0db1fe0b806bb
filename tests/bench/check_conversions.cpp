// Every float32 there is, converted by core/numeric and by the processor: no bench, but far too long for a test.
//   check_conversions [--only TEXT] [--stride N]    exit status 1 when any value differs
// NaN counts as NaN, whatever its payload. Doubles are made of the 2^32 upper halves with mixed lower halves.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cfenv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "core/base/parallel.h"
#include "core/numeric/codec.h"
#include "core/numeric/half.h"
#include "core/numeric/nearest_value.h"
#include "machine_conversions.h"
#include "tool_arguments.h"

namespace {

using namespace core::numeric;
using bench::kBatch;

constexpr std::uint64_t kAll = std::uint64_t{1} << 32;

/// What one check does with a batch: fills `found` and `expected` with codes.
struct Batch {
  std::vector<float> floats = std::vector<float>(kBatch);
  std::vector<double> doubles = std::vector<double>(kBatch);
  std::vector<std::uint64_t> found = std::vector<std::uint64_t>(kBatch);
  std::vector<std::uint64_t> expected = std::vector<std::uint64_t>(kBatch);
  std::vector<std::uint16_t> halves = std::vector<std::uint16_t>(kBatch);
};

struct Check {
  std::string name, against;
  FormatId target;  ///< of the codes, to know NaN
  std::function<void(Batch&)> convert;
  bool isAvailable = true;
};

/// The lower half of a double: every bit of the index has a say in every bit of it.
double doubleOf(std::uint32_t upper) {
  std::uint64_t mixed = (std::uint64_t{upper} + 1) * 0x9e3779b97f4a7c15ULL;
  mixed ^= mixed >> 29;
  return std::bit_cast<double>(std::uint64_t{upper} << 32 | (mixed & 0xffffffffU));
}

bool isNan(FormatId id, std::uint64_t code) { return std::isnan(decode(numberFormat(id), code)); }

void encodeFloats(Batch& batch, FormatId id, RoundingRule rule) {
  const NumberFormat& format = numberFormat(id);
  for (std::size_t i = 0; i < kBatch; ++i) batch.found[i] = encode(format, static_cast<double>(batch.floats[i]), rule);
}

void take16(const std::vector<std::uint16_t>& from, std::vector<std::uint64_t>& to) {
  std::copy(from.begin(), from.end(), to.begin());
}

/// The nearer of the two BF16 numbers around a float, the even one of two equally near ones: from the definition, with
/// differences of floats that doubles hold exactly.
std::uint16_t nearestBfloat16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) >= 0x7f800000U)
    return static_cast<std::uint16_t>(bits >> 16 | (std::isnan(value) ? 1U : 0U));
  const std::uint32_t low = bits >> 16, high = low + 1;
  const auto valueOf = [](std::uint32_t code) {
    const double magnitude = std::bit_cast<float>((code & 0x7fffU) << 16);
    return (code & 0x7fffU) == 0x7f80U ? 0x1p128 : magnitude;  // Inf stands where the next number would be
  };
  const double x = std::abs(static_cast<double>(value));
  const double below = x - valueOf(low), above = valueOf(high) - x;
  const bool up = above < below || (above == below && low % 2 == 1);
  return static_cast<std::uint16_t>(up ? high : low);
}

std::vector<Check> checksOfHalf() {
  std::vector<Check> checks;
  const bool f16c = bench::hasF16c();
  constexpr std::pair<Rounding, int> kModes[] = {
      {Rounding::NearestEven, 0}, {Rounding::Down, 1}, {Rounding::Up, 2}, {Rounding::TowardZero, 3}};
  checks.push_back({"float to FP16, readers' path", "F16C", FormatId::Fp16,
                    [](Batch& b) {
                      for (std::size_t i = 0; i < kBatch; ++i) b.found[i] = floatToHalf(b.floats[i]);
                      bench::toHalf(b.floats.data(), b.halves.data(), 0);
                      take16(b.halves, b.expected);
                    },
                    f16c});
  checks.push_back({"float to FP16, readers' arrays", "F16C", FormatId::Fp16,
                    [](Batch& b) {
                      floatToHalf(b.floats, b.halves);
                      take16(b.halves, b.found);
                      bench::toHalf(b.floats.data(), b.halves.data(), 0);
                      take16(b.halves, b.expected);
                    },
                    f16c});
  for (const auto& [rounding, mode] : kModes)
    checks.push_back({std::string("encode FP16 ") + toString(rounding), "F16C", FormatId::Fp16,
                      [rounding = rounding, mode = mode](Batch& b) {
                        encodeFloats(b, FormatId::Fp16, rounding);
                        bench::toHalf(b.floats.data(), b.halves.data(), mode);
                        take16(b.halves, b.expected);
                      },
                      f16c});
  return checks;
}

std::vector<Check> checksOfBfloat16() {
  const auto byDefinition = [](Batch& b) {
    for (std::size_t i = 0; i < kBatch; ++i) b.expected[i] = nearestBfloat16(b.floats[i]);
  };
  std::vector<Check> checks;
  checks.push_back({"float to BF16, readers' path", "the two BF16 around it", FormatId::Bf16, [=](Batch& b) {
                      for (std::size_t i = 0; i < kBatch; ++i) b.found[i] = floatToBfloat16(b.floats[i]);
                      byDefinition(b);
                    }});
  checks.push_back({"encode BF16 nearest_even", "the two BF16 around it", FormatId::Bf16, [=](Batch& b) {
                      encodeFloats(b, FormatId::Bf16, Rounding::NearestEven);
                      byDefinition(b);
                    }});
  checks.push_back({"float to BF16, readers' arrays", "AVX512-BF16, which takes subnormals for 0", FormatId::Bf16,
                    [](Batch& b) {
                      for (float& value : b.floats)
                        if (std::fpclassify(value) == FP_SUBNORMAL) value = std::copysign(0.0F, value);
                      floatToBfloat16(b.floats, b.halves);
                      take16(b.halves, b.found);
                      bench::toBfloat16(b.floats.data(), b.halves.data());
                      take16(b.halves, b.expected);
                    },
                    bench::hasAvx512Bf16()});
  checks.push_back({"encode BF16 toward_zero", "the upper half of the float", FormatId::Bf16, [](Batch& b) {
                      encodeFloats(b, FormatId::Bf16, Rounding::TowardZero);
                      for (std::size_t i = 0; i < kBatch; ++i) {
                        const auto bits = std::bit_cast<std::uint32_t>(b.floats[i]);
                        b.expected[i] = bits >> 16 | (std::isnan(b.floats[i]) ? 1U : 0U);
                      }
                    }});
  return checks;
}

std::vector<Check> checksOfWideFormats() {
  std::vector<Check> checks;
  constexpr std::pair<Rounding, int> kModes[] = {{Rounding::NearestEven, FE_TONEAREST},
                                                 {Rounding::Down, FE_DOWNWARD},
                                                 {Rounding::Up, FE_UPWARD},
                                                 {Rounding::TowardZero, FE_TOWARDZERO}};
  for (const auto& [rounding, mode] : kModes)
    checks.push_back({std::string("encode FP32 of doubles ") + toString(rounding), "(float) double", FormatId::Fp32,
                      [rounding = rounding, mode = mode](Batch& b) {
                        for (std::size_t i = 0; i < kBatch; ++i)
                          b.found[i] = encode(numberFormat(FormatId::Fp32), b.doubles[i], rounding);
                        bench::narrow(b.doubles.data(), b.floats.data(), mode);
                        for (std::size_t i = 0; i < kBatch; ++i)
                          b.expected[i] = std::bit_cast<std::uint32_t>(b.floats[i]);
                      }});
  checks.push_back({"nearest FP32 of doubles, tensors' path", "(float) double", FormatId::Fp64, [](Batch& b) {
                      static const NearestValue nearest(numberFormat(FormatId::Fp32));
                      bench::narrow(b.doubles.data(), b.floats.data(), FE_TONEAREST);
                      for (std::size_t i = 0; i < kBatch; ++i) {
                        const double x = b.doubles[i];
                        b.found[i] = std::bit_cast<std::uint64_t>(std::isfinite(x) ? nearest(x).value : x);
                        b.expected[i] = std::bit_cast<std::uint64_t>(static_cast<double>(b.floats[i]));
                      }
                    }});
  checks.push_back({"decode FP32", "(double) float", FormatId::Fp64, [](Batch& b) {
                      for (std::size_t i = 0; i < kBatch; ++i) {
                        const double value =
                            decode(numberFormat(FormatId::Fp32), std::bit_cast<std::uint32_t>(b.floats[i]));
                        b.found[i] = std::bit_cast<std::uint64_t>(value);
                        b.expected[i] = std::bit_cast<std::uint64_t>(static_cast<double>(b.floats[i]));
                      }
                    }});
  checks.push_back({"encode FP64 of floats", "(double) float", FormatId::Fp64, [](Batch& b) {
                      encodeFloats(b, FormatId::Fp64, Rounding::NearestEven);
                      for (std::size_t i = 0; i < kBatch; ++i)
                        b.expected[i] = std::bit_cast<std::uint64_t>(static_cast<double>(b.floats[i]));
                    }});
  return checks;
}

/// Values that differ; the first one found is said.
std::uint64_t countDifferences(const Check& check, std::uint64_t stride) {
  std::atomic<std::uint64_t> differences{0};
  const std::uint64_t batches = kAll / stride / kBatch;
  core::PerThread<Batch> threads{Batch{}};
  core::parallelFor(batches, 1, [&](std::size_t first, std::size_t last) {
    Batch& batch = threads.local();
    for (std::size_t b = first; b < last; ++b) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        const auto bits = static_cast<std::uint32_t>((b * kBatch + i) * stride);
        batch.floats[i] = std::bit_cast<float>(bits);
        batch.doubles[i] = doubleOf(bits);
      }
      check.convert(batch);
      for (std::size_t i = 0; i < kBatch; ++i) {
        if (batch.found[i] == batch.expected[i]) continue;
        if (isNan(check.target, batch.found[i]) && isNan(check.target, batch.expected[i])) continue;
        if (differences++ == 0)
          std::printf("  first: of 0x%08llx came 0x%llx, expected 0x%llx\n",
                      static_cast<unsigned long long>((b * kBatch + i) * stride),
                      static_cast<unsigned long long>(batch.found[i]),
                      static_cast<unsigned long long>(batch.expected[i]));
      }
    }
  });
  return differences;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App tool("Every float32 converted by core/numeric and by the processor");
  std::string only;
  std::uint64_t stride = 1;
  tool.add_option("--only", only, "Checks whose name contains this text");
  tool.add_option("--stride", stride, "Every n-th float32")->check(CLI::Range(1, 65535));
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  std::vector<Check> checks = checksOfHalf();
  for (auto& more : {checksOfBfloat16(), checksOfWideFormats()}) checks.insert(checks.end(), more.begin(), more.end());
  std::uint64_t all = 0;
  for (const Check& check : checks) {
    if (check.name.find(only) == std::string::npos) continue;
    if (!check.isAvailable) {
      std::printf("%-40s left out: this processor has no such instruction\n", check.name.c_str());
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t differences = countDifferences(check, stride);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%-40s %-42s %10llu values, %llu differ, %.0f s\n", check.name.c_str(), check.against.c_str(),
                static_cast<unsigned long long>(kAll / stride / kBatch * kBatch),
                static_cast<unsigned long long>(differences), seconds);
    std::fflush(stdout);
    all += differences;
  }
  std::printf(all == 0 ? "No value differs.\n" : "Values differ.\n");
  return all == 0 ? 0 : 1;
}
