#include "app/session/quantized_safetensors.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/safetensors_writer.h"
#include "core/numeric/code_books.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

using core::Error;
using core::ErrorCode;
using core::quant::CodeBook;
using core::quant::QuantizedTensor;
using core::tensor::DType;
using core::tensor::Shape;

namespace {

/// One tensor of the file to be: a view of bytes somebody else keeps.
struct Part {
  std::string name;
  DType dtype;
  Shape shape;
  std::span<const std::byte> bytes;
};

template <class T>
std::span<const std::byte> bytesOf(std::span<const T> values) {
  return std::as_bytes(values);
}

/// quant_state as bitsandbytes writes it: the dtype is what its users dequantize to.
std::string quantState(const QuantizedTensor& tensor, const CodeBook& codes) {
  nlohmann::ordered_json state = {{"quant_type", std::string(core::quant::toString(tensor.scheme->format.name))},
                                  {"blocksize", codes.grouping.size},
                                  {"dtype", "float32"},
                                  {"shape", tensor.shape.extents()}};
  if (codes.nested) {
    state["nested_blocksize"] = core::quant::kNestedBlock;
    state["nested_dtype"] = "float32";
    state["nested_offset"] = codes.nested->offset;
  }
  return state.dump();
}

std::vector<Part> linear4bitParts(const QuantizedTensor& tensor, const CodeBook& codes, const std::string& state) {
  const auto& name = tensor.name;
  const std::uint64_t blocks = codes.scales.size();
  std::vector<Part> parts = {{name, DType::U8, {tensor.payload.size(), 1}, tensor.payload}};
  if (!codes.nested) {
    parts.push_back({name + ".absmax", DType::F32, {blocks}, bytesOf(std::span(codes.scales))});
  } else {
    const auto map = core::numeric::dynamicMapSigned();
    const core::quant::NestedScales& nested = *codes.nested;
    parts.push_back({name + ".absmax", DType::U8, {blocks}, bytesOf(std::span(nested.codes))});
    parts.push_back({name + ".nested_absmax", DType::F32, {nested.absmax.size()}, bytesOf(std::span(nested.absmax))});
    parts.push_back({name + ".nested_quant_map", DType::F32, {map.size()}, bytesOf(map)});
  }
  parts.push_back({name + ".quant_map", DType::F32, {codes.levels.size()}, bytesOf(std::span(codes.levels))});
  const std::string type(core::quant::toString(tensor.scheme->format.name));
  parts.push_back({name + ".quant_state.bitsandbytes__" + type,
                   DType::U8,
                   {state.size()},
                   bytesOf(std::span(state.data(), state.size()))});
  return parts;
}

/// The file's tensors, and what keeps their bytes. The quantized matrices are all held at once, because the header,
/// which comes first, names every offset and with double quantization a mean that is known only afterwards.
struct Contents {
  std::vector<Part> parts;
  std::vector<core::quant::QuantizedTensorPtr> quantized;
  std::vector<std::unique_ptr<std::string>> states;

  void add(core::quant::QuantizedTensorPtr tensor) {
    if (const auto* codes = tensor->as<CodeBook>()) {
      states.push_back(std::make_unique<std::string>(quantState(*tensor, *codes)));
      for (Part& part : linear4bitParts(*tensor, *codes, *states.back())) parts.push_back(std::move(part));
    } else {
      parts.push_back({tensor->name, *tensor->dtype(), tensor->shape, tensor->payload});
    }
    quantized.push_back(std::move(tensor));
  }
};

/// What the source said about itself; readers of safetensors ask for the framework in "format".
void addMetadata(const core::io::Checkpoint& source, core::io::SafetensorsWriter& writer) {
  bool hasFormat = false;
  if (source.format() == core::io::FileFormat::Safetensors) {
    for (const auto& entry : source.metadata().entries()) {
      const auto* const text = std::get_if<std::string>(&entry.value);
      if (text == nullptr || entry.key.starts_with("config.")) continue;
      writer.addMetadata(entry.key, *text);
      hasFormat = hasFormat || entry.key == "format";
    }
  }
  if (!hasFormat) writer.addMetadata("format", "pt");
}

/// A piece of a weight that the new file stores in another way.
bool isLeftOver(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows, std::size_t index) {
  const auto whole = source.find(source.tensors()[index].pieceOf);
  return whole && !rows[*whole].isCopied;
}

}  // namespace

std::vector<QuantizedFileRow> writeSafetensors(const core::io::Checkpoint& source, std::vector<QuantizedFileRow> rows,
                                               const std::filesystem::path& target, const core::JobContext& job,
                                               const TensorMaking& making) {
  core::io::SafetensorsWriter writer({target, inputsOf(source)});
  addMetadata(source, writer);
  Contents contents;
  MadeTensors tensors(making);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto count = static_cast<double>(rows.size()), index = static_cast<double>(i);
    const core::JobContext part = job.part(index / count, (index + 1) / count);
    const core::JobContext done = job.part((index + 1) / count, (index + 1) / count);
    part.progress(0.0, rows[i].tensor);
    const auto view = source.view(i);
    if (isLeftOver(source, rows, i)) continue;
    if (rows[i].isCopied) {
      if (core::quant::isLoadable(source.tensors()[i]))
        noteNonFinite(rows[i], *core::quant::loadTensor(source, i), nullptr, done);
      contents.parts.push_back({view.name, view.dtype, source.tensors()[i].storedShape, view.bytes});
    } else {
      const auto stored = core::quant::loadTensor(source, i);
      contents.add(tensors.make(rows[i].decision, stored, part));
      rows[i].bytes = contents.quantized.back()->bytes();
      noteNonFinite(rows[i], *stored, contents.quantized.back().get(), done);
    }
  }
  for (const Part& part : contents.parts) writer.declareTensor(part.name, part.dtype, part.shape);
  for (const Part& part : contents.parts) {
    job.throwIfCancelled();
    writer.append(part.bytes);
  }
  writer.finish();
  tensors.forget();
  return rows;
}

}  // namespace app
