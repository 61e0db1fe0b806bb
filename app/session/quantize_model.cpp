#include "app/session/quantize_model.h"

#include "app/session/gguf_metadata.h"
#include "app/session/open_files.h"
#include "app/session/quantized_safetensors.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/split_gguf_writer.h"
#include "core/io/text_checks.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

using core::Error;
using core::ErrorCode;
using core::io::FileFormat;

namespace {

/// A sentence is about what a person asked for: the scheme, or the tensor that a recipe gives one.
[[noreturn]] void refuse(const core::model::Recipe& recipe, const QuantizedFileRow& row, std::string_view sentence) {
  const bool isScheme = std::holds_alternative<core::quant::Scheme>(recipe.base) && recipe.rules.empty();
  const std::string place =
      isScheme ? "" : fmt::format(" ({} of {})", core::io::inQuotes(row.tensor), recipe.toString());
  throw Error(ErrorCode::Unsupported, fmt::format(fmt::runtime(sentence), row.to + place), row.tensor);
}

/// What a scheme does to the columns of a matrix that its inputs have to follow, as a sentence's beginning; empty for
/// nothing. No layout of either format has a place for it.
std::string_view columnChange(const core::quant::Scheme& scheme) {
  using core::quant::MethodName;
  const auto& method = scheme.method;
  if (method.name == MethodName::Awq || method.name == MethodName::SmoothQuant)
    return "{} multiplies columns and has inputs divided by factors";
  const bool isReordered = method.name == MethodName::Gptq && method.actOrder == core::quant::ActOrder::On &&
                           method.staticGroups == core::quant::StaticGroups::Off;
  return isReordered ? "{} stores columns in an order of its own (static_groups=on keeps theirs)" : "";
}

bool canHold(FileFormat format, const QuantizedFileRow& row) {
  if (row.isKept()) return true;
  if (row.decision.replacement && row.decision.replacement->changes != nullptr) return false;
  if (format == FileFormat::Gguf) {
    const bool isPacked = row.decision.scheme && !core::quant::storedDType(row.decision.scheme->format);
    return !isPacked && core::tensor::info(row.type).ggmlType >= 0;
  }
  if (!row.decision.scheme) {
    const auto dtype = row.decision.replacement->dtype();
    return dtype && core::tensor::info(*dtype).blockValues == 1;
  }
  using core::quant::FormatName;
  const core::quant::Format& stored = row.decision.scheme->format;
  if (stored.name == FormatName::Nf4 || stored.name == FormatName::Fp4) return true;
  return core::quant::storedDType(stored) && core::quant::family(stored.name) != core::quant::Family::GgufBlock;
}

/// @param writer a GgufWriter or a SplitGgufWriter that has its metadata
template <class Writer>
void writeTensors(const core::io::Checkpoint& source, std::vector<QuantizedFileRow>& rows, Writer& writer,
                  const core::JobContext& job, const TensorMaking& making) {
  MadeTensors tensors(making);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    writer.declareTensor(tensor.storedName.value_or(tensor.name), rows[i].type, tensor.storedShape);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto count = static_cast<double>(rows.size()), index = static_cast<double>(i);
    const core::JobContext part = job.part(index / count, (index + 1) / count);
    const core::JobContext done = job.part((index + 1) / count, (index + 1) / count);
    part.progress(0.0, rows[i].tensor);
    const auto view = source.view(i);
    if (rows[i].isCopied) {
      if (core::quant::isLoadable(source.tensors()[i])) noteNonFinite(rows[i], view, nullptr, done);
      writer.append(view.bytes);
    } else {
      const auto stored = core::quant::loadTensor(source, i);
      const auto quantized = tensors.make(rows[i].decision, stored, part);
      rows[i].bytes = quantized->payload.size();
      noteNonFinite(rows[i], *stored, quantized.get(), done);
      writer.append(quantized->payload);
    }
  }
  writer.finish();
  tensors.forget();
}

void writeGguf(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
               std::vector<QuantizedFileRow>& rows, const QuantizeTarget& target, const core::JobContext& job,
               const TensorMaking& making) {
  const auto inputs = inputsOf(source);
  if (!target.split.isSplit()) {
    core::io::GgufWriter writer({target.file, inputs});
    copyMetadata(source, recipe, rows, writer);
    return writeTensors(source, rows, writer, job, making);
  }
  auto parts = planParts(rows, target.split);
  std::vector<core::io::OutputFile> files;
  for (const auto& file : targetFiles(target, parts)) files.emplace_back(file, inputs);
  core::io::SplitGgufWriter writer(std::move(files), std::move(parts));
  copyMetadata(source, recipe, rows, writer.first());
  writeTensors(source, rows, writer, job, making);
}

}  // namespace

void refuseWhatCannotBeWritten(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                               const std::vector<QuantizedFileRow>& rows, FileFormat format) {
  if (format == FileFormat::Gguf && source.format() != FileFormat::Gguf) {
    throw Error(ErrorCode::Unsupported,
                core::io::inQuotes(source.name()) + " is not a GGUF file; only GGUF files can be written as GGUF.");
  }
  for (const QuantizedFileRow& row : rows) {
    const std::string_view change = row.decision.scheme ? columnChange(*row.decision.scheme) : "";
    if (!change.empty())
      refuse(recipe, row,
             std::string(change) + (format == FileFormat::Gguf ? ", which a GGUF file has no place for."
                                                               : ", which a safetensors file has no place for."));
    if (!canHold(format, row)) {
      refuse(recipe, row,
             format == FileFormat::Gguf
                 ? "GGUF has no type for {}; choose a cast (fp32, fp16, bf16) or one of GGUF's own types, such as q8_0."
                 : "A safetensors file has no type for {}; choose a cast (fp32, fp16, bf16, fp8_e4m3, fp8_e5m2) or nf4 "
                   "or fp4.");
    }
  }
}

std::string whatIsNotWritten(const std::vector<QuantizedFileRow>& rows) {
  const auto changesInputs = [](const QuantizedFileRow& row) {
    return row.decision.scheme && row.decision.scheme->activations.name != core::quant::ActivationName::None;
  };
  const auto found = std::find_if(rows.begin(), rows.end(), changesInputs);
  if (found == rows.end()) return {};
  return "The file holds the weights alone: what opens it multiplies them with inputs as they are, not quantized as " +
         found->decision.scheme->displayName() + " has them.";
}

std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                                            const QuantizeTarget& target, const core::JobContext& job,
                                            const TensorMaking& making) {
  const FileFormat format = outputFormat(target, source);
  auto rows = planQuantization(source, recipe).rows;
  refuseWhatCannotBeWritten(source, recipe, rows, format);
  if (format == FileFormat::Safetensors) return writeSafetensors(source, std::move(rows), target.file, job, making);
  writeGguf(source, recipe, rows, target, job, making);
  return rows;
}

}  // namespace app
