#include "core/trace/panel_offers.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel.h"

namespace core::trace {

namespace {

constexpr std::size_t kPartValues = 16384;  // below this a thread costs more than it brings
constexpr std::size_t kLanes = 8;

using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

/// What some weights are expected to bring: the most of one, and all together.
struct Expected {
  float most, sum;
};

QS_FORCE_INLINE void load(const float* from, Floats& out) { std::memcpy(&out, from, sizeof(out)); }
QS_FORCE_INLINE void raise(Floats& most, const Floats& values) { most = values > most ? values : most; }

/// Products into `out`.
QS_MULTIVERSION void multiply(const float* gradient, const float* change, std::size_t count, float* out,
                              Expected& all) {
  Floats most = {}, sums = {}, g, c;
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    load(gradient + i, g);
    load(change + i, c);
    const Floats products = g * c;
    std::memcpy(out + i, &products, sizeof(products));
    sums += products;
    raise(most, products);
  }
  all = {0.0F, 0.0F};
  for (std::size_t i = whole; i < count; ++i) {
    out[i] = gradient[i] * change[i];
    all.sum += out[i];
    all.most = std::max(all.most, out[i]);
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    all.sum += sums[lane];
    all.most = std::max(all.most, most[lane]);
  }
}

/// The largest magnitude of some values.
QS_MULTIVERSION float largest(const float* values, std::size_t count) {
  Floats most = {}, part;
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    load(values + i, part);
    raise(most, part);
    raise(most, -part);
  }
  float all = 0.0F;
  for (std::size_t i = whole; i < count; ++i) all = std::max({all, values[i], -values[i]});
  for (std::size_t lane = 0; lane < kLanes; ++lane) all = std::max(all, most[lane]);
  return all;
}

/// What one part of a panel has that may be among the largest.
template <typename First, typename Second>
struct Found {
  std::vector<First> first;
  std::vector<Second> second;
};

/// Looks through parts of a range in parallel; what is found is taken in the order of the parts.
template <typename Parts, typename Find, typename Take>
void inParts(std::size_t count, std::size_t each, const Find& find, const Take& take) {
  std::vector<Parts> parts((count + each - 1) / each);
  parallelFor(parts.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part)
      find(part * each, std::min(part * each + each, count), parts[part]);
  });
  for (const Parts& part : parts) take(part);
}

}  // namespace

void offer(const Panel& panel, MostExpected& blocks, MostExpected& weights) {
  using Parts = Found<Candidate, Candidate>;
  const std::uint64_t width = panel.width;
  const float leastBlock = blocks.least(), leastWeight = weights.least();
  const auto find = [&](std::size_t firstRow, std::size_t lastRow, Parts& found) {
    std::vector<float> products(panel.blockSize);
    for (std::size_t row = firstRow; row < lastRow; ++row) {
      for (std::uint64_t column = 0; column < width; column += panel.blockSize) {
        const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(panel.blockSize, width - column));
        const std::uint64_t here = row * width + column, first = panel.firstRow * width + here;
        Expected expected{};
        multiply(panel.gradient.data() + here, panel.change.data() + here, count, products.data(), expected);
        if (expected.sum > leastBlock) found.first.push_back({panel.tensor, first, count, expected.sum});
        if (!(expected.most > leastWeight)) continue;
        for (std::uint32_t i = 0; i < count; ++i)
          if (products[i] > leastWeight) found.second.push_back({panel.tensor, first + i, 1, products[i]});
      }
    }
  };
  inParts<Parts>(panel.gradient.size() / width, kPartValues / width + 1, find, [&](const Parts& found) {
    for (const Candidate& block : found.first) blocks.offer(block);
    for (const Candidate& weight : found.second) weights.offer(weight);
  });
}

void offer(std::uint32_t tensor, std::uint64_t first, std::span<const float> contributions, MostPositive& most,
           MostNegative& least) {
  using Parts = Found<WeightContribution, WeightContribution>;
  constexpr std::size_t kTogether = 64;
  const float leastPositive = most.least(), leastNegative = least.least(),
              both = std::min(leastPositive, leastNegative);
  const auto find = [&](std::size_t begin, std::size_t end, Parts& found) {
    for (std::size_t at = begin; at < end; at += kTogether) {
      const std::size_t count = std::min(kTogether, end - at);
      if (!(largest(contributions.data() + at, count) > both)) continue;
      for (std::size_t i = at; i < at + count; ++i) {
        if (contributions[i] > leastPositive) found.first.push_back({tensor, first + i, contributions[i]});
        if (-contributions[i] > leastNegative) found.second.push_back({tensor, first + i, contributions[i]});
      }
    }
  };
  inParts<Parts>(contributions.size(), kPartValues, find, [&](const Parts& found) {
    for (const WeightContribution& weight : found.first) most.offer(weight);
    for (const WeightContribution& weight : found.second) least.offer(weight);
  });
}

}  // namespace core::trace
