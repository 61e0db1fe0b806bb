#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/executor.h"
#include "core/model/graph.h"
#include "core/train/offset.h"
#include "core/train/pass_weight.h"

namespace core::train {

/// What becomes of roundings that the graph asks for: quantized activations (QuantizeRows), products in FP16 or BF16
/// (QuantizedTensor::compute), the KV cache's type.
enum class Rounding : std::uint8_t {
  AsInTheModel,  ///< the forward pass rounds; the backward pass goes straight through (Bengio et al. 2013)
  None           ///< products and activations are not rounded; weights are what their sources say
};

struct PassSettings {
  Rounding rounding = Rounding::AsInTheModel;
  model::KvType kv = model::KvType::F32;
};

/// Sequences of one length, each read alone from position 0 on.
struct Sequences {
  std::span<const model::TokenId> tokens;  ///< [count · length]
  std::size_t length;
  std::vector<double> along = {};  ///< [count] the α of each: where on the lines of weights and offsets; empty: 0

  std::size_t count() const { return tokens.size() / length; }
};

/// Rows [firstRow, firstRow + rows) of a weight's gradient, summed over its uses and all sequences.
template <typename Real>
struct WeightGradient {
  WeightId weight;
  std::uint64_t firstRow;
  std::size_t rows;
  std::span<const Real> gradient;  ///< [rows, width]
  std::span<const Real> change;    ///< [rows, width] target − base; empty where the weight has no target
};

/// What a backward pass is to form; nothing else is.
template <typename Real>
struct Wanted {
  std::vector<WeightId> weights = {};
  std::vector<model::ValueId> values = {};  ///< their gradients, read with gradient()
  bool offsets = false;                     ///< gradients at the places of all offsets
  /// Shown each wanted weight in panels of rows, from the first row on, on the calling thread; the panel is valid
  /// during the call. Rows that nothing depends on (tokens that were not read, logits that the objective leaves out)
  /// are 0 and may be left out. Weights come as they are finished: the last operation's first.
  std::function<void(const WeightGradient<Real>&)> visit = {};
};

/// Forward and backward through a graph, operation by operation, for causal sequences without a past. It keeps values
/// ([tokens, width]) that the backward pass needs and nothing of the model's size: weights are decoded in panels of
/// rows as they are used, their gradients visited in such panels as they are formed. Any objective over logits and any
/// graph made of model::OpKind. Real is float, or double for checks. Results do not depend on the number of threads.
///
/// Several sequences may stand at different points of a line between two models: weights and offsets at α are
/// base + α · (target − base). A gradient summed over sequences at the nodes of a quadrature, seeded with its weights,
/// is then the integral along the line, formed once.
template <typename Real>
class ReversePass {
 public:
  ReversePass(model::Graph graph, std::vector<PassWeight> weights, PassSettings settings = {});
  explicit ReversePass(model::Graph graph, PassSettings settings = {});

  const model::Graph& graph() const { return m_graph; }
  const std::vector<PassWeight>& weights() const { return m_weights; }
  /// Replaces all offsets. @throws Error (InvalidArgument) for a place that reads no floats
  void setOffsets(std::vector<Offset<Real>> offsets);

  /// Shown what rounding adds at a place, [rows, width], as a forward pass comes there: x rounded − x. For QuantizeRows
  /// at its result, for a product's inputs and result, and for what StoreKv reads. Only with Rounding::AsInTheModel.
  using RoundingVisitor = std::function<void(Place, std::span<const Real> error)>;

  /// @return [count, vocabulary] logits of each sequence's last token, or [count · length, vocabulary] of all; valid
  ///         until the next forward
  /// @throws Error (InvalidArgument) for tokens that are not in the vocabulary or no whole sequences, (NotFinite),
  ///         (OutOfMemory), Cancelled
  std::span<const Real> forward(const Sequences& sequences, model::LogitsWanted wanted = model::LogitsWanted::LastToken,
                                const JobContext& job = JobContext(), const RoundingVisitor& onRounding = {});
  /// May be called several times after a forward. @param logits d(objective)/d(logit), of forward's shape
  void backward(std::span<const Real> logits, const Wanted<Real>& wanted, const JobContext& job = JobContext());

  /// A wanted value's gradient after backward: [rows, width]; empty where nothing depends on it.
  std::span<const Real> gradient(model::ValueId value) const { return m_gradients[value]; }
  /// The gradient at an offset's place after backward, [rows, width]. @pre they were wanted
  std::span<const Real> offsetGradient(Place place) const;
  /// Bytes of values that a forward over so many rows keeps.
  std::uint64_t keptBytes(std::uint64_t rows) const;

 private:
  struct Layer;  ///< keys and values as attention sees them
};

}  // namespace core::train
