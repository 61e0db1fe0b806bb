#include "core/model/stored_axes.h"

#include <fmt/format.h>

#include <string_view>

#include "core/io/text_checks.h"
#include "core/model/tensor_place.h"

namespace core::model {

namespace {

/// The tensor whose name has `other` where this one's has `part`; nothing when it is not there.
std::optional<std::size_t> partner(const io::Checkpoint& checkpoint, std::size_t index, std::string_view part,
                                   std::string_view other) {
  std::string name = checkpoint.tensors()[index].name;
  const std::size_t at = name.rfind(part);
  if (at == std::string::npos) return std::nullopt;
  return checkpoint.find(name.replace(at, part.size(), other));
}

/// Both matrices of DBRX's experts are [experts · hidden units, width]: the inputs of the second are the hidden units.
void markDbrx(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].experts != Experts::Routed || choices[i].expert || choices[i].fate != Fate::Quantize) continue;
    const auto first = partner(checkpoint, i, "experts.mlp.w2", "experts.mlp.w1");
    if (first && checkpoint.tensors()[i].shape == checkpoint.tensors()[*first].shape)
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

/// "4 matrices are stored input × output (the first is "h.0.attn.c_attn.weight")"; nothing where none is.
template <typename Belongs>
std::optional<std::string> storedInputFirst(const io::Checkpoint& checkpoint, const Belongs& belongs) {
  std::size_t count = 0, first = 0;
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i)
    if (belongs(i) && count++ == 0) first = i;
  if (count == 0) return std::nullopt;
  return fmt::format("{} stored input × output ({}{})",
                     count == 1 ? "1 matrix is" : fmt::format("{} matrices are", count),
                     count == 1 ? "" : "the first is ", io::inQuotes(checkpoint.tensors()[first].name));
}

}  // namespace

void markInputFirst(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices) {
  // GGUF defines that rows run along the inputs; its converters transpose.
  if (checkpoint.format() == io::FileFormat::Gguf) return;
  markDbrx(checkpoint, choices);
  markXlnet(checkpoint, choices);
}

std::optional<std::string> describeInputFirst(const io::Checkpoint& checkpoint, std::span<const TensorChoice> choices) {
  const auto turned = storedInputFirst(
      checkpoint, [&](std::size_t i) { return checkpoint.tensors()[i].assembly == io::Assembly::Turned; });
  const auto unturned =
      storedInputFirst(checkpoint, [&](std::size_t i) { return choices[i].axes == StoredAxes::InputsOutputs; });
  if (!turned && !unturned) return std::nullopt;
  std::string text;
  if (turned)
    text = *turned +
           " and shown as they multiply, output × input: rows, groups and blocks of a scheme run along the "
           "inputs, as in other models.";
  if (unturned)
    text += fmt::format(
        "{}{}: rows, groups and blocks of a scheme run along the outputs there, not along the inputs as in other "
        "models.",
        turned ? " " : "", *unturned);
  return text;
}

}  // namespace core::model
