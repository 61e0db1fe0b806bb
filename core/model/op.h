#pragma once
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "core/model/config.h"
#include "core/quant/quantized_tensor.h"

namespace core::model {

/// Index of a value in Graph::values.
using ValueId = std::uint32_t;
inline constexpr ValueId kNoValue = ~ValueId{0};

// What each operation needs beside its inputs. x, y are the inputs in their order, t is a row (a token).

/// out[t] = row tokens[t] of weight. No inputs.
struct Embed {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [vocabulary, out.width]
};

/// out[t] = row first + step · p of weight, p being the position of t: learned positions. With a step of 0 it is the
/// same row for all of them: the type of tokens that a text without parts has (BERT). No inputs.
struct EmbedPositions {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [rows, out.width]
  std::uint32_t first = 0;
  std::uint32_t step = 1;  ///< 1 or 0

  std::uint32_t rowOf(std::uint32_t position) const { return first + step * position; }
};

/// out[t] = x[t] / sqrt(mean(x[t]²) + epsilon) · weight. A weight that is shorter than the row norms every so many
/// columns for themselves: the heads of queries and keys.
struct RmsNorm {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [x.width], or a divisor of it; null: 1
  float epsilon = 1e-5F;
  std::uint32_t alone = 0;  ///< without a weight: columns that are normed for themselves

  std::uint64_t size() const { return weight ? weight->shape.count() : alone; }
};

/// out[t] = (x[t] − mean(x[t])) / sqrt(variance(x[t]) + epsilon) · weight (+ bias) (Ba et al. 2016). A weight that is
/// shorter than the row norms heads, as RmsNorm.
struct LayerNorm {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [x.width], or a divisor of it
  quant::QuantizedTensorPtr bias = nullptr;    ///< as long, may be null
  float epsilon = 1e-5F;
};

/// out[t] = weight · x[t] (+ bias). Where x is made of codes, in integers (ops/multiply_codes.h); then y, if it is
/// there, is the value that they were made of, from which outlier columns are taken.
struct MatMul {
  quant::QuantizedTensorPtr weight = nullptr;            ///< [out.width, x.width]
  quant::QuantizedTensorPtr bias = nullptr;              ///< [out.width], may be null
  quant::Columns columns = quant::Columns::OfTheWeight;  ///< which the weight is multiplied with
};

/// A new order of columns, and factors.
struct Arrangement {
  std::vector<std::uint32_t> order;  ///< a permutation, or empty: in place
  std::vector<float> factors;        ///< or empty: 1
  bool operator==(const Arrangement&) const = default;
};

/// out[t][k] = x[t][order[k]] · factors[k], a factor being the inverse of the input scale of column order[k]: what GPTQ
/// with act-order, AWQ and SmoothQuant did to a weight, done to its inputs.
struct ArrangeColumns {
  std::shared_ptr<const Arrangement> arrangement = nullptr;
  bool operator==(const ArrangeColumns& other) const { return *arrangement == *other.arrangement; }
};

/// out[t] = x[t], quantized: codes (coded_row.h), or floats that FP8 has (ops/quantize_rows.h). Which columns are
/// outlier columns of LLM.int8() depends on all rows of a batch.
struct QuantizeRows {
  quant::InputQuantizer quantizer;
  bool operator==(const QuantizeRows&) const = default;
};

/// Rotates the first pairs of every head of x by position · frequency.
struct Rope {
  std::uint32_t headSize = 0;  ///< divides the width
  std::uint32_t table = 0;     ///< of Graph::ropeTables: the frequencies, and by their number how much is rotated
  RopePairing pairing = RopePairing::Adjacent;
  bool operator==(const Rope&) const = default;
};

/// Appends keys x and values y to the KV cache of the layer. No output.
struct StoreKv {
  std::uint32_t layer = 0;  ///< of Graph::kv, which says the shape
};

/// Grouped-query attention of the queries x [heads, headSize] over the KV cache of the layer: out [heads,
/// valueHeadSize]. A query sees the positions up to its own, or, not causal, all of the text, whose tokens have to be
/// computed together then (Graph::rowsTogether).
struct Attention {
  std::uint32_t layer = 0;   ///< of Graph::kv, which says how many heads keys and values have, and their sizes
  std::uint32_t heads = 0;   ///< of queries: a multiple of those of the keys
  float scale = 1.0F;        ///< of the products of queries and keys, usually 1 / sqrt(headSize)
  std::uint32_t window = 0;  ///< positions a query sees, itself included; 0: all before it
  float softCap = 0.0F;      ///< scores are softCap · tanh(score / softCap) (Gemma 2); 0: as they are
  /// A score of each head that takes part in its softmax and has no value (gpt-oss), [heads]; null: none.
  quant::QuantizedTensorPtr sinks = nullptr;
  bool isCausal = true;
};

enum class Activation : std::uint8_t {
  None,      ///< x: the product of both
  Sigmoid,   ///< 1 / (1 + e^−x)
  Silu,      ///< x / (1 + e^−x)
  GeluTanh,  ///< x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) (Hendrycks and Gimpel 2016)
  /// The whole unit: x' / (1 + e^(−1.702 x')) · (y' + 1), x' = min(x, 7), y' = clamp(y, −7, 7) (gpt-oss)
  ClampedSwish
};

/// Gated linear unit: out = activation(x) · y, element by element (Shazeer 2020).
struct Glu {
  Activation activation = Activation::Silu;
};

/// out = x + y, element by element.
struct Add {};

/// out = f(x), element by element.
struct Map {
  enum class Function : std::uint8_t {
    Scale,     ///< x · parameter
    SoftCap,   ///< parameter · tanh(x / parameter): no further from 0 than that (Gemma 2)
    GeluTanh,  ///< as the activation
    GeluErf,   ///< x / 2 · (1 + erf(x / √2)), what the former approximates (Hendrycks and Gimpel 2016)
    Silu,      ///< as the activation
    Sigmoid,   ///< as the activation
    Softplus,  ///< ln(1 + e^x)
    Exp        ///< e^x
  };
  Function function = Function::Scale;
  float parameter = 1.0F;
  bool operator==(const Map&) const = default;
};

/// out = map(weight · x + bias), every column with an element of its own. Vectors that are shorter than the row have
/// one for so many columns together: the heads.
struct MapColumns {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [out.width], or a divisor of it; null: 1
  quant::QuantizedTensorPtr bias = nullptr;    ///< likewise; null: 0
  Map map = {};
};

/// out[t][i] = x[t][first + (i / block) · step + i mod block], i < out.width: what one of several matrices made that
/// are stored as one, below each other or in turn.
struct Slice {
  std::uint32_t first = 0;
  std::uint32_t step = 1;
  std::uint32_t block = 1;  ///< neighbours that stay together
  std::uint32_t room = 0;   ///< columns of the result for a block, those behind it being 0; 0: as many as it has

  std::uint32_t spread() const { return room == 0 ? block : room; }
  bool isEmpty(std::size_t i) const { return i % spread() >= block; }
  /// Of x, where column i comes from. @pre it is not empty
  std::size_t columnOf(std::size_t i) const { return first + i / spread() * step + i % spread(); }
  bool operator==(const Slice&) const = default;
};

/// Which experts a token goes through: the `used` with the largest scores, of equal ones the first, and how much each
/// counts. out [2 · used]: their numbers, then their weights. Scores are shares of a softmax of all of x [experts]
/// (Shazeer et al. 2017), or sigmoids of each; a bias is added to them where experts are chosen, and not where they
/// count (DeepSeek-V3). Of several groups of neighbours, only experts of the best ones are chosen: of those whose
/// largest one (DeepSeek-V2), or whose two largest together (V3), are largest.
struct Route {
  std::uint32_t used = 0;
  bool isNormed = true;  ///< weights are scores over their sum, else the scores themselves
  bool isAll = false;  ///< all experts in their order, each counting 1, whatever x is: heads with matrices of their own
  bool isSigmoid = false;
  std::uint32_t groups = 1;  ///< divides the experts
  std::uint32_t usedGroups = 1;
  bool areGroupsOfTwo = false;                 ///< a group is as good as its two largest together, else as its largest
  float sumEpsilon = 0.0F;                     ///< is added to the sum of scores
  float scale = 1.0F;                          ///< of the weights
  quant::QuantizedTensorPtr weight = nullptr;  ///< [experts], likewise of each expert's (Gemma 4); null: 1
  quant::QuantizedTensorPtr bias = nullptr;    ///< [experts], may be null

  /// Whether both do the same, each with its own vectors.
  bool isLike(const Route& other) const {
    return used == other.used && isNormed == other.isNormed && isAll == other.isAll && isSigmoid == other.isSigmoid &&
           groups == other.groups && usedGroups == other.usedGroups && areGroupsOfTwo == other.areGroupsOfTwo &&
           sumEpsilon == other.sumEpsilon && scale == other.scale;
  }
};

/// A product with the matrix of each expert that a token goes through: out[t] has a slot for each, slot k being
/// weight[e] · x (+ bias[e]), e = routes[t][k]. x[t] is one row for all of them, or as many slots. Slots are
/// slotStride() of their width apart; what lies between is 0. Inputs: x, routes. Where the weight's `input` asks for
/// it, each row or slot of x is quantized under a scale of its own first, as QuantizeRows does for MatMul.
struct ExpertMatMul {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [experts, slot's width, width of a row of x]
  quant::QuantizedTensorPtr bias = nullptr;    ///< [experts, slot's width], may be null
  std::uint32_t used = 0;

  std::uint64_t outWidth() const { return weight->shape[1]; }
};
/// Devices read whole units of 32.
constexpr std::uint32_t slotStride(std::uint64_t width) { return static_cast<std::uint32_t>((width + 31) / 32 * 32); }

/// out[t] = Σ_k routes' weight k · slot k of x[t]. Inputs: x, routes.
struct MixExperts {
  std::uint32_t used = 0;
};

/// A causal convolution of every column for itself: out[t][c] = Σ_j weight[c][j] · x[t − (taps − 1) + j][c] (+
/// bias[c]), x being 0 before the first token. What it keeps of the past is the last taps − 1 rows of x.
struct ShortConv {
  quant::QuantizedTensorPtr weight = nullptr;  ///< [out.width, taps]
  quant::QuantizedTensorPtr bias = nullptr;    ///< [out.width], may be null
  std::uint32_t state = 0;                     ///< of Graph::states

  std::uint32_t taps() const { return static_cast<std::uint32_t>(weight->rowValues()); }
};

/// A past of every head that is a matrix S [keySize, valueSize], at first 0, and does not grow with it. In the order of
/// tokens, for inputs query q, key k [keyHeads · keySize], value v [heads · valueSize], decay a, strength b [heads]:
/// S ← a · S;  S ← S + k (b · v)ᵀ, or, where isDelta, S + k (b · (v − Sᵀk))ᵀ;  out = scale · Sᵀq  [heads · valueSize].
/// The first is Mamba-2's state space (Dao and Gu 2024), the second the gated delta rule (Yang et al. 2024), whose q
/// and k are divided by sqrt(Σ x² + normEpsilon) first.
struct LinearAttention {
  std::uint32_t state = 0;  ///< of Graph::states
  std::uint32_t heads = 0;
  std::uint32_t keyHeads = 0;  ///< divides heads
  std::uint32_t keySize = 0;
  std::uint32_t valueSize = 0;
  float scale = 1.0F;
  bool isDelta = false;
  float normEpsilon = 0.0F;  ///< 0: queries and keys are as they are
  HeadOrder order = HeadOrder::Grouped;
  bool operator==(const LinearAttention&) const = default;

  std::uint32_t keyHeadOf(std::uint32_t head) const {
    return order == HeadOrder::Grouped ? head / (heads / keyHeads) : head % keyHeads;
  }
  std::uint32_t stateFloats() const { return heads * keySize * valueSize; }
};

/// out[t] head h = head h of x[t], then head h of y[t], or the only one that y has.
struct JoinHeads {
  std::uint32_t heads = 0;   ///< of x and of the result
  std::uint32_t second = 0;  ///< of y: as many, or 1
  bool operator==(const JoinHeads&) const = default;
};

/// Keeps the rows of x whose logits are wanted: the last token's, or all.
struct TakeRows {};

using OpParameters = std::variant<Embed, RmsNorm, MatMul, Rope, StoreKv, Attention, Glu, Add, TakeRows, ArrangeColumns,
                                  QuantizeRows, Map, Slice, EmbedPositions, LayerNorm, Route, ExpertMatMul, MixExperts,
                                  MapColumns, ShortConv, LinearAttention, JoinHeads>;
/// Which alternative of OpParameters, in its order.
enum class OpKind : std::uint8_t {
  Embed,
  RmsNorm,
  MatMul,
  Rope,
  StoreKv,
  Attention,
  Glu,
  Add,
  TakeRows,
  ArrangeColumns,
  QuantizeRows,
  Map,
  Slice,
  EmbedPositions,
  LayerNorm,
  Route,
  ExpertMatMul,
  MixExperts,
  MapColumns,
  ShortConv,
  LinearAttention,
  JoinHeads
};
static_assert(std::variant_size_v<OpParameters> == static_cast<std::size_t>(OpKind::JoinHeads) + 1);

struct Op {
  OpParameters parameters;
  std::vector<ValueId> inputs = {};
  ValueId out = kNoValue;

  OpKind kind() const { return static_cast<OpKind>(parameters.index()); }
  /// Its parameters. @pre T is what kind() says
  template <typename T>
  const T& as() const {
    return std::get<T>(parameters);
  }
  /// The vector it reads beside its weight, a bias or sinks; null where its kind has none, null inside where it has
  /// not.
  const quant::QuantizedTensorPtr* vector() const {
    return std::visit(
        [](const auto& parameter) -> const quant::QuantizedTensorPtr* {
          if constexpr (requires { parameter.bias; }) return &parameter.bias;
          if constexpr (requires { parameter.sinks; }) return &parameter.sinks;
          return nullptr;
        },
        parameters);
  }
  /// Its weight where that is small: a norm, factors of columns, taps. With vector() what is read as a whole, in
  /// float32. Null where it has another or none.
  const quant::QuantizedTensorPtr* smallWeight() const {
    const bool isSmall = kind() == OpKind::RmsNorm || kind() == OpKind::LayerNorm || kind() == OpKind::MapColumns ||
                         kind() == OpKind::ShortConv || kind() == OpKind::Route;
    return isSmall ? weight() : nullptr;
  }
  /// The matrix, table or norm it computes with, null where it has none.
  const quant::QuantizedTensorPtr* weight() const {
    return std::visit(
        [](const auto& parameter) -> const quant::QuantizedTensorPtr* {
          if constexpr (requires { parameter.weight; }) return parameter.weight ? &parameter.weight : nullptr;
          return nullptr;
        },
        parameters);
  }
};

}  // namespace core::model
