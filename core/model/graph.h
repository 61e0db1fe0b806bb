#pragma once
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/coded_row.h"
#include "core/model/op.h"
#include "core/model/weights.h"

namespace core::model {

/// What the rows of a value are made of.
enum class ValueForm : std::uint8_t {
  Floats,  ///< float32
  Codes    ///< signed bytes under a scale, in words that a float's memory holds (coded_row.h)
};

/// A result of one operation: [rows, width], a row per token. Named as hooks and traces show it, by what made it:
/// "blk.3.attn_q", and "blk.3.attn_q_rope" once it is rotated.
struct Value {
  std::string name;
  std::uint32_t width;  ///< columns
  ValueForm form = ValueForm::Floats;

  /// 32-bit words of a row.
  std::uint32_t words() const { return form == ValueForm::Floats ? width : CodedRow(width).words(); }
};

/// What one layer keeps of every position: keys [heads · headSize], values [heads · valueHeadSize].
struct KvShape {
  std::uint32_t heads;
  std::uint32_t headSize;  ///< of queries and keys
  std::uint32_t valueHeadSize;

  std::uint32_t keyWidth() const { return heads * headSize; }
  std::uint32_t valueWidth() const { return heads * valueHeadSize; }
};

/// What Rope turns pairs of elements by: radians per position [rotated pairs], and a factor of what is rotated, which
/// may grow with the position p: magnitude · (1 + growth · ln(1 + ⌊p / growthContext⌋)) (Mistral 3's queries).
struct RopeTable {
  std::vector<float> frequencies;
  float magnitude = 1.0F;
  float growth = 0.0F;
  std::uint32_t growthContext = 1;

  double magnitudeAt(std::uint64_t position) const {
    const double factor = magnitude;
    if (growth == 0.0F) return factor;
    return factor * (1 + static_cast<double>(growth) * std::log1p(static_cast<double>(position / growthContext)));
  }
  bool operator==(const RopeTable&) const = default;
};

/// One architecture's computation as a flat list of operations over named values; every result is a value of its own,
/// and executors decide by lifetime which of them share memory. All that is to be known of an operation stands in it,
/// so the CPU executor and the Vulkan executor need nothing else; the last op's output is the logits,
/// [wanted rows, vocabulary].
struct Graph {
  std::vector<Value> values;
  std::vector<Op> ops;
  std::vector<KvShape> kv;            ///< of each StoreKv: what it keeps of every position
  std::vector<std::uint32_t> states;  ///< floats that each ShortConv and LinearAttention keeps of all of them together
  std::vector<RopeTable> ropeTables;  ///< of each kind of Rope
  std::uint64_t weightBytes = 0;

  std::uint32_t vocabulary() const { return values[ops.back().out].width; }
  /// Ids below this can be computed with: the rows of what is embedded.
  std::uint64_t tokenCount() const;
  /// Positions that it can compute, where those are learned: rows of their table; nothing: any number.
  std::optional<std::uint32_t> mostPositions() const;
  /// Whether every token sees the whole text, which has to be computed at once then, from its first token on: at most
  /// 2048, as activations of all of them are kept.
  bool readsWholeTexts() const;
  /// All values that are floats: what hooks look at who know nothing of codes.
  std::vector<ValueId> allValues() const;
  /// Rows that a batch must have on every device, as far as a forward has them, where results depend on which rows are
  /// together (LLM.int8()'s outlier columns; attention to the whole text); nothing where they do not.
  std::optional<std::uint32_t> rowsTogether() const;
  /// The operation whose result this is.
  const Op& maker(ValueId value) const;
  /// The value of this name, if there is one.
  std::optional<ValueId> find(std::string_view name) const;
};

/// The graph of whatever architecture the config names, with what its weights ask of their inputs (input_changes.h) and
/// the adapters that are added to its matrices (adapter_graph.h).
/// @throws Error (Unsupported)
Graph buildGraph(const ModelConfig& config, const ModelWeights& weights);

}  // namespace core::model
