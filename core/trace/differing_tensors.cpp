#include "core/trace/differing_tensors.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/model/tensor_place.h"

namespace core::trace {

using quant::QuantizedTensor;
using quant::QuantizedTensorPtr;

namespace {

bool isSame(const QuantizedTensor& a, const QuantizedTensor& b) {
  if (&a == &b) return true;
  const auto *elements = a.as<quant::Elements>(), *others = b.as<quant::Elements>();
  return elements != nullptr && others != nullptr && *elements == *others && a.changes == nullptr &&
         b.changes == nullptr && a.factor == b.factor && a.input == b.input && a.compute() == b.compute() &&
         std::ranges::equal(a.payload, b.payload);
}

class Collector {
 public:
  void add(const QuantizedTensorPtr& mine, const QuantizedTensorPtr& other, const TensorUse& use) {
    if (!mine && !other) return;
    if (!mine || !other || mine->shape != other->shape) refuse();
    const auto known = std::ranges::find(m_found, mine, &DifferingTensor::mine);
    if (known != m_found.end()) return known->uses.push_back(use);
    if (!isSame(*mine, *other)) m_found.push_back({mine->name, model::placeOf(mine->name).layer, mine, other, {use}});
  }
  std::vector<DifferingTensor> take() { return std::move(m_found); }

  [[noreturn]] static void refuse() {
    throw Error(ErrorCode::Unsupported,
                "The two models compute different operations, so that one cannot be traced to "
                "the other.");
  }

 private:
  std::vector<DifferingTensor> m_found;
};

}  // namespace

std::vector<DifferingTensor> differingTensors(const BareGraph& mine, const BareGraph& other) {
  Collector found;
  const auto &ops = mine.graph.ops, &others = other.graph.ops;
  if (ops.size() != others.size()) Collector::refuse();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].kind() != others[i].kind() || ops[i].inputs != others[i].inputs) Collector::refuse();
    if (const auto* weight = ops[i].weight()) found.add(*weight, *others[i].weight(), {i, false});
    if (const auto* vector = ops[i].vector()) found.add(*vector, *others[i].vector(), {i, true});
  }
  return found.take();
}

}  // namespace core::trace
