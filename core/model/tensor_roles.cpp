#include "core/model/tensor_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/model/stored_axes.h"
#include "core/model/tensor_place.h"
#include "core/model/tensor_role_names.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

/// A linear layer has more inputs and outputs than this; convolution kernels and state parameters have not.
constexpr std::uint64_t kNarrowest = 8;
/// Scales and the like, of which a weight of the checkpoint is assembled.
constexpr const char* kPiece = "a piece of packed codes";

Experts expertsOf(const TensorPlace& place) {
  const auto has = [&place](std::string_view part) { return place.path.find(part) != std::string::npos; };
  if (has("shared_expert") || has("share_expert") || has("shared_mlp") || has("shexp")) return Experts::Shared;
  if (place.expert || has("experts") || has("exps") || has(".moe.") || place.path.starts_with("moe.") ||
      has("block_sparse_moe"))
    return Experts::Routed;
  return Experts::None;
}

bool multipliesActivations(TensorRole role) { return role <= TensorRole::Linear; }

std::string_view whyKept(TensorRole role) {
  switch (role) {
    case TensorRole::Router:
      return "a router of experts";
    case TensorRole::Norm:
      return "a norm";
    case TensorRole::Bias:
      return "a bias";
    case TensorRole::Embedding:
      return "an embedding";
    case TensorRole::Position:
      return "positions";
    case TensorRole::Output:
      return "the output matrix";
    case TensorRole::Convolution:
      return "a convolution";
    case TensorRole::LowRank:
      return "a small low-rank factor";
    case TensorRole::Scale:
      return "scales";
    case TensorRole::Vector:
      return "a vector, not a matrix";
    default:
      return "outside the numbered blocks";
  }
}

bool holdsIntegers(tensor::DType dtype) { return dtype >= tensor::DType::I64 && dtype <= tensor::DType::Bool; }

bool isNarrow(const tensor::Shape& shape) {
  return shape[shape.rank() - 1] < kNarrowest || shape[shape.rank() - 2] < kNarrowest;
}

TensorRole roleOf(const TensorPlace& place, bool isMatrix) {
  auto role = place.layer ? knownRoleInBlock(place.path) : knownRoleOutside(place.path);
  if (!role) role = roleByWord(place.path);
  if (!role) role = place.layer ? TensorRole::Linear : TensorRole::OutsideBlocks;
  return multipliesActivations(*role) && !isMatrix ? TensorRole::Vector : *role;
}

TensorChoice keep(TensorChoice choice, TensorRole role, std::string reason) {
  choice.fate = Fate::Keep;
  choice.role = role;
  choice.reason = std::move(reason);
  return choice;
}

}  // namespace

std::string whyUnusable(const io::TensorInfo& tensor) {
  if (!tensor.pieceOf.empty()) return kPiece;
  if (!tensor.isReadable()) return tensor.unreadable;
  if (tensor.shape.checkedCount().value_or(0) == 0) return "it holds no values";
  if (tensor.assembly == io::Assembly::None && holdsIntegers(tensor.dtype))
    return fmt::format("it holds integers ({})", tensor::name(tensor.dtype));
  if (!quant::isLoadable(tensor)) return fmt::format("its stored type {} has no decoder", tensor::name(tensor.dtype));
  if (tensor.shape.rank() > 3) return fmt::format("its {} axes are no stack of matrices", tensor.shape.rank());
  return {};
}

std::string_view label(TensorRole role) {
  static constexpr std::array<std::string_view, 28> kLabels = {"query",
                                                               "key",
                                                               "value",
                                                               "key, value",
                                                               "query, key, value",
                                                               "attention output",
                                                               "attention gate",
                                                               "latent down",
                                                               "latent up",
                                                               "gate",
                                                               "up",
                                                               "gate, up",
                                                               "down",
                                                               "state space",
                                                               "time mixing",
                                                               "linear",
                                                               "router",
                                                               "norm",
                                                               "bias",
                                                               "embedding",
                                                               "position",
                                                               "output",
                                                               "convolution",
                                                               "low rank",
                                                               "scale",
                                                               "vector",
                                                               "outside",
                                                               "unusable"};
  static_assert(kLabels.size() == static_cast<std::size_t>(TensorRole::Unusable) + 1);
  return kLabels[static_cast<std::size_t>(role)];
}

TensorChoice chooseTensor(const io::TensorInfo& tensor) {
  const TensorPlace place = placeOf(tensor.name);
  TensorChoice choice;
  choice.stack = place.stack;
  choice.layer = place.layer;
  choice.expert = place.expert;
  if (!tensor.pieceOf.empty()) return keep(choice, TensorRole::Scale, kPiece);
  const std::size_t rank = tensor.shape.rank();
  const bool isMatrix = rank == 2 || rank == 3;
  choice.role = roleOf(place, isMatrix || rank > 3);
  if (!multipliesActivations(choice.role)) return keep(choice, choice.role, std::string(whyKept(choice.role)));
  choice.experts = expertsOf(place);
  if (std::string why = whyUnusable(tensor); !why.empty()) return keep(choice, TensorRole::Unusable, std::move(why));
  if (choice.role == TensorRole::Linear && isNarrow(tensor.shape)) {
    return keep(choice, TensorRole::Linear,
                fmt::format("its shape {} is too narrow for a linear layer", tensor.shape.toString()));
  }
  choice.fate = Fate::Quantize;
  return choice;
}

std::vector<TensorChoice> chooseTensors(std::span<const io::TensorInfo> tensors) {
  std::vector<TensorChoice> choices;
  choices.reserve(tensors.size());
  for (const io::TensorInfo& tensor : tensors) choices.push_back(chooseTensor(tensor));
  const bool hasBlocks =
      std::any_of(choices.begin(), choices.end(), [](const TensorChoice& choice) { return choice.layer.has_value(); });
  if (hasBlocks) return choices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const io::TensorInfo& tensor = tensors[i];
    const std::size_t rank = tensor.shape.rank();
    if (choices[i].role != TensorRole::OutsideBlocks || (rank != 2 && rank != 3)) continue;
    if (std::string why = whyUnusable(tensor); !why.empty()) {
      choices[i] = keep(choices[i], TensorRole::Unusable, std::move(why));
    } else if (!isNarrow(tensor.shape)) {
      choices[i].fate = Fate::Quantize;
      choices[i].role = TensorRole::Linear;
      choices[i].reason.clear();
    }
  }
  return choices;
}

std::vector<TensorChoice> chooseTensors(const io::Checkpoint& checkpoint) {
  std::vector<TensorChoice> choices = chooseTensors(checkpoint.tensors());
  markInputFirst(checkpoint, choices);
  return choices;
}

std::vector<std::size_t> tensorsToQuantize(const io::Checkpoint& checkpoint) {
  const auto choices = chooseTensors(checkpoint);
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].fate == Fate::Quantize) indices.push_back(i);
  }
  return indices;
}

}  // namespace core::model
