#pragma once
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/executor.h"
#include "core/model/graph.h"
#include "core/train/dropout.h"
#include "core/train/offset.h"
#include "core/train/ops/experts.h"
#include "core/train/ops/linear_attention.h"
#include "core/train/ops/product.h"
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
  /// Where a forward would keep more, it keeps only the values at which all that follows hangs on one (residual
  /// streams), and the backward pass computes those between two such once more (Chen et al. 2016): a third slower.
  std::uint64_t mostKeptBytes = std::uint64_t{1} << 30U;
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
  std::vector<WeightId> slopes = {};  ///< matrices with targets, of which visitSlopes is shown every use
  /// [rows of the product's inputs] how steep the objective is if the weight moved towards its target at that row
  /// alone; summed they are gradient · change. Its own gradient need not be formed for it.
  std::function<void(WeightId, std::span<const Real> slopes)> visitSlopes = {};
};

/// Forward and backward through a graph, operation by operation, for causal sequences without a past. It keeps values
/// ([tokens, width]) that the backward pass needs, or computes them again, and nothing of the model's size: weights are
/// decoded in panels of rows as they are used, their gradients visited in such panels as they are formed. Any objective
/// over logits and any graph made of model::OpKind. Real is float, or double for checks. Results do not depend on the
/// number of threads.
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
  /// Replaces all dropouts; none without a call. Where a place has an offset, too, it is added first.
  /// @throws Error (InvalidArgument) for a place that nothing is read at, or a probability outside [0, 1)
  void setDropouts(std::vector<Dropout> dropouts);

  /// @return [count, vocabulary] logits of each sequence's last token, or [count · length, vocabulary] of all; valid
  ///         until the next forward
  /// @throws Error (InvalidArgument) for tokens that are not in the vocabulary or no whole sequences, (NotFinite),
  ///         (OutOfMemory), Cancelled
  std::span<const Real> forward(const Sequences& sequences, model::LogitsWanted wanted = model::LogitsWanted::LastToken,
                                const JobContext& job = JobContext());
  /// After a forward that threw NotFinite: the first value of those that are kept that is not all numbers, for people.
  std::string firstNotFinite() const;
  /// May be called several times after a forward. @param logits d(objective)/d(logit), of forward's shape
  void backward(std::span<const Real> logits, const Wanted<Real>& wanted, const JobContext& job = JobContext());

  /// A wanted value's gradient after backward: [rows, width]; empty where nothing depends on it.
  std::span<const Real> gradient(model::ValueId value) const { return m_gradients[value]; }
  /// The gradient at an offset's place after backward, summed over sequences: [rows of one, width]; empty where nothing
  /// depends on it.
  std::span<const Real> offsetGradient(Place place) const;
  /// Bytes of values that a forward over so many rows keeps, if that is not too much.
  std::uint64_t keptBytes(std::uint64_t rows) const;

 private:
  /// Keys and values of all sequences as attention sees them, and their gradients.
  struct Layer {
    std::vector<Real> keys, values, keyGradients, valueGradients;
    bool isNeeded = false;  ///< whether a gradient is wanted of something that they depend on
  };
  /// A use of a weight whose gradient is formed once its other uses have been reached, too.
  struct LateUse {
    WeightRole role;
    std::size_t rows;
    std::vector<Real> in, gradient;                 ///< in: what a product read
    std::span<const model::TokenId> rowsRead = {};  ///< of a table
  };
  /// Operations [first, end) that need one value of those before them.
  struct Section {
    std::size_t first, end;
    bool isHere = true;  ///< whether the values that it keeps are in memory
  };
  /// What a backward pass is about.
  struct Task {
    const Wanted<Real>& wanted;
    const JobContext& job;
    std::vector<bool> weights = {}, slopes = {}, values = {},
                      needed = {};                ///< which are wanted; which values have a gradient of any use
    std::vector<std::vector<LateUse>> late = {};  ///< of each weight
    std::vector<std::vector<Real>> vectors = {};  ///< gradients of weights of one row so far
  };

  void findKept();
  void findSections();
  void runSection(Section& section, const JobContext& job);
  void drop(Section& section);
  ops::Batch batchOf(std::size_t op) const;
  /// Of a norm, whose rows are heads where its weight is as short as one.
  ops::Batch normBatch(std::size_t op) const;
  std::size_t width(model::ValueId value) const { return m_graph.values[value].width; }
  WeightId weightOf(std::size_t op, WeightRole role) const;
  /// The bias, or the sinks, of an operation; null where it has none.
  const PassWeight* vectorOf(std::size_t op) const;
  /// Its small weight; null where it has none.
  const PassWeight* smallWeightOf(std::size_t op) const;
  ops::LinearAttentionInputs<Real> linearInputs(std::size_t op);
  /// Calls visit(element of the result, which input, element of it) for all.
  template <typename Visit>
  void forEachJoined(std::size_t op, const Visit& visit) const;
  ops::ExpertShape shapeOf(std::size_t op) const;
  /// Rows of its table that an operation reads, those of all sequences: tokens, or positions.
  std::span<const model::TokenId> rowsRead(std::size_t op) const;
  const Offset<Real>* offsetAt(Place place) const;
  const Dropout* dropoutAt(Place place) const;

  void checkTokens(const Sequences& sequences) const;
  void checkLogits() const;
  const Real* input(std::size_t op, std::size_t index);
  void addOffset(const Offset<Real>& offset, const ops::Batch& batch, Real* values) const;
  void runOp(std::size_t op, const JobContext& job);
  void runProduct(std::size_t op, Real* out, const JobContext& job);
  void runExperts(std::size_t op, Real* out, const JobContext& job);
  void runColumns(std::size_t op, Real* out);
  void runJoin(std::size_t op, Real* out);
  void runEmbed(std::size_t op, Real* out);
  void runStore(std::size_t op);
  void arrange(std::size_t op, Real* out);
  void takeRows(std::size_t op, Real* out);

  void findNeeded(Task& task);
  bool isNeeded(const Task& task, Place place) const;
  const Real* keptInput(std::size_t op, std::size_t index) const;
  Real* beginInput(Task& task, Place place);
  void endInput(Task& task, Place place);
  bool isChanged(const Task& task, Place place) const;
  void addToOffset(Place place, const std::vector<Real>& gradient);
  void reverseSection(Task& task, Section& section);
  void reverseOp(Task& task, std::size_t op);
  void reverseEmbed(Task& task, std::size_t op);
  void reverseNorm(Task& task, std::size_t op);
  void reverseProduct(Task& task, std::size_t op);
  void reverseLayerNorm(Task& task, std::size_t op);
  void reverseExperts(Task& task, std::size_t op);
  void reverseColumns(Task& task, std::size_t op);
  void reverseLinearAttention(Task& task, std::size_t op);
  void reverseJoin(Task& task, std::size_t op);
  void reverseRoutes(Task& task, std::size_t op);
  void reverseStore(Task& task, std::size_t op);
  void reverseAttention(Task& task, std::size_t op);
  void reverseSimple(Task& task, std::size_t op);
  void formMatrix(Task& task, WeightId weight, std::size_t op, ops::MatrixReverse<Real>& reverse);
  void formVector(Task& task, WeightId weight, std::size_t op);
  /// Where the gradient of an operation's small weight is added to; null: not wanted, or none.
  Real* smallGradient(Task& task, std::size_t op);
  /// Where the gradient of an operation's bias or sinks is added to; null: not wanted.
  Real* vectorGradient(Task& task, std::size_t op);

  model::Graph m_graph;
  std::vector<PassWeight> m_weights;
  PassSettings m_settings;
  std::map<std::pair<std::size_t, WeightRole>, WeightId> m_weightOf;
  std::vector<bool> m_isKept;             ///< whether the backward pass reads a value
  std::vector<std::size_t> m_lastReader;  ///< of a value: an operation
  std::vector<Section> m_sections;        ///< of all operations, in their order
  std::size_t m_firstBehind = 0;          ///< operations from here on see only rows whose logits are wanted
  std::map<Place, Offset<Real>> m_offsets;
  std::map<Place, Dropout> m_dropouts;

  std::vector<model::TokenId> m_tokens;
  std::map<std::size_t, std::vector<model::TokenId>> m_rowsOfPositions;  ///< of each EmbedPositions
  std::vector<double> m_along;
  std::size_t m_length = 0;
  bool m_isFrugal = false;  ///< sections are dropped and computed again
  model::LogitsWanted m_logits = model::LogitsWanted::LastToken;
  std::vector<std::vector<Real>> m_values, m_gradients;
  std::map<Place, std::vector<Real>> m_changedInputs;  ///< what an operation read instead of the value
  std::map<Place, std::vector<Real>> m_offsetGradients;
  std::vector<Layer> m_layers;
  std::array<std::vector<Real>, 5> m_parts;  ///< gradients of one operation's inputs where those were changed for it
};

}  // namespace core::train
