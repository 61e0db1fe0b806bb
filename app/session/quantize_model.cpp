#include "app/session/quantize_model.h"

#include "app/session/quantized_safetensors.h"

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/scheme_table.h"

namespace app {

using core::Error;
using core::ErrorCode;

namespace {

core::tensor::DType ggufTypeOf(const core::quant::Scheme& scheme) {
  const auto dtype = core::quant::info(scheme.name).dtype;
  if (dtype && core::tensor::info(*dtype).ggmlType >= 0 && core::quant::isEncodable(scheme.name)) return *dtype;
  throw Error(ErrorCode::Unsupported,
              "GGUF has no type for " + scheme.toString() +
                  "; choose a cast (fp32, fp16, bf16) or one of GGUF's own types that can be written, such as q8_0.");
}

void checkArguments(const core::io::Checkpoint& source, const std::filesystem::path& target) {
  if (target.extension() != ".gguf" && target.extension() != ".safetensors") {
    throw Error(ErrorCode::InvalidArgument,
                "The output file must end in .gguf or .safetensors; found " + target.filename().string() + ".");
  }
  if (target.extension() == ".gguf" && source.format() != core::io::FileFormat::Gguf) {
    throw Error(ErrorCode::Unsupported, source.name() + " is not a GGUF file; only GGUF files can be written as GGUF.");
  }
  std::error_code error;
  for (const auto& file : source.files()) {
    if (std::filesystem::equivalent(file, target, error)) {
      throw Error(ErrorCode::InvalidArgument, "The output file is the model itself; choose another name.");
    }
  }
}

/// What happens to each tensor, decided before anything is written.
std::vector<QuantizedFileRow> plan(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                   core::tensor::DType wanted) {
  std::vector<QuantizedFileRow> rows;
  for (const auto& tensor : source.tensors()) {
    QuantizedFileRow row{tensor.name, tensor.dtype, tensor.dtype, tensor.bytes, {}};
    if (core::model::isQuantizable(tensor.name) && tensor.shape.rank() == 2) {
      if (!core::quant::isDecodable(tensor.dtype))
        row.kept = "its stored type has no decoder";
      else if (core::quant::accepts(scheme, tensor.shape, &row.kept))
        row.to = wanted;
    }
    if (row.to != row.from) row.bytes = core::tensor::storageBytes(row.to, tensor.shape).value_or(0);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                            const std::filesystem::path& target, const core::JobContext& job) {
  checkArguments(source, target);
  if (target.extension() == ".safetensors") return writeSafetensors(source, scheme, target, job);
  const core::tensor::DType wanted = ggufTypeOf(scheme);
  const auto rows = plan(source, scheme, wanted);
  core::io::GgufWriter writer(target);
  for (const auto& entry : source.metadata().entries()) writer.addEntry(entry);
  for (std::size_t i = 0; i < rows.size(); ++i)
    writer.declareTensor(rows[i].tensor, rows[i].to, source.tensors()[i].shape);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    job.progress(static_cast<double>(i) / static_cast<double>(rows.size()), rows[i].tensor);
    const auto view = source.view(i);
    if (rows[i].to == rows[i].from) {
      writer.append(view.bytes);
    } else {
      const auto quantized = core::quant::quantize(scheme, view, job);
      writer.append(quantized->payload);
    }
  }
  writer.finish();
  return rows;
}

}  // namespace app
