#include "core/trace/rounding_errors.h"

#include <algorithm>

#include "core/train/reverse_pass.h"

namespace core::trace {

using model::Graph;
using model::Op;
using model::OpKind;
using train::Place;

namespace {

bool isRounding(const Graph& graph, model::KvType kv) {
  if (kv != model::KvType::F32) return true;
  return std::ranges::any_of(graph.ops, [](const Op& op) {
    return op.kind() == OpKind::QuantizeRows ||
           (op.kind() == OpKind::MatMul && op.as<model::MatMul>().weight->compute() != quant::ComputeType::Fp32);
  });
}

void add(std::vector<float>& sum, const std::vector<float>& more) {
  if (sum.empty()) sum.resize(more.size(), 0.0F);
  for (std::size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
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

}  // namespace

RoundingErrors measureRoundingErrors(const Graph& graph, const PlainGraph& plain,
                                     std::span<const model::TokenId> tokens, model::KvType kv, const JobContext& job) {
  if (!isRounding(graph, kv)) return {};
  RoundingErrors measured, errors;
  train::ReversePass<float> pass(graph, {train::Rounding::AsInTheModel, kv});
  pass.forward({tokens, tokens.size()}, model::LogitsWanted::LastToken, job,
               [&](Place place, std::span<const float> error) { measured[place].assign(error.begin(), error.end()); });
  for (std::size_t op = 0; op < plain.sources.size(); ++op) {
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
