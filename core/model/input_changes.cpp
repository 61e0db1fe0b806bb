#include "core/model/input_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/block_integers.h"

namespace core::model {

namespace {

using quant::Granularity;
using quant::QuantizedTensor;

/// Whether a product of integers with these weights is exact in 32 bits (ops/multiply_codes.h, multiply_blocks.h).
bool areIntegers(const QuantizedTensor& weight) {
  if (const auto dtype = weight.dtype()) return quant::areScaledIntegerBlocks(*dtype);
  const auto* codes = weight.as<quant::Uniform>();
  if (codes == nullptr || codes->bits > 8) return false;
  const quant::Grouping& grouping = codes->grouping;
  const bool isWhole = grouping.granularity == Granularity::Tensor || grouping.granularity == Granularity::Row;
  const bool isGrouped = grouping.granularity == Granularity::Group &&
                         (grouping.size == 8 || grouping.size == 16 || grouping.size % 32 == 0);
  if (!isWhole && !isGrouped) return false;
  const auto isNear = [&](float zero) {  // every level within 255 of it
    const float code = zero - static_cast<float>(codes->qmin);
    return zero == std::trunc(zero) && code >= 0.0F && code <= 255.0F;
  };
  return codes->zeroPoints.empty() ? isNear(0.0F) : std::ranges::all_of(codes->zeroPoints, isNear);
}

class Pass {
 public:
  explicit Pass(Graph graph) : m_graph(std::move(graph)) {}

  Graph run() {
    std::vector<Op> ops = std::exchange(m_graph.ops, {});
    for (Op& op : ops) {
      if (op.kind() == OpKind::MatMul) change(op);
      if (op.kind() == OpKind::ExpertMatMul) {
        auto& product = std::get<ExpertMatMul>(op.parameters);
        product.weight = integers(product.weight);
        checkExperts(*product.weight);
      }
      m_graph.ops.push_back(std::move(op));
    }
    return std::move(m_graph);
  }

 private:
  /// A value that was made of another one.
  struct Made {
    ValueId from, value;
    OpParameters parameters;
  };

  void change(Op& op) {
    auto& product = std::get<MatMul>(op.parameters);
    product.weight = integers(product.weight);
    const QuantizedTensor& weight = *product.weight;
    if (const auto arrangement = arrangementOf(weight)) {
      product.columns = quant::Columns::AsStored;
      op.inputs[0] = made(op.inputs[0], ArrangeColumns{arrangement}, "arranged");
    }
    if (!weight.input) return;
    const bool isDecoded = weight.changes != nullptr && product.columns == quant::Columns::OfTheWeight;
    if (weight.input->makesCodes() && (isDecoded || !areIntegers(weight))) refuseIntegers(weight);
    const ValueId floats = op.inputs[0];
    op.inputs[0] = made(floats, QuantizeRows{*weight.input}, weight.input->makesCodes() ? "codes" : "rounded");
    if (weight.input->threshold > 0.0F) op.inputs.push_back(floats);  // of outlier columns
  }

  /// What replaced a tensor comes in blocks, as it would be written; what WeightLibrary made does not.
  quant::QuantizedTensorPtr integers(const quant::QuantizedTensorPtr& weight) {
    quant::QuantizedTensorPtr& known = m_integers[weight.get()];
    if (!known) known = quant::asIntegers(weight);
    return known;
  }

  [[noreturn]] static void refuseIntegers(const QuantizedTensor& weight) {
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("Inputs of {} are to become integers, but it is not made of such.", io::inQuotes(weight.name)),
        weight.name);
  }

  /// Columns of experts are put in order again as they are decoded.
  static void checkExperts(const QuantizedTensor& experts) {
    if (!experts.input) return;
    if (experts.changes != nullptr)
      throw Error(ErrorCode::Unsupported,
                  fmt::format("Inputs of the experts in {} cannot be both scaled or reordered column by column and "
                              "quantized.",
                              io::inQuotes(experts.name)),
                  experts.name);
    if (experts.input->makesCodes() && !areIntegers(experts)) refuseIntegers(experts);
  }

  template <typename Parameters>
  ValueId made(ValueId from, Parameters parameters, std::string_view what) {
    std::size_t others = 0;
    for (const Made& known : m_made) {
      const auto* same = std::get_if<Parameters>(&known.parameters);
      if (known.from != from || same == nullptr) continue;
      if (*same == parameters) return known.value;
      ++others;
    }
    const Value& source = m_graph.values[from];
    Value value{fmt::format("{}_{}", source.name, what), source.width};
    if (others != 0) value.name += fmt::format("_{}", others + 1);
    if constexpr (std::is_same_v<Parameters, QuantizeRows>)
      if (parameters.quantizer.makesCodes()) value.form = ValueForm::Codes;
    const auto id = static_cast<ValueId>(m_graph.values.size());
    m_graph.values.push_back(std::move(value));
    m_graph.ops.push_back({parameters, {from}, id});
    m_made.push_back({from, id, std::move(parameters)});
    return id;
  }

  Graph m_graph;
  std::vector<Made> m_made;
  std::map<const QuantizedTensor*, quant::QuantizedTensorPtr> m_integers;
};

}  // namespace

std::shared_ptr<const Arrangement> arrangementOf(const QuantizedTensor& weight) {
  const quant::ColumnChanges* changes = weight.changes.get();
  if (changes == nullptr || !changes->outlierColumns.empty()) return nullptr;
  if (changes->order.empty() && changes->inputScales.empty()) return nullptr;
  auto result = std::make_shared<Arrangement>();
  result->order = changes->order;
  for (std::size_t k = 0; k < changes->inputScales.size(); ++k)
    result->factors.push_back(1.0F / changes->inputScales[result->order.empty() ? k : result->order[k]]);
  return result;
}

Graph applyInputChanges(Graph graph) { return Pass(std::move(graph)).run(); }

ValueId plainValue(const Graph& graph, ValueId value) {
  const Op* op = &graph.maker(value);
  for (; op->kind() == OpKind::ArrangeColumns || op->kind() == OpKind::QuantizeRows; op = &graph.maker(value))
    value = op->inputs[0];
  return value;
}

}  // namespace core::model
