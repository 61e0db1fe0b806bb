#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_defaults.h"
#include "core/model/config_keys.h"
#include "core/model/config_reading.h"
#include "core/model/config_row.h"
#include "core/model/graph.h"
#include "core/model/head_rows.h"
#include "core/model/weight_kind.h"
#include "core/tensor/shape.h"

namespace core::model {

/// How long a side of a weight is, in terms of a config.
enum class Side : std::uint8_t {
  None,  ///< it has no such side
  Vocabulary,
  Width,
  FeedForward,
  Queries,   ///< heads · headSize
  Keys,      ///< kvHeads · headSize
  Values,    ///< kvHeads · valueHeadSize
  Attended,  ///< heads · valueHeadSize
  HeadSize,
  QueriesKeysValues,  ///< the three together
  GateUp,             ///< 2 · feedForward
  RopePairs,          ///< half of the rotated elements of a head
  Positions,          ///< contextLength
  Heads,
  Experts,
  ExpertFeedForward,
  ExpertGateUp,  ///< 2 · expertFeedForward
  One,
  ThreeWidths,
  QueriesGates,  ///< 2 · heads · headSize
  Taps,          ///< of RecurrentSizes, as the following
  RecurrentMixed,
  RecurrentValues,
  RecurrentHeads,
  RecurrentValueSize,
  RecurrentGroups,      ///< heads of keys
  RecurrentGroupWidth,  ///< what of the values goes with each
  StateSpaceInput,      ///< a gate, what is convolved, and a number for each head
  LatentRank,
  QueryRank,
  LatentTurned,     ///< latentRank and what of a key turns
  StillKeySize,     ///< of a head, what does not turn
  StillKeysValues,  ///< of all heads
  ValueHeadSize,
  SharedFeedForward,
  SharedGateUp,  ///< 2 · sharedFeedForward
  PerLayer,      ///< perLayerWidth
  PerLayers,     ///< layers · perLayerWidth
  TokenTypes
};
/// @param layer that it is of; any for what is beside the blocks
std::uint64_t lengthOf(Side side, const ModelConfig& config, std::uint32_t layer);

/// Which layers have a weight.
enum class LayerKind : std::uint8_t {
  All,
  Attention,  ///< those that are not recurrent,
  OwnKeys,    ///< of these, those that keep keys and values of their own
  Recurrent,
  Dense,  ///< those without experts
  Sparse,
  SparseStacked,  ///< of these, where gate and up are one stack,
  SparseApart,    ///< or one each
  SparseBiased,   ///< with a bias of the choice
  SparseShared,   ///< with a part for all tokens
  // all of a model or none
  PerLayerFed,  ///< those that add what a table has for each layer, and that table
  DirectQueries,
  LatentQueries,
  WholeLatent,
  SplitLatent
};

/// How a folder holds what a GGUF file has as one tensor of rows.
enum class FolderForm : std::uint8_t {
  Same,
  Turned,              ///< [inputs, outputs], of a stack each matrix
  TurnedUnlessPacked,  ///< the same, but for packed codes, whose blocks run along the inputs
  WithMiddle,          ///< [rows, 1, columns]
  EachExpert           ///< a stack as a tensor for each expert, whose number stands for the '*' of the name
};

/// One weight that models of an architecture have: what it does, its two names, its shape.
struct WeightRow {
  WeightKind kind;
  std::string_view gguf;         ///< "attn_q.weight" behind "blk.N." for a weight of a block, else the whole name;
                                 ///< empty: such files have it in another form, of another kind
  std::string_view huggingFace;  ///< "self_attn.q_proj.weight" behind the folder's blocks, else the whole name; empty:
                                 ///< such folders have it in their config, or in another form
  Side rows = Side::None, columns = Side::None;
  bool isRequired = true;
  RowOrder order = RowOrder::Same;
  float folderOffset = 0.0F;  ///< is added to what a folder holds: norms there may be stored as differences from 1
  Side stack = Side::None;    ///< how many there are of it, one behind the other: experts
  FolderForm form = FolderForm::Same;
  LayerKind layers = LayerKind::All;
  bool isLogarithm = false;  ///< a folder holds x for −e^x

  bool isOfBlock() const { return kind > kLastBesideBlocks; }
  /// Its name in files of a format, as above.
  std::string_view nameIn(io::FileFormat format) const { return format == io::FileFormat::Gguf ? gguf : huggingFace; }
  tensor::Shape shape(const ModelConfig& config, std::uint32_t layer) const;
  bool isIn(const ModelConfig& config, std::uint32_t layer) const;
};

class DecoderParts;

/// A flag of config.json by which transformers' class makes some weights of a block, or leaves them out.
struct PresenceWord {
  std::string_view key;
  std::span<const WeightKind> kinds;
  bool isAbsence = false;                                                  ///< it says that they are not there
  bool (*isIn)(const ModelConfig& config, std::uint32_t layer) = nullptr;  ///< of which layers; null: of all
};
inline constexpr std::array<WeightKind, 3> kQueryKeyValueBiases{WeightKind::QueryBias, WeightKind::KeyBias,
                                                                WeightKind::ValueBias};
inline constexpr std::array<WeightKind, 4> kAttentionBiases{WeightKind::QueryBias, WeightKind::KeyBias,
                                                            WeightKind::ValueBias, WeightKind::AttentionOutputBias};
inline constexpr std::array<WeightKind, 1> kConvolutionBias{WeightKind::ConvolutionBias};
inline constexpr std::array<PresenceWord, 1> kAttentionBiasWord{PresenceWord{"attention_bias", kAttentionBiases}};

/// All that is to be known of a family of models: what files call it, its weights, its computation.
struct Architecture {
  std::span<const std::string_view> gguf;         ///< general.architecture
  std::span<const std::string_view> huggingFace;  ///< model_type of config.json
  std::span<const WeightRow> weights;
  Graph (*build)(const ModelConfig& config, const ModelWeights& weights);
  RopePairing ggufPairing;                   ///< of its GGUF files; folders are always in halves
  Activation activation = Activation::Silu;  ///< of its feed-forward parts: a folder that names another is refused
  std::span<const std::string_view> folderClasses = {};  ///< of transformers, one for each model_type
  /// Which of them a model is of; null: the first.
  std::size_t (*folderType)(const ModelConfig& config) = nullptr;
  /// What config.json says of weights that a model may have; the kind of model says it of others.
  std::span<const PresenceWord> folderPresence = kAttentionBiasWord;
  ConfigDefaults folderDefaults{2048, {}, {}, {}, 1e-6F, 10000.0F};  ///< of transformers' class
  /// What it has beside the hyper-parameters of all.
  std::span<const ConfigRow> config = {};
  /// Keys that no row of `config` names, behind the prefix, that are followed: by the readers below, which come last.
  std::span<const std::string_view> ggufKeys = {}, folderKeys = {};
  /// Reads them. Sizes, norms and rotary embedding are known. @throws Error as ModelConfig::fromCheckpoint
  void (*readGguf)(const ConfigKeys& keys, ModelConfig& config) = nullptr;
  void (*readFolder)(const ConfigKeys& keys, ModelConfig& config) = nullptr;
  /// Say what they read.
  void (*writeGguf)(const ModelConfig& config, ConfigWriter& writer) = nullptr;
  void (*writeFolder)(const ModelConfig& config, ConfigWriter& writer) = nullptr;
  std::string_view folderBlocks = "model.layers.";  ///< what precedes the number of a block in folders
  bool hasLayerNorms = false;                       ///< norms take the mean away (LayerNorm); else RMSNorm
  SizeNames folderSizes = kFolderSizes;
  /// The object of config.json that describes rotary embedding; another than the usual one has the base in it. Empty:
  /// writeFolder says it.
  std::string_view folderRope = "rope_scaling";
  std::string_view folderActivation = "hidden_act";
  float ggufYarnLog = 0.0F;  ///< rope.scaling.yarn_log_multiplier of its GGUF files
  /// What takes the place of the usual attention, and of it in layers that keep a state.
  ValueId (*attentionPart)(DecoderParts& parts, std::uint32_t layer, ValueId x) = nullptr;
  ValueId (*recurrentPart)(DecoderParts& parts, std::uint32_t layer, ValueId x) = nullptr;
  bool hasAttention = true;  ///< false: all layers keep a state, and there are no heads and no feed-forward parts
  bool normsValues = false;  ///< by an RMSNorm without a weight (Gemma 4)
  /// Tensors that files carry for another purpose. @param name as the file has it
  bool (*ignores)(const ModelConfig& config, io::FileFormat format, std::string_view name) = nullptr;
  /// Reads a text as a whole and makes a row of each token, not logits of the next one: no chat, but embeddings.
  bool isEncoder = false;
  bool hasDifferentLayers = false;  ///< what the sizes of GGUF files may be lists of
  bool hasExperts = false;  ///< tells those apart that a format calls the same: Mixtral is a llama in GGUF files
  /// Tells it from others that GGUF files call the same: what such a key says in those of this one.
  struct Mark {
    std::string_view key;
    std::uint64_t value;
  };
  std::optional<Mark> ggufMark = {};
  bool ggufStacksGateUp = false;  ///< its GGUF files have gate and up of experts as one stack
};

/// Every architecture that can be run.
std::span<const Architecture* const> architectures();
/// By what a file of a format calls it; null: none that can be run.
const Architecture* findArchitecture(io::FileFormat format, std::string_view name);
const Architecture* findArchitecture(const io::Checkpoint& checkpoint);
/// What GGUF files call the architecture of a checkpoint: what Hugging Face calls mistral is "llama" there. Its own
/// name for one that cannot be run.
std::string ggufArchitecture(const io::Checkpoint& checkpoint);

}  // namespace core::model
