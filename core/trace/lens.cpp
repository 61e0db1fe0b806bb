#include "core/trace/lens.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

namespace core::trace {

using model::Graph;
using model::Op;
using model::OpKind;
using model::ValueId;

namespace {

constexpr std::size_t kLogitBytes = 32U << 20U;  // of the rows that are computed together

Graph tailOf(const Graph& whole) {
  Graph tail;
  tail.ropeTables = whole.ropeTables;
  std::map<ValueId, ValueId> ids;
  const auto add = [&](ValueId old) {
    tail.values.push_back(whole.values[old]);
    return ids[old] = static_cast<ValueId>(tail.values.size() - 1);
  };
  const auto taken = std::ranges::find(whole.ops, OpKind::TakeRows, &Op::kind);
  tail.ops.push_back({model::Embed(), {}, add(taken->out)});
  std::for_each(taken + 1, whole.ops.end(), [&](Op op) {
    for (ValueId& input : op.inputs) input = ids.at(input);
    op.out = add(op.out);
    tail.ops.push_back(std::move(op));
  });
  return tail;
}

}  // namespace

Lens::Lens(const Graph& graph) : m_tail(tailOf(graph)), m_width(m_tail.values.front().width) {}

void Lens::read(std::span<const float> residuals, const std::function<void(std::size_t, std::span<const float>)>& show,
                const JobContext& job) const {
  const std::size_t rows = residuals.size() / m_width;
  if (rows == 0) return;
  auto table = std::make_shared<quant::QuantizedTensor>();
  table->name = "residuals";
  table->shape = {rows, m_width};
  table->layout = quant::Elements{tensor::DType::F32};
  table->payload = std::as_bytes(residuals);
  Graph graph = m_tail;
  graph.ops.front().parameters = model::Embed{std::move(table)};
  const auto executor = model::createCpuExecutor(std::move(graph));
  const std::size_t together =
      std::clamp<std::size_t>(kLogitBytes / (vocabulary() * sizeof(float)), 1, std::min<std::size_t>(rows, 128));
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(together), model::KvType::F32);
  std::vector<float> logits(together * vocabulary());
  std::vector<model::TokenId> ids(together);
  for (std::size_t first = 0; first < rows; first += together) {
    const std::size_t count = std::min(together, rows - first);
    std::iota(ids.begin(), ids.end(), static_cast<model::TokenId>(first));
    cache->truncate(0);
    executor->forward(std::span(ids).first(count), *cache, model::LogitsWanted::AllTokens,
                      std::span(logits).first(count * vocabulary()), job);
    for (std::size_t row = 0; row < count; ++row)
      show(first + row, std::span(logits).subspan(row * vocabulary(), vocabulary()));
  }
}

}  // namespace core::trace
