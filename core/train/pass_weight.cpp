#include "core/train/pass_weight.h"

#include <fmt/format.h>

#include <map>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/train/decoded_weight.h"

namespace core::train {

namespace {

using model::Graph;
using model::Op;
using quant::Columns;
using quant::QuantizedTensorPtr;

/// An operation's weight, and what it does with it.
struct Used {
  QuantizedTensorPtr tensor;
  WeightRole role;
  Columns columns = Columns::OfTheWeight;

  /// What its values are rounded to as they are used.
  quant::ComputeType compute() const {
    return role == WeightRole::Matrix ? factorType(*tensor) : quant::ComputeType::Fp32;
  }
};

std::vector<Used> mainWeightOf(const Op& op) {
  switch (op.kind()) {
    case model::OpKind::Embed:
      return {{op.as<model::Embed>().weight, WeightRole::Embedding}};
    case model::OpKind::EmbedPositions:
      return {{op.as<model::EmbedPositions>().weight, WeightRole::Embedding}};
    case model::OpKind::LayerNorm:
      return {{op.as<model::LayerNorm>().weight, WeightRole::Norm}};
    case model::OpKind::RmsNorm:
    case model::OpKind::MapColumns:
    case model::OpKind::ShortConv:
    case model::OpKind::Route:
      if (op.weight() == nullptr) return {};
      return {{*op.weight(), WeightRole::Norm}};
    case model::OpKind::MatMul:
      return {{op.as<model::MatMul>().weight, WeightRole::Matrix, op.as<model::MatMul>().columns}};
    case model::OpKind::ExpertMatMul:
      return {{op.as<model::ExpertMatMul>().weight, WeightRole::Matrix}};
    default:
      return {};
  }
}

std::vector<Used> weightsUsedBy(const Op& op) {
  std::vector<Used> used = mainWeightOf(op);
  if (const auto* vector = op.vector(); vector != nullptr && *vector) used.push_back({*vector, WeightRole::Bias});
  return used;
}

PassWeight weightOf(const Used& used) {
  const quant::QuantizedTensor& tensor = *used.tensor;
  PassWeight weight;
  weight.name = tensor.name;
  const bool isVector = used.role == WeightRole::Norm || used.role == WeightRole::Bias;
  weight.rows = isVector ? 1 : tensor.rows();
  weight.width = isVector ? tensor.shape.count() : tensor.rowValues();
  weight.base = std::make_shared<DecodedWeight>(used.tensor, used.columns, used.compute());
  return weight;
}

[[noreturn]] void refuseGraphs(const std::string& detail, const std::string& where) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("The two models compute different things: {}.", detail), where);
}

/// Whether two operations of one kind do the same with other weights.
bool doSame(const Op& a, const Op& b) {
  if (a.kind() != b.kind() || a.inputs != b.inputs || a.out != b.out) return false;
  switch (a.kind()) {
    case model::OpKind::RmsNorm:
      return a.as<model::RmsNorm>().epsilon == b.as<model::RmsNorm>().epsilon &&
             a.as<model::RmsNorm>().alone == b.as<model::RmsNorm>().alone;
    case model::OpKind::LayerNorm:
      return a.as<model::LayerNorm>().epsilon == b.as<model::LayerNorm>().epsilon;
    case model::OpKind::Route:
      return a.as<model::Route>().isLike(b.as<model::Route>());
    case model::OpKind::ExpertMatMul:
      return a.as<model::ExpertMatMul>().used == b.as<model::ExpertMatMul>().used;
    case model::OpKind::MixExperts:
      return a.as<model::MixExperts>().used == b.as<model::MixExperts>().used;
    case model::OpKind::Rope:
      return a.as<model::Rope>() == b.as<model::Rope>();
    case model::OpKind::StoreKv:
      return a.as<model::StoreKv>().layer == b.as<model::StoreKv>().layer;
    case model::OpKind::Attention: {
      const auto &x = a.as<model::Attention>(), &y = b.as<model::Attention>();
      return x.layer == y.layer && x.heads == y.heads && x.scale == y.scale && x.window == y.window &&
             x.softCap == y.softCap && x.isCausal == y.isCausal;
    }
    case model::OpKind::Glu:
      return a.as<model::Glu>().activation == b.as<model::Glu>().activation;
    case model::OpKind::Map:
      return a.as<model::Map>() == b.as<model::Map>();
    case model::OpKind::Slice:
      return a.as<model::Slice>() == b.as<model::Slice>();
    case model::OpKind::MapColumns:
      return a.as<model::MapColumns>().map == b.as<model::MapColumns>().map;
    case model::OpKind::LinearAttention:
      return a.as<model::LinearAttention>() == b.as<model::LinearAttention>();
    case model::OpKind::JoinHeads:
      return a.as<model::JoinHeads>() == b.as<model::JoinHeads>();
    case model::OpKind::ArrangeColumns:
      return a.as<model::ArrangeColumns>() == b.as<model::ArrangeColumns>();
    case model::OpKind::QuantizeRows:
      return a.as<model::QuantizeRows>() == b.as<model::QuantizeRows>();
    case model::OpKind::EmbedPositions:
      return a.as<model::EmbedPositions>().first == b.as<model::EmbedPositions>().first &&
             a.as<model::EmbedPositions>().step == b.as<model::EmbedPositions>().step;
    case model::OpKind::Embed:
    case model::OpKind::MatMul:
    case model::OpKind::ShortConv:
    case model::OpKind::Add:
    case model::OpKind::TakeRows:
      break;
  }
  return true;
}

/// The same weight of the other model. @throws Error (InvalidArgument)
const Used& counterpart(const Used& used, const std::vector<Used>& others, std::size_t index) {
  if (index >= others.size() || others[index].role != used.role)
    refuseGraphs(fmt::format("{} has no counterpart", io::inQuotes(used.tensor->name)), used.tensor->name);
  const Used& other = others[index];
  if (other.tensor->shape != used.tensor->shape)
    refuseGraphs(fmt::format("{} is {} in one and {} in the other", io::inQuotes(used.tensor->name),
                             used.tensor->shape.toString(), other.tensor->shape.toString()),
                 used.tensor->name);
  return other;
}

}  // namespace

std::vector<PassWeight> weightsBetween(const Graph& from, const Graph& to) {
  if (from.ops.size() != to.ops.size())
    refuseGraphs(fmt::format("one has {} operations, the other {}", from.ops.size(), to.ops.size()), "");
  if (from.ropeTables != to.ropeTables) refuseGraphs("positions are rotated by other frequencies", "");
  std::vector<PassWeight> weights;
  // Two uses are of one weight if both ends are the same objects, used in the same type.
  using Ends = std::tuple<const void*, const void*, quant::ComputeType, quant::ComputeType>;
  std::map<Ends, std::size_t> known;
  for (std::size_t op = 0; op < from.ops.size(); ++op) {
    const std::vector<Used> ours = weightsUsedBy(from.ops[op]), theirs = weightsUsedBy(to.ops[op]);
    if (!doSame(from.ops[op], to.ops[op]) || ours.size() != theirs.size())
      refuseGraphs(fmt::format("their operations {} differ", op), "");
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const Used& other = counterpart(ours[i], theirs, i);
      const auto [entry, isNew] = known.emplace(
          Ends(ours[i].tensor.get(), other.tensor.get(), ours[i].compute(), other.compute()), weights.size());
      if (isNew) {
        weights.push_back(weightOf(ours[i]));
        if (ours[i].tensor != other.tensor) weights.back().target = weightOf(other).base;
      }
      weights[entry->second].uses.push_back({op, ours[i].role});
    }
  }
  return weights;
}

std::vector<PassWeight> weightsOf(const Graph& graph) { return weightsBetween(graph, graph); }

}  // namespace core::train
