#include "core/trace/rounding_errors.h"

#include <algorithm>

#include "core/model/executor.h"
#include "core/train/decoded_weight.h"
#include "core/train/ops/experts.h"
#include "core/train/ops/product.h"
#include "core/train/ops/rounding.h"

namespace core::trace {

using model::Graph;
using model::Op;
using model::OpKind;
using quant::ComputeType;
using train::Place;

namespace {

/// Values of a run, [rows, words]; only those that were asked for.
using Values = std::map<model::ValueId, std::vector<float>>;

void add(std::vector<float>& sum, const std::vector<float>& more) {
  if (sum.empty()) sum.resize(more.size(), 0.0F);
  for (std::size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
}

/// changed − exact
std::vector<float> difference(std::vector<float> changed, const std::vector<float>& exact) {
  for (std::size_t i = 0; i < changed.size(); ++i) changed[i] -= exact[i];
  return changed;
}

/// From the columns of an arranged value to those of the value it was made of.
std::vector<float> undone(const model::Arrangement& arrangement, const std::vector<float>& error, std::size_t width) {
  std::vector<float> result(error.size());
  for (std::size_t i = 0; i < error.size(); ++i) {
    const std::size_t column = i % width;
    const std::size_t own = arrangement.order.empty() ? column : arrangement.order[column];
    const float factor = arrangement.factors.empty() ? 1.0F : arrangement.factors[column];
    result[i - column + own] = error[i] / factor;
  }
  return result;
}

/// The error of a product's input against the plain value: what rounding the product itself did, then what was done to
/// the value before it, from the product back.
std::vector<float> inputError(const Graph& graph, std::size_t product, const RoundingErrors& measured) {
  std::vector<float> sum;
  const auto addAt = [&](Place place) {
    if (const auto found = measured.find(place); found != measured.end()) add(sum, found->second);
  };
  addAt({product, 0});
  for (model::ValueId value = graph.ops[product].inputs[0];;) {
    const Op& maker = graph.maker(value);
    if (maker.kind() == OpKind::QuantizeRows) {
      addAt({static_cast<std::size_t>(&maker - graph.ops.data()), Place::kResult});
    } else if (maker.kind() == OpKind::ArrangeColumns) {
      sum = undone(*maker.as<model::ArrangeColumns>().arrangement, sum, graph.values[value].width);
    } else {
      return sum;
    }
    value = maker.inputs[0];
  }
}

/// The places of a graph's operations where something is rounded, and the values around them.
class Roundings {
 public:
  Roundings(const Graph& graph, model::KvType kv) : m_graph(graph), m_kv(kv), m_weights(train::weightsOf(graph)) {
    for (const Op& op : graph.ops) {
      if (op.kind() == OpKind::QuantizeRows) ask({op.inputs[0], op.out});
      if (op.kind() == OpKind::ExpertMatMul && (*op.weight())->input) ask({op.inputs[0]});
      if (op.kind() == OpKind::MatMul && op.as<model::MatMul>().weight->compute() != ComputeType::Fp32) {
        ask({op.inputs[0], op.out});
        if (op.inputs.size() > 1) ask({op.inputs[1]});
      }
      if (op.kind() == OpKind::StoreKv && kv != model::KvType::F32) ask(op.inputs);
    }
  }

  /// By places of this graph.
  RoundingErrors measure(std::span<const model::TokenId> tokens, const JobContext& job) {
    if (m_values.empty()) return {};
    run(tokens, job);
    RoundingErrors errors;
    for (std::size_t op = 0; op < m_graph.ops.size(); ++op) {
      switch (m_graph.ops[op].kind()) {
        case OpKind::QuantizeRows: {
          const Op& quantize = m_graph.ops[op];
          errors[{op, Place::kResult}] = difference(floatsOf(quantize.out), m_values.at(quantize.inputs[0]));
          break;
        }
        case OpKind::ExpertMatMul:
          measureExperts(op, errors);
          break;
        case OpKind::MatMul:
          measureProduct(op, errors, job);
          break;
        case OpKind::StoreKv:
          measureStore(op, errors);
          break;
        default:
          break;
      }
    }
    return errors;
  }

 private:
  void ask(const std::vector<model::ValueId>& values) {
    for (const model::ValueId value : values) m_values[value];
  }

  void run(std::span<const model::TokenId> tokens, const JobContext& job) {
    std::vector<model::ValueId> wanted;
    for (const auto& [value, rows] : m_values) wanted.push_back(value);
    const auto executor = model::createCpuExecutor(m_graph);
    const auto watching = executor->subscribe(wanted, [this](const model::Observation& seen) {
      std::vector<float>& rows = m_values.at(seen.value);
      rows.insert(rows.end(), seen.data.begin(), seen.data.end());
    });
    const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), m_kv);
    std::vector<float> logits(m_graph.vocabulary());
    executor->forward(tokens, *cache, model::LogitsWanted::LastToken, logits, job);
  }

  /// A value as numbers, where it is made of codes.
  std::vector<float> floatsOf(model::ValueId value) const {
    const std::vector<float>& seen = m_values.at(value);
    if (m_graph.values[value].form == model::ValueForm::Floats) return seen;
    const std::vector<float>& from = m_values.at(m_graph.maker(value).inputs[0]);
    std::vector<float> floats(from.size());
    train::ops::decodeCodes(seen, m_graph.values[value].width, from.data(), floats.data());
    return floats;
  }

  const train::PassWeight& weightOf(std::size_t op, train::WeightRole role) const {
    return *std::ranges::find_if(m_weights, [&](const train::PassWeight& weight) {
      return std::ranges::any_of(weight.uses,
                                 [&](const train::WeightUse& use) { return use.op == op && use.role == role; });
    });
  }

  /// What the type it runs in did to a product's input, and to its result, which is computed again without that.
  void measureProduct(std::size_t op, RoundingErrors& errors, const JobContext& job) const {
    const auto& product = m_graph.ops[op].as<model::MatMul>();
    if (product.weight->compute() == ComputeType::Fp32) return;
    const std::vector<float> exact = floatsOf(m_graph.ops[op].inputs[0]);
    std::vector<float> in = exact;
    quant::roundTo(train::factorType(*product.weight), in);
    if (in != exact) errors[{op, 0}] = difference(in, exact);
    const std::vector<float>& made = m_values.at(m_graph.ops[op].out);
    std::vector<float> result(made.size());
    const double along = 0.0;
    const train::ops::Batch batch{1, made.size() / product.weight->rows(), {&along, 1}};
    train::ops::multiply(weightOf(op, train::WeightRole::Matrix), batch, in.data(), result.data(), job);
    if (product.bias) train::ops::addBias(weightOf(op, train::WeightRole::Bias), batch, result.data());
    errors[{op, Place::kResult}] = difference(made, result);
  }

  /// What a stack of experts does to its inputs.
  void measureExperts(std::size_t op, RoundingErrors& errors) const {
    const auto& product = m_graph.ops[op].as<model::ExpertMatMul>();
    if (!product.weight->input) return;
    const model::ValueId input = m_graph.ops[op].inputs[0];
    const std::vector<float>& exact = m_values.at(input);
    std::vector<float> rounded(exact.size());
    const std::size_t width = m_graph.values[input].width;
    const train::ops::ExpertShape shape{product.weight->shape[0], product.outWidth(), product.weight->rowValues(),
                                        product.used, width};
    train::ops::roundExpertInputs(*product.weight->input, m_graph.rowsTogether(), shape, {1, exact.size() / width, {}},
                                  exact.data(), rounded.data());
    errors[{op, 0}] = difference(std::move(rounded), exact);
  }

  void measureStore(std::size_t op, RoundingErrors& errors) const {
    if (m_kv == model::KvType::F32) return;
    const Op& store = m_graph.ops[op];
    const model::KvShape& shape = m_graph.kv[store.as<model::StoreKv>().layer];
    for (std::size_t input = 0; input < 2; ++input) {
      const std::vector<float>& exact = m_values.at(store.inputs[input]);
      std::vector<float> rounded = exact;
      const std::size_t headSize = input == 0 ? shape.headSize : shape.valueHeadSize;
      train::ops::roundKv(input == 0 ? m_kv.keys : m_kv.values, exact.size() / (shape.heads * headSize), shape.heads,
                          headSize, rounded.data());
      errors[{op, input}] = difference(std::move(rounded), exact);
    }
  }

  const Graph& m_graph;
  model::KvType m_kv;
  std::vector<train::PassWeight> m_weights;
  Values m_values;
};

}  // namespace

RoundingErrors measureRoundingErrors(const Graph& graph, const train::PlainGraph& plain,
                                     std::span<const model::TokenId> tokens, model::KvType kv, const JobContext& job) {
  const RoundingErrors measured = Roundings(graph, kv).measure(tokens, job);
  RoundingErrors errors;
  for (std::size_t op = 0; op < plain.sources.size() && !measured.empty(); ++op) {
    const std::size_t source = plain.sources[op];
    const bool isProduct = graph.ops[source].kind() == OpKind::MatMul;
    for (const std::size_t input : {std::size_t{0}, std::size_t{1}, Place::kResult}) {
      std::vector<float> error;
      if (isProduct && input == 0) {
        error = inputError(graph, source, measured);
      } else if (const auto found = measured.find({source, input}); found != measured.end()) {
        error = found->second;
      }
      if (!error.empty()) errors[{op, input}] = std::move(error);
    }
  }
  return errors;
}

}  // namespace core::trace
