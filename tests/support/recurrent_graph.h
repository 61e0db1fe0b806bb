#pragma once
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/model/graph_builder.h"
#include "support/random_blocks.h"

namespace support {

/// A float32 tensor of normally distributed numbers.
inline core::quant::QuantizedTensorPtr randomTensor(RandomNumbers& random, const char* name,
                                                    const core::tensor::Shape& shape, double sigma, double mean = 0) {
  auto values = std::make_shared<std::vector<float>>(shape.count());
  for (float& value : *values) value = static_cast<float>(mean + sigma * random.bell());
  const core::tensor::TensorView view{name, core::tensor::DType::F32, shape, std::as_bytes(std::span(*values)), values};
  return std::make_shared<core::quant::QuantizedTensor>(view);
}

/// A graph that no config could say, of every operation that keeps a state or has vectors of columns: heads of both
/// orders, states of both rules, sizes that fill no workgroup.
inline core::model::Graph recurrentGraph(std::uint32_t vocabulary = 70) {
  using namespace core::model;
  using Function = Map::Function;
  RandomNumbers random(11);
  const auto tensor = [&](const core::tensor::Shape& shape, double sigma, double mean = 0) {
    return randomTensor(random, "weight", shape, sigma, mean);
  };
  const auto matrix = [&](std::uint64_t rows, std::uint64_t width) {
    return tensor({rows, width}, 1.0 / std::sqrt(static_cast<double>(width)));
  };
  constexpr std::uint32_t kWidth = 42;
  GraphBuilder builder(0);
  ValueId x = builder.embed("token_embd", matrix(vocabulary, kWidth));
  const auto part = [&](std::uint32_t layer, LinearAttention shape, std::uint32_t taps, bool hasBias) {
    const auto name = [&](const char* of) { return std::string(of) + std::to_string(layer); };
    const std::uint32_t keys = shape.keyHeads * shape.keySize, values = shape.heads * shape.valueSize;
    const ValueId in = builder.plainNorm(name("norm"), x, kWidth / 3, 1e-5F);
    const ValueId all = builder.matMul(name("in"), in, matrix(2 * keys + values + 2 * shape.heads, kWidth));
    const ValueId mixed = builder.slice(name("mixed"), all, {0}, 2 * keys + values);
    const ValueId made = builder.map(name("silu"),
                                     builder.shortConv(name("conv"), mixed, tensor({2 * keys + values, taps}, 0.5),
                                                       hasBias ? tensor({2 * keys + values}, 0.3) : nullptr),
                                     {Function::Silu});
    // Both numbers of each head in turn, in pairs.
    const ValueId numbers = builder.slice(name("numbers"), all, {2 * keys + values}, 2 * shape.heads);
    const ValueId first = builder.slice(name("first"), numbers, {0, 2}, shape.heads),
                  second = builder.slice(name("second"), numbers, {1, 2}, shape.heads);
    const ValueId step =
        builder.mapColumns(name("step"), first, {nullptr, tensor({shape.heads}, 1.0), {Function::Softplus}});
    const ValueId decay =
        builder.mapColumns(name("decay"), step, {tensor({shape.heads}, 0.3, -1.0), nullptr, {Function::Exp}});
    const ValueId strength = builder.map(name("strength"), second, {Function::Sigmoid});
    const ValueId query = builder.slice(name("query"), made, {0}, keys),
                  key = builder.slice(name("key"), made, {keys}, keys),
                  value = builder.slice(name("value"), made, {2 * keys}, values);
    const ValueId heads = builder.linearAttention(name("heads"), {query, key, value, decay, strength}, shape);
    const ValueId skipped = builder.mapColumns(name("skip"), value, {tensor({shape.heads}, 0.5), nullptr, {}});
    const ValueId gated = builder.glu(name("gated"), skipped, heads, Activation::Sigmoid);
    const ValueId product = builder.glu(name("product"), gated, heads, Activation::None);
    x = builder.add(name("x"), x, builder.matMul(name("out"), product, matrix(kWidth, values)));
  };
  LinearAttention delta;
  delta.heads = 6, delta.keyHeads = 2, delta.keySize = 10, delta.valueSize = 7;
  delta.scale = 0.4F, delta.isDelta = true, delta.normEpsilon = 1e-6F, delta.order = HeadOrder::Repeated;
  part(0, delta, 4, false);
  LinearAttention grouped;
  grouped.heads = 4, grouped.keyHeads = 2, grouped.keySize = 19, grouped.valueSize = 9;
  part(1, grouped, 3, true);
  // Blocks of neighbours, as queries and gates lie.
  const ValueId wide = builder.matMul("wide", x, matrix(2 * kWidth, kWidth));
  const ValueId a = builder.slice("blocks0", wide, {0, 14, 7}, kWidth),
                b = builder.slice("blocks1", wide, {7, 14, 7}, kWidth);
  const ValueId joined = builder.joinHeads("joined", a, builder.slice("shared", b, {3}, 5), {6, 1});
  const ValueId pairs = builder.joinHeads("pairs", builder.slice("part", joined, {0, 12, 4}, 24),
                                          builder.slice("rest", joined, {30}, 18), {6, 6});
  x = builder.glu("blocks", pairs, b, Activation::Sigmoid);
  builder.matMul("logits", builder.takeRows("rows", x), matrix(vocabulary, kWidth));
  return builder.take();
}

}  // namespace support
