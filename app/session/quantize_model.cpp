#include "app/session/quantize_model.h"

#include "app/session/gguf_metadata.h"
#include "app/session/open_files.h"
#include "app/session/quantized_safetensors.h"

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/text_checks.h"
#include "core/quant/quantizer.h"
#include "core/quant/scheme_table.h"

namespace app {

using core::Error;
using core::ErrorCode;
using core::io::FileFormat;

namespace {

core::tensor::DType ggufTypeOf(const core::quant::Scheme& scheme) {
  const auto dtype = core::quant::info(scheme.name).dtype;
  if (dtype && core::tensor::info(*dtype).ggmlType >= 0 && core::quant::isEncodable(scheme.name)) return *dtype;
  throw Error(ErrorCode::Unsupported,
              "GGUF has no type for " + scheme.toString() +
                  "; choose a cast (fp32, fp16, bf16) or one of GGUF's own types that can be written, such as q8_0.");
}

std::vector<QuantizedFileRow> writeGguf(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                        const std::filesystem::path& target, const core::JobContext& job) {
  auto rows = planQuantization(source, scheme, ggufTypeOf(scheme));
  core::io::GgufWriter writer({target, inputsOf(source)});
  copyMetadata(source, rows, writer);
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
    if (rows[i].fate == core::model::Fate::Keep) {
      noteNonFinite(rows[i], view, nullptr, done);
      writer.append(view.bytes);
    } else {
      const auto quantized = core::quant::quantize(scheme, view, part);
      rows[i].bytes = quantized->payload.size();
      noteNonFinite(rows[i], view, quantized.get(), done);
      writer.append(quantized->payload);
    }
  }
  writer.finish();
  return rows;
}

}  // namespace

FileFormat outputFormat(const std::filesystem::path& target, const core::io::Checkpoint& source) {
  if (target.extension() == ".gguf") return FileFormat::Gguf;
  if (target.extension() == ".safetensors") return FileFormat::Safetensors;
  std::error_code error;
  const auto kind = std::filesystem::status(target, error).type();
  const bool isStream = core::io::OutputFile::isStandardOutput(target) || kind == std::filesystem::file_type::fifo ||
                        kind == std::filesystem::file_type::character;
  if (isStream) return source.format();
  throw Error(ErrorCode::InvalidArgument, "The output file must end in .gguf or .safetensors; found " +
                                              core::io::inQuotes(target.filename().string()) + ".");
}

std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                            const std::filesystem::path& target, const core::JobContext& job) {
  const FileFormat format = outputFormat(target, source);
  if (format == FileFormat::Gguf && source.format() != FileFormat::Gguf) {
    throw Error(ErrorCode::Unsupported,
                core::io::inQuotes(source.name()) + " is not a GGUF file; only GGUF files can be written as GGUF.");
  }
  return format == FileFormat::Gguf ? writeGguf(source, scheme, target, job)
                                    : writeSafetensors(source, scheme, target, job);
}

}  // namespace app
