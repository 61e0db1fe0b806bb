#include "core/trace/restore.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/model/non_finite.h"
#include "core/model/probabilities.h"

namespace core::trace {

namespace {

constexpr std::uint64_t kPassesBesideLayers = 40;
constexpr std::uint64_t kExchangedTensors = 8;  // that are tried the other way round, too

using Groups = std::map<std::optional<std::uint32_t>, std::vector<std::size_t>>;

/// Tensors by layer; those outside first.
Groups groupsOf(std::span<const DifferingTensor> tensors) {
  Groups groups;
  for (std::size_t i = 0; i < tensors.size(); ++i) groups[tensors[i].layer].push_back(i);
  return groups;
}

/// How near an exchange brings A; what computes no numbers is furthest.
double rankOf(const Effect& effect) {
  return std::isfinite(effect.logitDifference) ? effect.logitDifference : -std::numeric_limits<double>::infinity();
}

class Search {
 public:
  Search(Replay& compared, Replay& reference, const Parting& parting, const JobContext& job)
      : m_compared(compared),
        m_reference(reference),
        m_parting(parting),
        m_job(job),
        m_before(compared.passes() + reference.passes()),
        m_comparedRun(compared.run({}, job)),
        m_referenceRun(reference.run({}, job)) {
    m_result.reference = effect(m_referenceRun);
    m_result.compared = effect(m_comparedRun);
  }

  void layers() {
    const Groups groups = groupsOf(m_compared.tensors());
    for (const auto& [layer, tensors] : groups) {
      m_job.progress(static_cast<double>(m_result.layers.size()) / static_cast<double>(2 * groups.size()),
                     "Restoring layers");
      Restored restored;
      restored.tensors.insert(tensors.begin(), tensors.end());
      m_result.layers.push_back({layer, restore(restored), exchange(restored)});
    }
    note();
  }

  void tensors() {
    const auto layers = static_cast<std::uint64_t>(
        std::ranges::count_if(m_result.layers, [](const LayerEffect& layer) { return layer.layer.has_value(); }));
    const std::uint64_t most = 2 * layers + kPassesBesideLayers;
    const auto ranked = byLayers();
    for (const std::size_t tensor : ranked) {
      if (passes() + kExchangedTensors >= most) break;
      m_job.progress(0.5 + 0.5 * static_cast<double>(passes()) / static_cast<double>(most), "Restoring tensors");
      const DifferingTensor& what = m_compared.tensors()[tensor];
      m_result.tensors.push_back({tensor, what.name, what.layer, restore({{tensor}, {}}), std::nullopt});
    }
    std::ranges::stable_sort(m_result.tensors, std::greater(),
                             [](const TensorEffect& tensor) { return rankOf(tensor.restored); });
    for (TensorEffect& tensor : m_result.tensors) {
      if (passes() >= most) break;
      tensor.exchanged = exchange({{tensor.tensor}, {}});
    }
    note();
  }

  const Restoration& result() const { return m_result; }

 private:
  Effect effect(const Replay::Run& run) const { return effectOf(run.logits, m_parting, m_referenceRun.logits); }
  Effect restore(const Restored& what) { return effect(m_compared.run(what, m_comparedRun, m_job)); }
  Effect exchange(const Restored& what) { return effect(m_reference.run(what, m_referenceRun, m_job)); }
  std::uint64_t passes() const { return m_compared.passes() + m_reference.passes() - m_before; }
  void note() { m_result.passes = passes(); }

  /// Tensors of the layer first whose restoring brings most.
  std::vector<std::size_t> byLayers() const {
    std::vector<const LayerEffect*> order;
    for (const LayerEffect& layer : m_result.layers) order.push_back(&layer);
    std::ranges::stable_sort(order, std::greater(), [](const LayerEffect* layer) { return rankOf(layer->restored); });
    const Groups groups = groupsOf(m_compared.tensors());
    std::vector<std::size_t> ranked;
    for (const LayerEffect* layer : order)
      ranked.insert(ranked.end(), groups.at(layer->layer).begin(), groups.at(layer->layer).end());
    return ranked;
  }

  Replay &m_compared, &m_reference;
  const Parting& m_parting;
  const JobContext& m_job;
  std::uint64_t m_before;
  Replay::Run m_comparedRun, m_referenceRun;
  Restoration m_result;
};

}  // namespace

Effect effectOf(std::span<const float> logits, const Parting& parting, std::span<const float> referenceLogits) {
  const auto a = static_cast<std::size_t>(parting.reference), b = static_cast<std::size_t>(parting.compared);
  Effect effect;
  effect.logitDifference = static_cast<double>(logits[a]) - static_cast<double>(logits[b]);
  effect.divergence = model::klDivergence(referenceLogits, logits);
  effect.isReferenceWord =
      model::allFinite(logits) && std::ranges::max_element(logits) - logits.begin() == static_cast<std::ptrdiff_t>(a);
  return effect;
}

Restoration restoreTensors(Replay& compared, Replay& reference, const Parting& parting,
                           const std::function<void(const Restoration&)>& onLayers, const JobContext& job) {
  if (compared.tensors().empty())
    throw Error(ErrorCode::Unsupported, "Both models have the same weights, so that no weight can be restored.");
  Search search(compared, reference, parting, job);
  search.layers();
  if (onLayers) onLayers(search.result());
  search.tensors();
  return search.result();
}

}  // namespace core::trace
