#pragma once
#include <QByteArray>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/model/graph_builder.h"
#include "support/random_blocks.h"

/// Graphs of one operation each between an embedding and a head, for the tests of the reverse pass.
namespace reverse {

using namespace core;
using model::Graph;
using model::GraphBuilder;
using model::ValueId;
using quant::QuantizedTensorPtr;

/// Random float tensors, each with a counterpart at the other end of a line.
class Ends {
 public:
  explicit Ends(std::uint64_t seed) : m_random(seed) {}

  QuantizedTensorPtr tensor(const char* name, tensor::Shape shape, double sigma, double mean = 0.0) {
    const QuantizedTensorPtr made = make(name, shape, sigma, mean);
    return made;
  }
  /// Whole numbers in disorder, the same at both ends.
  static QuantizedTensorPtr steps(const char* name, std::uint64_t count) {
    auto values = std::make_shared<std::vector<float>>(count);
    for (std::size_t i = 0; i < count; ++i) (*values)[i] = static_cast<float>(4 * (i * 5 % count));
    const tensor::TensorView view{name, tensor::DType::F32, {count}, std::as_bytes(std::span(*values)), values};
    return std::make_shared<quant::QuantizedTensor>(view);
  }

 private:
  QuantizedTensorPtr make(const char* name, const tensor::Shape& shape, double sigma, double mean) {
    auto values = std::make_shared<std::vector<float>>(shape.count());
    for (float& value : *values) value = static_cast<float>(mean + sigma * m_random.bell());
    const tensor::TensorView view{name, tensor::DType::F32, shape, std::as_bytes(std::span(*values)), values};
    return std::make_shared<quant::QuantizedTensor>(view);
  }

  support::RandomNumbers m_random;
};

/// What one test computes: built twice, with other weights, for the two ends of a line.
using Build = std::function<Graph(Ends&)>;

inline constexpr std::uint32_t kVocabulary = 11, kWidth = 12;

/// An embedding, whatever is tested, and a head over it.
inline Graph between(Ends& ends, const std::function<ValueId(GraphBuilder&, Ends&, ValueId)>& tested) {
  GraphBuilder builder(0);
  const ValueId x = builder.embed("x", ends.tensor("embedding", {kVocabulary, kWidth}, 1.0));
  const ValueId y = builder.takeRows("taken", tested(builder, ends, x));
  builder.matMul("logits", y, ends.tensor("head", {7, kWidth}, 0.4));
  return builder.take();
}

inline Graph attention(Ends& ends, std::uint32_t heads, std::uint32_t kvHeads, std::uint32_t valueSize,
                       std::uint32_t window, model::RopePairing pairing, bool isCausal = true) {
  return between(ends, [&](GraphBuilder& builder, Ends& tensors, ValueId x) {
    constexpr std::uint32_t kHead = 6;
    const std::uint32_t layer = builder.addLayer({kvHeads, kHead, valueSize});
    const model::Rope rope{kHead, builder.addRopeTable({{1.0F, 0.3F}}), pairing};  // 4 of 6 elements
    const auto matrix = [&](const char* name, std::uint64_t rows, std::uint64_t width) {
      return tensors.tensor(name, {rows, width}, 0.5);
    };
    const ValueId q =
        builder.matMul("q", x, matrix("q", heads * kHead, kWidth), tensors.tensor("qb", {heads * kHead}, 0.3));
    const ValueId k = builder.matMul("k", x, matrix("k", kvHeads * kHead, kWidth));
    const ValueId v = builder.matMul("v", x, matrix("v", kvHeads * valueSize, kWidth));
    const ValueId turned = builder.rope("turned", q, rope);
    builder.storeKv(builder.rope("k turned", k, rope), v, layer);
    const ValueId heads_ = builder.attention("heads", turned, {layer, heads, 0.4F, window, 0.0F, nullptr, isCausal});
    return builder.matMul("o", heads_, matrix("o", kWidth, std::uint64_t{heads} * valueSize));
  });
}

inline Graph arranged(Ends& ends, bool ordered) {
  Graph graph = between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
    return builder.matMul("product", x, tensors.tensor("matrix", {kWidth, kWidth}, 0.4));
  });
  auto arrangement = std::make_shared<model::Arrangement>();
  for (std::uint32_t i = 0; ordered && i < kWidth; ++i) arrangement->order.push_back((i * 5 + 3) % kWidth);
  for (std::uint32_t i = 0; i < kWidth; ++i) arrangement->factors.push_back(0.5F + 0.1F * static_cast<float>(i));
  const auto value = static_cast<ValueId>(graph.values.size());
  graph.values.push_back({"arranged", kWidth});
  graph.ops.insert(graph.ops.begin() + 1, {model::ArrangeColumns{arrangement}, {0}, value});
  graph.ops[2].inputs[0] = value;
  return graph;
}

inline std::vector<std::pair<QByteArray, Build>> cases() {
  using model::RopePairing;
  std::vector<std::pair<QByteArray, Build>> all;
  all.emplace_back("embed and product",
                   [](Ends& ends) { return between(ends, [](GraphBuilder&, Ends&, ValueId x) { return x; }); });
  all.emplace_back("norm", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      return builder.rmsNorm("norm", x, tensors.tensor("norm", {kWidth}, 0.3, 1.0), 1e-5F);
    });
  });
  all.emplace_back("product with bias", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      return builder.matMul("product", x, tensors.tensor("matrix", {kWidth, kWidth}, 0.4),
                            tensors.tensor("bias", {kWidth}, 0.3));
    });
  });
  all.emplace_back("glu and add", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      const ValueId gate = builder.matMul("gate", x, tensors.tensor("gate", {kWidth, kWidth}, 0.6));
      const ValueId up = builder.matMul("up", x, tensors.tensor("up", {kWidth, kWidth}, 0.6));
      return builder.add("sum", x, builder.glu("glu", gate, up, model::Activation::Silu));
    });
  });
  all.emplace_back("one value twice", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends&, ValueId x) {
      return builder.add("sum", x, builder.glu("glu", x, x, model::Activation::Silu));
    });
  });
  all.emplace_back("one weight in three places", [](Ends& ends) {
    GraphBuilder builder(0);
    const QuantizedTensorPtr table = ends.tensor("table", {kWidth, kWidth}, 0.5);
    const ValueId x = builder.embed("x", table);
    const ValueId y = builder.takeRows("taken", builder.matMul("product", x, table));
    builder.matMul("logits", y, table);
    return builder.take();
  });
  all.emplace_back("attention, adjacent pairs",
                   [](Ends& ends) { return attention(ends, 2, 2, 6, 0, RopePairing::Adjacent); });
  all.emplace_back("attention, shared keys, halves, values of another size",
                   [](Ends& ends) { return attention(ends, 4, 2, 3, 0, RopePairing::Halves); });
  all.emplace_back("attention, one head of keys, a window of 3",
                   [](Ends& ends) { return attention(ends, 3, 1, 6, 3, RopePairing::Adjacent); });
  all.emplace_back("attention to the whole text",
                   [](Ends& ends) { return attention(ends, 4, 2, 3, 0, RopePairing::Halves, false); });
  for (const std::uint32_t step : {1U, 0U})
    all.emplace_back(step == 1 ? "positions from the third row on" : "one row for all positions", [step](Ends& ends) {
      return between(ends, [step](GraphBuilder& builder, Ends& tensors, ValueId x) {
        return builder.add("sum", x, builder.embedPositions("p", {tensors.tensor("rows", {9, kWidth}, 0.6), 2, step}));
      });
    });
  all.emplace_back("GELU unit of slices of one product", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      const ValueId both = builder.matMul("both", x, tensors.tensor("both", {2 * kWidth, kWidth}, 0.6));
      const ValueId gate = builder.slice("gate", both, {0, 2}, kWidth), up = builder.slice("up", both, {1, 2}, kWidth);
      return builder.add("sum", x, builder.glu("glu", gate, up, model::Activation::GeluTanh));
    });
  });
  all.emplace_back("a norm of every head", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      return builder.rmsNorm("norm", x, tensors.tensor("heads", {kWidth / 3}, 0.3, 1.0), 1e-5F);
    });
  });
  for (const auto& [name, map] : {std::pair("scale", model::Map{model::Map::Function::Scale, 0.7F}),
                                  std::pair("soft cap", model::Map{model::Map::Function::SoftCap, 0.8F}),
                                  std::pair("GELU", model::Map{model::Map::Function::GeluTanh}),
                                  std::pair("GELU by erf", model::Map{model::Map::Function::GeluErf})})
    all.emplace_back(name, [map = map](Ends& ends) {
      return between(ends, [map](GraphBuilder& builder, Ends&, ValueId x) { return builder.map("map", x, map); });
    });
  all.emplace_back("a norm without a weight", [](Ends& ends) {
    return between(
        ends, [](GraphBuilder& builder, Ends&, ValueId x) { return builder.plainNorm("norm", x, kWidth / 3, 1e-5F); });
  });
  for (const auto function : {model::Map::Function::Silu, model::Map::Function::Sigmoid, model::Map::Function::Softplus,
                              model::Map::Function::Exp})
    all.emplace_back(("columns under function " + std::to_string(static_cast<int>(function))).c_str(), [function](
                                                                                                           Ends& ends) {
      return between(ends, [function](GraphBuilder& builder, Ends& tensors, ValueId x) {
        return builder.mapColumns(
            "columns", x,
            {tensors.tensor("factors", {kWidth / 2}, 0.4, 0.3), tensors.tensor("addends", {kWidth}, 0.4), {function}});
      });
    });
  for (const auto activation : {model::Activation::None, model::Activation::Sigmoid})
    all.emplace_back(("gate " + std::to_string(static_cast<int>(activation))).c_str(), [activation](Ends& ends) {
      return between(ends, [activation](GraphBuilder& builder, Ends& tensors, ValueId x) {
        const ValueId both = builder.matMul("both", x, tensors.tensor("both", {2 * kWidth, kWidth}, 0.6));
        return builder.glu("glu", builder.slice("gate", both, {0, 4, 2}, kWidth),
                           builder.slice("up", both, {2, 4, 2}, kWidth), activation);
      });
    });
  all.emplace_back("a short convolution", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      return builder.shortConv("conv", x, tensors.tensor("taps", {kWidth, 3}, 0.5),
                               tensors.tensor("bias", {kWidth}, 0.3));
    });
  });
  for (const bool isDelta : {false, true})
    all.emplace_back(isDelta ? "the delta rule, normed" : "a state space", [isDelta](Ends& ends) {
      return between(ends, [isDelta](GraphBuilder& builder, Ends& tensors, ValueId x) {
        model::LinearAttention shape;
        shape.heads = 4, shape.keyHeads = 2, shape.keySize = 3, shape.valueSize = 3, shape.scale = 0.7F;
        shape.isDelta = isDelta, shape.normEpsilon = isDelta ? 1e-3F : 0.0F;
        if (isDelta) shape.order = model::HeadOrder::Repeated;
        const auto product = [&](const char* name, std::uint64_t rows) {
          return builder.matMul(name, x, tensors.tensor(name, {rows, kWidth}, 0.5));
        };
        const ValueId decay = builder.map("decay", product("a", 4), {model::Map::Function::Sigmoid});
        return builder.linearAttention(
            "heads", {product("q", 6), product("k", 6), product("v", 12), decay, product("b", 4)}, shape);
      });
    });
  // A choice has no slope: here nothing turns it.
  for (int rule = 0; rule < 5; ++rule)
    all.emplace_back(("a route by rule " + std::to_string(rule)).c_str(), [rule](Ends& ends) {
      return between(ends, [rule](GraphBuilder& builder, Ends& tensors, ValueId x) {
        model::Route route;
        route.used = 3;
        route.isNormed = rule % 2 == 0;
        route.isSigmoid = route.areGroupsOfTwo = rule < 3;
        route.scale = 1.7F;
        if (rule < 3) route.sumEpsilon = 0.2F;
        if (rule > 1) route.groups = 3, route.usedGroups = 2;
        if (rule > 0) route.weight = tensors.tensor("factors", {kWidth}, 0.3, 1.0);
        route.bias = Ends::steps("addends", kWidth);
        const ValueId routes = builder.route("routes", x, route);
        return builder.matMul("product", builder.slice("counts", routes, {route.used}, route.used),
                              tensors.tensor("matrix", {kWidth, route.used}, 0.6));
      });
    });
  all.emplace_back("one column for all", [](Ends& ends) {
    return between(ends, [](GraphBuilder& builder, Ends& tensors, ValueId x) {
      const ValueId gate = builder.matMul("gate", x, tensors.tensor("gate", {1, kWidth}, 0.6));
      return builder.glu("gated", builder.slice("all", gate, {0, 0}, kWidth), x, model::Activation::Sigmoid);
    });
  });
  all.emplace_back("arranged columns", [](Ends& ends) { return arranged(ends, true); });
  all.emplace_back("divided columns", [](Ends& ends) { return arranged(ends, false); });
  return all;
}

}  // namespace reverse
