#include "core/model/stored_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "core/io/text_checks.h"
#include "core/model/tensor_place.h"

namespace core::model {

namespace {

using tensor::Shape;

constexpr std::array<std::string_view, 6> kConv1dFamilies = {"gpt2", "openai-gpt",           "imagegpt",
                                                             "jais", "decision_transformer", "clvp"};

/// What the shapes of one stack of blocks say of its Conv1D names.
struct Evidence {
  bool isInputFirst = false, isOutputFirst = false;
};

/// Matrices that may be Conv1D layers, and how many more outputs than inputs they have.
enum class Conv1d { None, Widens, Narrows, Either };

Conv1d conv1dOf(std::string_view path) {
  const std::string_view word = path.substr(path.rfind('.') + 1);
  if (word == "c_attn" || word == "c_fc") return Conv1d::Widens;
  if (word == "c_proj") return path.ends_with("mlp.c_proj") ? Conv1d::Narrows : Conv1d::Either;
  return word == "q_attn" || word == "c_fc2" ? Conv1d::Either : Conv1d::None;
}

void weigh(Evidence& evidence, Conv1d kind, const Shape& shape) {
  if (shape.rank() != 2 || shape[0] == shape[1] || kind == Conv1d::Either) return;
  const bool isWide = shape[1] > shape[0];
  (isWide == (kind == Conv1d::Widens) ? evidence.isInputFirst : evidence.isOutputFirst) = true;
}

void markConv1d(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  std::vector<Conv1d> kinds(choices.size(), Conv1d::None);
  std::map<std::string_view, Evidence> stacks;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].fate != Fate::Quantize || !choices[i].layer) continue;
    kinds[i] = conv1dOf(placeOf(checkpoint.tensors()[i].name).path);
    if (kinds[i] != Conv1d::None) weigh(stacks[choices[i].stack], kinds[i], checkpoint.tensors()[i].shape);
  }
  const bool isOfFamily =
      std::find(kConv1dFamilies.begin(), kConv1dFamilies.end(), checkpoint.architecture()) != kConv1dFamilies.end();
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (kinds[i] == Conv1d::None) continue;
    const Evidence& evidence = stacks[choices[i].stack];
    if (!evidence.isOutputFirst && (evidence.isInputFirst || isOfFamily)) choices[i].axes = StoredAxes::InputsOutputs;
  }
}

/// The tensor whose name has `other` where this one's has `part`; nothing when it is not there.
std::optional<std::size_t> partner(const io::Checkpoint& checkpoint, std::size_t index, std::string_view part,
                                   std::string_view other) {
  std::string name = checkpoint.tensors()[index].name;
  const std::size_t at = name.rfind(part);
  if (at == std::string::npos) return std::nullopt;
  return checkpoint.find(name.replace(at, part.size(), other));
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

void markExperts(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  constexpr std::array<std::array<std::string_view, 2>, 2> kPairs = {
      {{"experts.gate_up_proj", "experts.down_proj"}, {"experts.fc1", "experts.fc2"}}};
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].experts != Experts::Routed || choices[i].expert) continue;
    const Shape& shape = checkpoint.tensors()[i].shape;
    for (const auto& [first, second] : kPairs) {
      const auto other = partner(checkpoint, i, first, second);
      if (!other || !fitOnlyInputFirst(shape, checkpoint.tensors()[*other].shape)) continue;
      for (const std::size_t index : {i, *other}) {
        if (choices[index].fate == Fate::Quantize) choices[index].axes = StoredAxes::InputsOutputs;
      }
    }
    // Both of DBRX's are [experts · hidden units, width]: the inputs of the second are the hidden units.
    const auto up = partner(checkpoint, i, "experts.mlp.w2", "experts.mlp.w1");
    if (up && choices[i].fate == Fate::Quantize && shape == checkpoint.tensors()[*up].shape)
      choices[i].axes = StoredAxes::InputsOutputs;
  }
}

/// [width, head, value of a head]: only the output projection has the width as its outputs.
void markXlnet(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  if (checkpoint.architecture() != "xlnet") return;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].fate != Fate::Quantize || checkpoint.tensors()[i].shape.rank() != 3) continue;
    const std::string path = placeOf(checkpoint.tensors()[i].name).path;
    for (const std::string_view name : {"rel_attn.q", "rel_attn.k", "rel_attn.v", "rel_attn.r"})
      if (path == name) choices[i].axes = StoredAxes::InputsOutputs;
  }
}

}  // namespace

void markInputFirst(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  // GGUF defines that rows run along the inputs; its converters transpose.
  if (checkpoint.format() == io::FileFormat::Gguf) return;
  markConv1d(checkpoint, choices);
  markExperts(checkpoint, choices);
  markXlnet(checkpoint, choices);
}

std::optional<std::string> describeInputFirst(const io::Checkpoint& checkpoint, std::span<const TensorChoice> choices) {
  const auto isInputFirst = [](const TensorChoice& choice) { return choice.axes == StoredAxes::InputsOutputs; };
  const auto first = std::find_if(choices.begin(), choices.end(), isInputFirst);
  if (first == choices.end()) return std::nullopt;
  const auto count = std::count_if(choices.begin(), choices.end(), isInputFirst);
  const std::string& name = checkpoint.tensors()[static_cast<std::size_t>(first - choices.begin())].name;
  return fmt::format(
      "{} stored input × output ({}{}): rows, groups and blocks of a scheme run along the outputs there, not along the "
      "inputs as in other models.",
      count == 1 ? "1 matrix is" : fmt::format("{} matrices are", count), count == 1 ? "" : "the first is ",
      io::inQuotes(name));
}

}  // namespace core::model
