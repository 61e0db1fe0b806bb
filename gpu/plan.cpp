#include "gpu/plan.h"

#include <algorithm>

namespace gpu {

namespace {

using core::model::Activation;
using core::model::Glu;
using core::model::Graph;
using core::model::kNoValue;
using core::model::Op;
using core::model::OpKind;
using core::model::Rope;
using core::model::ValueId;

class Planner {
 public:
  Planner(const Graph& graph, const Fusion& fusion)
      : m_graph(graph),
        m_ops(graph.ops),
        m_fusion(fusion),
        m_uses(graph.values.size()),
        m_isWindow(graph.values.size()) {
    for (const Op& op : m_ops) {
      for (const ValueId input : op.inputs) ++m_uses[input];
      if (op.kind() == OpKind::TakeRows) m_isWindow[op.out] = true;
    }
  }

  std::vector<Step> plan() {
    std::vector<Step> steps;
    while (m_next < m_ops.size()) steps.push_back(nextStep());
    return steps;
  }

 private:
  Step nextStep() {
    const Op& op = m_ops[m_next];
    Step step{.kind = op.kind(), .ops = {&op}, .out = op.out};
    ++m_next;
    if (op.kind() == OpKind::MatMul) growMatMul(step);
    if (op.kind() == OpKind::RmsNorm) tryNorm(step);
    if (op.kind() == OpKind::Rope && follows(0, OpKind::Rope) && m_ops[m_next].as<Rope>() == op.as<Rope>()) {
      step.ops.push_back(&m_ops[m_next++]);
      step.out = step.ops.back()->out;
      tryStore(step);
    }
    return step;
  }

  bool follows(std::size_t distance, OpKind kind) const {
    return m_next + distance < m_ops.size() && m_ops[m_next + distance].kind() == kind;
  }

  void growMatMul(Step& step) {
    if (tryAdd(step) || trySwiGlu(step)) return;
    while (step.ops.size() < 3 && follows(0, OpKind::MatMul) && m_ops[m_next].inputs == step.ops[0]->inputs &&
           m_fusion.canShare(*step.ops[0], m_ops[m_next])) {
      step.ops.push_back(&m_ops[m_next++]);
      step.out = step.ops.back()->out;
    }
  }

  /// A norm of whole rows and the products that are all that reads it.
  void tryNorm(Step& step) {
    const Op& norm = *step.ops[0];
    if (!follows(0, OpKind::MatMul) || m_ops[m_next].inputs != std::vector{norm.out}) return;
    if (m_fusion.isWatched(norm.out) || m_graph.values[norm.out].width != norm.as<core::model::RmsNorm>().size() ||
        !m_fusion.canNorm(norm, m_ops[m_next]))
      return;
    const std::size_t behindNorm = m_next;
    Step products = nextStep();
    const auto readers = std::ranges::count_if(products.ops, [](const Op* op) { return op->kind() == OpKind::MatMul; });
    if (readers != m_uses[norm.out] || products.residual == norm.out) {
      m_next = behindNorm;
      return;
    }
    products.norm = &norm;
    step = std::move(products);
  }

  /// MatMul, Add: the sum is the product's only reader.
  bool tryAdd(Step& step) {
    const ValueId product = step.out;
    if (!follows(0, OpKind::Add) || m_uses[product] != 1 || m_fusion.isWatched(product)) return false;
    const Op& add = m_ops[m_next];
    const ValueId a = add.inputs[0], b = add.inputs[1];
    if ((a == product) == (b == product)) return false;
    step.residual = a == product ? b : a;
    step.out = add.out;
    ++m_next;
    return true;
  }

  /// Gate, up, SwiGLU: it is the only reader of both.
  bool trySwiGlu(Step& step) {
    if (!m_fusion.swiGlu || !follows(0, OpKind::MatMul) || !follows(1, OpKind::Glu)) return false;
    const Op &gate = *step.ops[0], &up = m_ops[m_next], &glu = m_ops[m_next + 1];
    if (glu.as<Glu>().activation != Activation::Silu) return false;
    if (up.inputs != gate.inputs || glu.inputs != std::vector{gate.out, up.out}) return false;
    if (m_fusion.isWatched(gate.out) || m_fusion.isWatched(up.out)) return false;
    if (m_uses[gate.out] != 1 || m_uses[up.out] != 1 || !m_fusion.canShare(gate, up)) return false;
    step.kind = OpKind::Glu;
    step.ops = {&gate, &up, &glu};
    step.out = glu.out;
    m_next += 2;
    return true;
  }

  /// Query rotated, key rotated, stored: nobody else reads the rotated key.
  void tryStore(Step& step) {
    const Op &query = *step.ops[0], &key = *step.ops[1];
    if (!follows(0, OpKind::StoreKv) || m_uses[key.out] != 1 || m_fusion.isWatched(key.out)) return;
    const Op& store = m_ops[m_next];
    const core::model::KvShape& kv = m_graph.kv[store.as<core::model::StoreKv>().layer];
    if (store.inputs[0] != key.out || kv.headSize != key.as<Rope>().headSize) return;
    // Of a query that cannot be rotated in its place only Rope makes a copy.
    if (m_uses[query.inputs[0]] != 1 || m_isWindow[query.inputs[0]]) return;
    step.kind = OpKind::StoreKv;
    step.ops.push_back(&store);
    step.out = query.out;
    ++m_next;
  }

  const Graph& m_graph;
  const std::vector<Op>& m_ops;
  const Fusion& m_fusion;
  std::vector<std::uint32_t> m_uses;
  std::vector<bool> m_isWindow;  ///< into another value's rows
  std::size_t m_next = 0;
};

/// Rotated on its way into the cache, it never reaches memory of its own.
bool isRotatedKey(const Step& step, ValueId value) {
  return step.kind == OpKind::StoreKv && step.ops.size() == 3 && value == step.ops[1]->out;
}

}  // namespace

std::vector<ValueId> Step::reads() const {
  std::vector<ValueId> values;
  const bool fusedGlu = kind == OpKind::Glu && ops.size() == 3;
  for (const Op* op : ops) {
    if (fusedGlu && op->kind() == OpKind::Glu) continue;  // gate and up never reach memory
    for (const ValueId input : op->inputs)
      if (!isRotatedKey(*this, input) && (norm == nullptr || input != norm->out)) values.push_back(input);
  }
  if (norm != nullptr) values.push_back(norm->inputs[0]);
  if (residual != kNoValue) values.push_back(residual);
  return values;
}

std::vector<ValueId> Step::writes() const {
  const bool oneResult = residual != kNoValue || (kind == OpKind::Glu && ops.size() == 3);
  std::vector<ValueId> values;
  if (oneResult) return {out};
  for (const Op* op : ops) {
    if (op->out != kNoValue && !isRotatedKey(*this, op->out)) values.push_back(op->out);
  }
  return values;
}

std::vector<Step> planSteps(const Graph& graph, const Fusion& fusion) { return Planner(graph, fusion).plan(); }

}  // namespace gpu
