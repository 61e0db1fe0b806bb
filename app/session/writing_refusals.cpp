#include "app/session/writing_refusals.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/config.h"
#include "core/model/config_writing.h"
#include "core/model/factor_tensors.h"
#include "core/model/weight_requests.h"
#include "core/quant/format.h"
#include "core/quant/methods/folded_columns.h"

namespace app {

using core::Error;
using core::ErrorCode;
using core::io::FileFormat;
using core::quant::FolderLayout;

namespace {

/// A sentence is about what a person asked for: the scheme, or the tensor that a recipe gives one.
std::string placeOf(const core::model::Recipe& recipe, const QuantizedFileRow& row) {
  const bool isScheme = std::holds_alternative<core::quant::Scheme>(recipe.base) && recipe.rules.empty();
  return isScheme ? "" : fmt::format(" ({} of {})", core::io::inQuotes(row.tensor), recipe.toString());
}

[[noreturn]] void refuse(const QuantizedFileRow& row, const std::string& sentence) {
  throw Error(ErrorCode::Unsupported, sentence, row.tensor);
}

/// The place goes to the sentence's end.
[[noreturn]] void refuse(const core::model::Recipe& recipe, const QuantizedFileRow& row, std::string sentence) {
  refuse(row, sentence.insert(sentence.size() - 1, placeOf(recipe, row)));
}

/// What a scheme does to the columns of a matrix that its inputs have to follow, as a sentence's end; empty for
/// nothing. No file has a place for it.
std::string_view columnChange(const core::quant::Scheme& scheme) {
  using core::quant::MethodName;
  const auto& method = scheme.method;
  if (method.name == MethodName::Awq || method.name == MethodName::SmoothQuant)
    return "multiplies columns and has inputs divided by factors";
  const bool isReordered = method.name == MethodName::Gptq && method.actOrder == core::quant::ActOrder::On &&
                           method.staticGroups == core::quant::StaticGroups::Off;
  return isReordered ? "stores columns in an order of its own (static_groups=on keeps theirs)" : "";
}

bool isElements(const core::quant::QuantizedTensor& tensor) {
  const auto dtype = tensor.dtype();
  return dtype && core::tensor::info(*dtype).blockValues == 1;
}

bool canHold(FileFormat format, const QuantizedFileRow& row) {
  if (row.isKept()) return true;
  if (row.decision.replacement && row.decision.replacement->changes != nullptr) return false;
  if (format == FileFormat::Gguf) {
    const bool isPacked = row.decision.scheme && !core::quant::storedDType(row.decision.scheme->format);
    return !isPacked && core::tensor::info(row.type).ggmlType >= 0;
  }
  if (row.decision.other) return true;  // an adapter makes plain elements
  if (!row.decision.scheme) return row.decision.replacement && isElements(*row.decision.replacement);
  using core::quant::FormatName;
  const core::quant::Format& stored = row.decision.scheme->format;
  if (stored.name == FormatName::Nf4 || stored.name == FormatName::Fp4) return true;
  return core::quant::storedDType(stored) && core::quant::family(stored.name) != core::quant::Family::GgufBlock;
}

void refuseForFile(const core::model::Recipe& recipe, const QuantizedFileRow& row, FileFormat format) {
  const bool isGguf = format == FileFormat::Gguf;
  const std::string what = row.to + placeOf(recipe, row);
  const std::string_view change = row.decision.scheme ? columnChange(*row.decision.scheme) : "";
  if (!change.empty())
    refuse(row, fmt::format("{} {}, which a {} file has no place for.", what, change, isGguf ? "GGUF" : "safetensors"));
  if (canHold(format, row)) return;
  refuse(row, isGguf ? fmt::format("GGUF has no type for {}; choose a cast (fp32, fp16, bf16) or one of GGUF's own "
                                   "types, such as q8_0.",
                                   what)
                     : fmt::format("A safetensors file has no type for {}; choose a cast (fp32, fp16, bf16, fp8_e4m3, "
                                   "fp8_e5m2) or nf4 or fp4.",
                                   what));
}

bool isCast(const core::quant::Scheme& scheme) {
  return core::quant::family(scheme.format.name) == core::quant::Family::Cast;
}

/// Why the source is no whole model of an architecture that is understood, whose tensors have the shapes that its
/// settings say and whose settings a target has words for. A sentence's end; nothing when it is one.
std::optional<std::string> whyNotUnderstood(const core::io::Checkpoint& source, const TargetKind& kind) {
  try {
    auto config = core::model::ModelConfig::fromCheckpoint(source);
    core::model::checkTensors(source, config);
    config = core::model::withFactorTensors(source, std::move(config));
    const auto unsaid = core::model::findUnsaid(config, kind.format);
    if (!unsaid) return std::nullopt;
    return fmt::format("{}, which cannot be said in {} yet.", *unsaid, kind.isFolder() ? "a config.json" : "one");
  } catch (const Error& error) {
    return error.what();
  }
}

/// Whether programs make a packed layer of a Conv1D, too. Source: _replace_with_bnb_linear of transformers,
/// BaseGPTQ's layers of optimum; AutoAWQ and compressed-tensors go by Linear.
bool packsConv1d(FolderLayout layout) {
  return layout == FolderLayout::Bitsandbytes || layout == FolderLayout::Gptq || layout == FolderLayout::GptqV2;
}

std::string storedInputFirst(FolderLayout layout) {
  return fmt::format(
      "Programs that read {} expect matrices stored output × input, and this one is stored input × "
      "output.",
      displayName(layout));
}

/// One folder says one thing of all its packed weights.
void refuseForFolder(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                     const std::vector<QuantizedFileRow>& rows, FolderLayout layout) {
  std::optional<core::quant::Scheme> packed;
  const bool isFolder = source.format() != FileFormat::Gguf;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const QuantizedFileRow& row = rows[i];
    if (row.isKept() || row.decision.other) continue;
    if (!row.decision.scheme) {
      if (row.decision.replacement && row.decision.replacement->changes == nullptr &&
          isElements(*row.decision.replacement))
        continue;
      refuse(recipe, row, "A folder takes changed weights as plain elements alone.");
    }
    const core::quant::Scheme& scheme = *row.decision.scheme;
    if (isCast(scheme)) continue;
    if (const auto why =
            isFolder ? whyNotLayout(layout, scheme, source.tensors()[i].shape) : whyNotLayout(layout, scheme);
        !why.empty())
      refuse(recipe, row, why);
    if (core::quant::multipliesColumns(scheme))
      if (const auto why = core::model::whyNotRunnable(source))
        refuse(
            recipe, row,
            fmt::format(
                "Factors of columns are folded into the layers before, for which a model has to be understood, and {}",
                *why));
    const bool isTurned = source.tensors()[i].assembly == core::io::Assembly::Turned;
    if (row.decision.place.axes == core::model::StoredAxes::InputsOutputs)
      refuse(recipe, row, storedInputFirst(layout));
    // What is made of a GGUF file's tensors is looked at as it is there (planWriting).
    if (const auto why = isFolder ? whyNotPacked(layout, row.tensor, isTurned, row.decision.place.role) : std::string();
        !why.empty())
      refuse(recipe, row, why);
    if (packed && !(*packed == scheme))
      refuse(recipe, row,
             fmt::format("One folder has one quantization_config, and this recipe asks for {} beside {}.",
                         scheme.toString(), packed->toString()));
    packed = scheme;
  }
  if (!packed && layout != FolderLayout::Plain)
    throw Error(ErrorCode::Unsupported,
                fmt::format("Nothing of {} is packed in the layout {}; choose the layout plain.", recipe.toString(),
                            toString(layout)));
}

/// What has to be understood to be renamed.
void refuseStrangers(const core::io::Checkpoint& source, const TargetKind& kind) {
  const std::string what = kind.isFolder() ? "a Hugging Face folder" : "a GGUF file";
  if (const auto why = whyNotUnderstood(source, kind))
    throw Error(ErrorCode::Unsupported,
                fmt::format("Only a model all of whose settings are understood can be made {}, and {}", what, *why));
}

}  // namespace

std::string whyNotPacked(FolderLayout layout, const std::string& name, bool isTurned, core::model::TensorRole role) {
  using core::model::TensorRole;
  if (isTurned && !packsConv1d(layout)) return storedInputFirst(layout);
  const bool looksUp = role == TensorRole::Embedding || role == TensorRole::Position;
  if (name.ends_with(".weight") && !looksUp) return {};
  return fmt::format("{} packs the weights of Linear layers, and {} is none.", displayName(layout),
                     core::io::inQuotes(name));
}

void refuseWhatCannotBeWritten(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                               const std::vector<QuantizedFileRow>& rows, const TargetKind& kind) {
  if (kind.isFolder())
    refuseForFolder(source, recipe, rows, *kind.layout);
  else
    for (const QuantizedFileRow& row : rows) refuseForFile(recipe, row, kind.format);
  const bool isGguf = source.format() == FileFormat::Gguf;
  if (kind.format == FileFormat::Gguf ? !isGguf : kind.isFolder() && isGguf) refuseStrangers(source, kind);
  if (kind.isFolder() && !isGguf && source.metadata().find("config.model_type") == nullptr)
    throw Error(ErrorCode::Unsupported, fmt::format("{} has no config.json beside it, which a folder needs.",
                                                    core::io::inQuotes(source.name())));
}

}  // namespace app
