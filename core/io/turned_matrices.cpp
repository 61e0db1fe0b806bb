#include "core/io/turned_matrices.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

constexpr std::array<std::string_view, 6> kConv1dFamilies = {"gpt2", "openai-gpt",           "imagegpt",
                                                             "jais", "decision_transformer", "clvp"};

/// Whether its weights are floats that lie in it one by one.
bool isPlain(const TensorInfo& tensor) {
  return tensor.isReadable() && tensor.assembly == Assembly::None && tensor.pieceOf.empty() &&
         tensor.dtype <= DType::F8E5M2;
}

void turn(TensorInfo& tensor) {
  const Shape& stored = tensor.storedShape;
  tensor.shape = stored.rank() == 3 ? Shape{stored[0], stored[2], stored[1]} : Shape{stored[1], stored[0]};
  tensor.assembly = Assembly::Turned;
}

/// Matrices that may be Conv1D layers, and how many more outputs than inputs they have.
enum class Conv1d : std::uint8_t { None, Attention, Widens, Narrows, Either };

Conv1d conv1dOf(std::string_view path) {
  const std::string_view word = path.substr(path.rfind('.') + 1);
  if (word == "c_attn") return Conv1d::Attention;
  if (word == "c_fc") return Conv1d::Widens;
  if (word == "c_proj") return path.ends_with("mlp.c_proj") ? Conv1d::Narrows : Conv1d::Either;
  return word == "q_attn" || word == "c_fc2" ? Conv1d::Either : Conv1d::None;
}

/// What stands before a block's number; nothing outside of numbered blocks.
std::optional<std::string_view> stackOf(std::string_view path) {
  for (std::size_t at = path.find('.'); at != std::string_view::npos; at = path.find('.', at + 1)) {
    const std::size_t end = std::min(path.find('.', at + 1), path.size());
    const std::string_view word = path.substr(at + 1, end - at - 1);
    if (end < path.size() && !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos)
      return path.substr(0, at);
  }
  return std::nullopt;
}

/// What the shapes of one stack of blocks say of its Conv1D names.
struct Evidence {
  bool isInputFirst = false, isOutputFirst = false;
};
/// A matrix of queries, keys and values is wider than any; a feed-forward part may be narrower than the model, and is
/// asked where there is none.
struct StackEvidence {
  Evidence attention, feedForward;
  const Evidence& best() const { return attention.isInputFirst || attention.isOutputFirst ? attention : feedForward; }
};

void weigh(StackEvidence& stack, Conv1d kind, const Shape& shape) {
  if (shape[0] == shape[1] || kind == Conv1d::Either) return;
  Evidence& evidence = kind == Conv1d::Attention ? stack.attention : stack.feedForward;
  const bool isWide = shape[1] > shape[0];
  (isWide != (kind == Conv1d::Narrows) ? evidence.isInputFirst : evidence.isOutputFirst) = true;
}

void markConv1d(std::span<TensorInfo> tensors, bool isOfFamily) {
  struct Found {
    std::size_t index;
    std::string_view stack;
  };
  std::vector<Found> found;
  std::map<std::string_view, StackEvidence> stacks;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].shape.rank() != 2 || !isPlain(tensors[i])) continue;
    std::string_view path = tensors[i].name;
    if (path.ends_with(".weight")) path.remove_suffix(7);
    const Conv1d kind = conv1dOf(path);
    const auto stack = kind == Conv1d::None ? std::nullopt : stackOf(path);
    if (!stack) continue;
    found.push_back({i, *stack});
    weigh(stacks[*stack], kind, tensors[i].shape);
  }
  for (const Found& matrix : found) {
    const Evidence& evidence = stacks[matrix.stack].best();
    if (!evidence.isOutputFirst && (evidence.isInputFirst || isOfFamily)) turn(tensors[matrix.index]);
  }
}

/// Whether [expert, a, b] and [expert, c, d] fit together as first and second matrix only when inputs come first. The
/// first has as many outputs as the second has inputs, or twice as many (gate and up in one).
bool fitOnlyInputFirst(const Shape& first, const Shape& second) {
  if (first.rank() != 3 || second.rank() != 3 || first[0] != second[0]) return false;
  const auto isOnceOrTwice = [](std::uint64_t outputs, std::uint64_t inputs) {
    return outputs == inputs || (outputs % 2 == 0 && outputs / 2 == inputs);
  };
  const bool inputFirst = first[1] == second[2] && isOnceOrTwice(first[2], second[1]);
  const bool outputFirst = first[2] == second[1] && isOnceOrTwice(first[1], second[2]);
  return inputFirst && !outputFirst;
}

void markExperts(std::span<TensorInfo> tensors, const std::unordered_map<std::string_view, std::size_t>& index) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kPairs = {
      {{"experts.gate_up_proj", "experts.down_proj"}, {"experts.fc1", "experts.fc2"}}};
  for (TensorInfo& tensor : tensors) {
    if (tensor.shape.rank() != 3 || !isPlain(tensor)) continue;
    for (const auto& [first, second] : kPairs) {
      std::string name = tensor.name;
      const std::size_t at = name.rfind(first);
      if (at == std::string::npos) continue;
      const auto other = index.find(name.replace(at, first.size(), second));
      if (other == index.end() || !isPlain(tensors[other->second])) continue;
      if (!fitOnlyInputFirst(tensor.shape, tensors[other->second].shape)) continue;
      turn(tensor);
      turn(tensors[other->second]);
      break;
    }
  }
}

}  // namespace

void markTurnedMatrices(std::span<TensorInfo> tensors, const std::unordered_map<std::string_view, std::size_t>& index,
                        std::string_view architecture) {
  markConv1d(tensors, std::ranges::find(kConv1dFamilies, architecture) != kConv1dFamilies.end());
  markExperts(tensors, index);
}

}  // namespace core::io
