#include "gpu/matrix_check.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/model/graph_builder.h"
#include "core/quant/quantizer.h"
#include "gpu/vulkan_executor.h"

namespace gpu {

namespace {

/// More than a tile of 128 rows, and two units of 32 columns, so that sums are carried over.
constexpr std::size_t kCheckedRows = 130, kCheckedTokens = 128, kCheckedWidth = 64;
constexpr std::size_t kOddRow = 71, kOddToken = 37;
/// Of Σ |products|. Sums of 64 floats are off by 1e-7 to 4e-7 of it; without the lower halves of values, where only
/// one product counts, by 1e-4.
constexpr double kMostError = 2e-6;

/// Reproducible numbers from -1 to 1 that fill a significand of 24 bits.
class Numbers {
 public:
  float next() {
    m_state = m_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return std::ldexp(static_cast<float>(static_cast<std::int64_t>(m_state >> 39U) - (1 << 24)), -24);
  }

 private:
  std::uint64_t m_state = 1;
};

using Values = std::shared_ptr<std::vector<float>>;

/// Rows of magnitudes 2^-30 to 2^30; every third one grows by 2^20 behind its first unit, every fifth has a single
/// value in each unit.
Values linesOf(std::size_t count, Numbers& numbers) {
  auto values = std::make_shared<std::vector<float>>(count * kCheckedWidth);
  for (std::size_t line = 0; line < count; ++line) {
    const int magnitude = static_cast<int>(line * 37 % 61) - 30;
    for (std::size_t k = 0; k < kCheckedWidth; ++k) {
      const bool grows = line % 3 == 0 && k >= 32, isAlone = line % 5 == 0 && k % 32 != line % 32;
      (*values)[line * kCheckedWidth + k] = isAlone ? 0.0F : std::ldexp(numbers.next(), magnitude + (grows ? 20 : 0));
    }
  }
  return values;
}

core::quant::QuantizedTensorPtr tensorOf(const char* name, std::size_t rows, const Values& values) {
  return core::quant::wrapStored({name, core::tensor::DType::F32, core::tensor::Shape{rows, kCheckedWidth},
                                  std::as_bytes(std::span(*values)), values});
}

/// An executor whose results may be no numbers.
class Products : public VulkanExecutor {
 public:
  using VulkanExecutor::compute;
  using VulkanExecutor::VulkanExecutor;
};

bool isRight(float found, double expected, double size) {
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(expected)) return static_cast<double>(found) == expected;
  return std::abs(static_cast<double>(found) - expected) <= kMostError * size;
}

}  // namespace

std::string faultOfProducts(const std::shared_ptr<VulkanDevice>& device,
                            const std::function<void(std::span<float>)>& seen) try {
  Numbers numbers;
  const Values weights = linesOf(kCheckedRows, numbers), inputs = linesOf(kCheckedTokens, numbers);
  (*weights)[kOddRow * kCheckedWidth + 40] = std::numeric_limits<float>::infinity();
  (*inputs)[kOddToken * kCheckedWidth + 5] = std::numeric_limits<float>::quiet_NaN();
  core::model::GraphBuilder builder(0);
  builder.matMul("products", builder.embed("inputs", tensorOf("inputs", kCheckedTokens, inputs)),
                 tensorOf("weights", kCheckedRows, weights));
  Products executor(device, builder.take(), core::JobContext());
  std::vector<core::model::TokenId> tokens(kCheckedTokens);
  for (std::size_t t = 0; t < kCheckedTokens; ++t) tokens[t] = static_cast<core::model::TokenId>(t);
  const auto cache = executor.createKvCache(kCheckedTokens, core::model::KvType::F32);
  std::vector<float> products(kCheckedTokens * kCheckedRows);
  executor.compute(tokens, *cache, core::model::LogitsWanted::AllTokens, products, core::JobContext());
  if (seen) seen(products);
  for (std::size_t t = 0; t < kCheckedTokens; ++t) {
    for (std::size_t row = 0; row < kCheckedRows; ++row) {
      double sum = 0, size = 0;
      for (std::size_t k = 0; k < kCheckedWidth; ++k) {
        const double product = static_cast<double>((*weights)[row * kCheckedWidth + k]) *
                               static_cast<double>((*inputs)[t * kCheckedWidth + k]);
        sum += product;
        size += std::abs(product);
      }
      const float found = products[t * kCheckedRows + row];
      if (!isRight(found, sum, size)) return fmt::format("A product of known numbers is {} instead of {}.", found, sum);
    }
  }
  return {};
} catch (const core::Error& error) {
  return error.what();
}

}  // namespace gpu
