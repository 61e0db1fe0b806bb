#include "app/session/quantized_safetensors.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/io/safetensors_writer.h"
#include "core/model/weights.h"
#include "core/numeric/code_books.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/stored_size.h"

namespace app {

using core::Error;
using core::ErrorCode;
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
std::string quantState(const QuantizedTensor& tensor) {
  nlohmann::ordered_json state = {{"quant_type", std::string(core::quant::toString(tensor.scheme->name))},
                                  {"blocksize", tensor.blockSize},
                                  {"dtype", "float32"},
                                  {"shape", tensor.shape.extents()}};
  if (!tensor.nestedCodes.empty()) {
    state["nested_blocksize"] = core::quant::kNestedBlock;
    state["nested_dtype"] = "float32";
    state["nested_offset"] = tensor.nestedOffset;
  }
  return state.dump();
}

std::vector<Part> linear4bitParts(const QuantizedTensor& tensor, const std::string& state) {
  const auto& name = tensor.name;
  const std::uint64_t blocks = tensor.absmax.size();
  std::vector<Part> parts = {{name, DType::U8, {tensor.payload.size(), 1}, tensor.payload}};
  if (tensor.nestedCodes.empty()) {
    parts.push_back({name + ".absmax", DType::F32, {blocks}, bytesOf(std::span(tensor.absmax))});
  } else {
    const auto map = core::numeric::dynamicMapSigned();
    parts.push_back({name + ".absmax", DType::U8, {blocks}, bytesOf(std::span(tensor.nestedCodes))});
    parts.push_back(
        {name + ".nested_absmax", DType::F32, {tensor.nestedAbsmax.size()}, bytesOf(std::span(tensor.nestedAbsmax))});
    parts.push_back({name + ".nested_quant_map", DType::F32, {map.size()}, bytesOf(map)});
  }
  parts.push_back({name + ".quant_map", DType::F32, {tensor.codeBook.size()}, bytesOf(tensor.codeBook)});
  parts.push_back({name + ".quant_state.bitsandbytes__" + std::string(core::quant::toString(tensor.scheme->name)),
                   DType::U8,
                   {state.size()},
                   bytesOf(std::span(state.data(), state.size()))});
  return parts;
}

void checkScheme(const core::quant::Scheme& scheme) {
  const auto family = core::quant::family(scheme.name);
  if (family == core::quant::Family::Cast || family == core::quant::Family::CodeBook) return;
  throw Error(ErrorCode::Unsupported, "A safetensors file has no type for " + scheme.toString() +
                                          "; choose a cast (fp32, fp16, bf16) or nf4 or fp4.");
}

/// The file's tensors, and what keeps their bytes. The quantized matrices are all held at once, because the header,
/// which comes first, names every offset and with double quantization a mean that is known only afterwards.
struct Contents {
  std::vector<QuantizedFileRow> rows;
  std::vector<Part> parts;
  std::vector<core::quant::QuantizedTensorPtr> quantized;
  std::vector<std::unique_ptr<std::string>> states;

  void keep(const core::tensor::TensorView& view, std::string why) {
    rows.push_back({view.name, view.dtype, view.dtype, view.bytes.size(), std::move(why)});
    parts.push_back({view.name, view.dtype, view.shape, view.bytes});
  }

  void quantize(const core::tensor::TensorView& view, const core::quant::Scheme& scheme, const core::JobContext& job) {
    quantized.push_back(core::quant::quantize(scheme, view, job));
    const QuantizedTensor& tensor = *quantized.back();
    const bool packed = tensor.layout == core::quant::Layout::CodeBook;
    rows.push_back({view.name, view.dtype, packed ? DType::U8 : tensor.dtype, tensor.bytes(), {}});
    if (packed) {
      states.push_back(std::make_unique<std::string>(quantState(tensor)));
      for (Part& part : linear4bitParts(tensor, *states.back())) parts.push_back(std::move(part));
    } else {
      parts.push_back({view.name, tensor.dtype, view.shape, tensor.payload});
    }
  }
};

}  // namespace

std::vector<QuantizedFileRow> writeSafetensors(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                               const std::filesystem::path& target, const core::JobContext& job) {
  checkScheme(scheme);
  Contents contents;
  const auto tensors = source.tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    job.progress(static_cast<double>(i) / static_cast<double>(tensors.size()), tensors[i].name);
    const auto view = source.view(i);
    std::string why;
    const bool wanted = core::model::isQuantizable(view.name) && view.shape.rank() == 2;
    if (wanted && !core::quant::isDecodable(view.dtype)) why = "its stored type has no decoder";
    if (wanted && why.empty() && core::quant::accepts(scheme, view.shape, &why))
      contents.quantize(view, scheme, job);
    else
      contents.keep(view, why);
  }
  core::io::SafetensorsWriter writer(target);
  for (const Part& part : contents.parts) writer.declareTensor(part.name, part.dtype, part.shape);
  for (const Part& part : contents.parts) {
    job.throwIfCancelled();
    writer.append(part.bytes);
  }
  writer.finish();
  return contents.rows;
}

}  // namespace app
