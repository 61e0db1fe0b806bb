#include "core/train/lora/adapter_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/output_folder.h"
#include "core/io/safetensors_writer.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/config.h"
#include "core/quant/casts.h"

namespace core::train {

namespace {

using io::FileFormat;
using Json = nlohmann::ordered_json;

constexpr std::string_view kWeight = ".weight";

/// What the target is called in files of a format.
/// @throws Error (Unsupported)
std::string nameThere(const NewAdapterPair& pair, const io::Checkpoint& open, FileFormat format) {
  if (open.format() == format) return pair.target;
  const model::TensorNames names(open);
  auto name = format == FileFormat::Gguf ? names.gguf(pair.target) : names.huggingFace(pair.target);
  if (name) return *std::move(name);
  throw Error(ErrorCode::Unsupported,
              fmt::format("{} has no name in {}.", io::inQuotes(pair.target),
                          format == FileFormat::Gguf ? "GGUF files" : "Hugging Face's models"),
              pair.target);
}

/// How rows and columns of the target lie in files of a format.
model::MatrixOrder orderThere(const NewAdapterPair& pair, const io::Checkpoint& open, FileFormat format) {
  const model::WeightRow* const row = model::TensorNames(open).row(pair.target);
  if (open.format() == format || row == nullptr || row->order == model::RowOrder::Same) return {};
  return model::orderOf(*row, model::ModelConfig::fromCheckpoint(open), pair.out);
}

/// Where a line of the new file lies in the open model's order.
std::uint64_t lineHere(const model::LineOrder& lines, FileFormat format, std::uint64_t line) {
  return format == FileFormat::Gguf ? lines.inFolder(line) : lines.inGguf(line);
}

/// B with its rows in that order.
std::vector<float> rowsThere(const NewAdapterPair& pair, const model::LineOrder& lines, FileFormat format) {
  std::vector<float> rows(pair.b.begin(), pair.b.end());
  const std::size_t rank = pair.b.size() / pair.out;
  for (std::uint64_t row = 0; row < pair.out; ++row)
    std::copy_n(pair.b.begin() + static_cast<std::ptrdiff_t>(lineHere(lines, format, row) * rank), rank,
                rows.begin() + static_cast<std::ptrdiff_t>(row * rank));
  return rows;
}

/// A with its columns in that order.
std::vector<float> columnsThere(const NewAdapterPair& pair, const model::LineOrder& lines, FileFormat format) {
  std::vector<float> values(pair.a.begin(), pair.a.end());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = pair.a[i / pair.in * pair.in + lineHere(lines, format, i % pair.in)];
  return values;
}

/// Declares and appends both factors of every pair.
/// @param endings of the names of A and B behind `name(pair)`
template <typename Name>
void writeFactors(io::ModelWriter& writer, const NewAdapter& adapter, const io::Checkpoint& open, FileFormat format,
                  std::string_view endA, std::string_view endB, const Name& name) {
  const tensor::DType type = adapter.isBf16 ? tensor::DType::BF16 : tensor::DType::F32;
  for (const NewAdapterPair& pair : adapter.pairs) {
    const std::string stem = name(pair);
    writer.declareTensor(stem + std::string(endA), type, {adapter.rank, pair.in});
    writer.declareTensor(stem + std::string(endB), type, {pair.out, adapter.rank});
  }
  const auto append = [&](std::span<const float> values) {
    if (!adapter.isBf16) return writer.append(std::as_bytes(values));
    std::vector<std::uint8_t> bytes(2 * values.size());
    quant::encodeBf16(values.data(), values.size(), bytes.data());
    writer.append(std::as_bytes(std::span(bytes)));
  };
  for (const NewAdapterPair& pair : adapter.pairs) {
    const model::MatrixOrder order = orderThere(pair, open, format);
    append(columnsThere(pair, order.columns, format));
    append(rowsThere(pair, order.rows, format));
  }
}

/// "blk.0.attn_q.weight" → "model.layers.0.self_attn.q_proj"
std::string moduleOf(const NewAdapterPair& pair, const io::Checkpoint& open) {
  std::string name = nameThere(pair, open, FileFormat::Safetensors);
  if (name.ends_with(kWeight)) name.resize(name.size() - kWeight.size());
  return name;
}

/// A whole number is written as one, as PEFT does.
Json numberOf(double value) {
  constexpr double kMost = 1e15;
  return value == std::trunc(value) && std::abs(value) < kMost ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Json settingsOf(const NewAdapter& adapter, const io::Checkpoint& open) {
  std::vector<std::string> modules;
  for (const NewAdapterPair& pair : adapter.pairs) {
    const std::string module = moduleOf(pair, open);
    std::string last = module.substr(module.rfind('.') + 1);
    if (std::ranges::find(modules, last) == modules.end()) modules.push_back(std::move(last));
  }
  return {{"peft_type", "LORA"},
          {"task_type", "CAUSAL_LM"},
          {"base_model_name_or_path", io::printable(open.name())},
          {"r", adapter.rank},
          {"lora_alpha", numberOf(adapter.alpha)},
          {"lora_dropout", adapter.dropout},
          {"target_modules", modules},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"use_rslora", false},
          {"inference_mode", true}};
}

}  // namespace

NewAdapter newAdapter(LoraModel& model, std::string name) {
  const LoraSettings& settings = model.settings();
  NewAdapter adapter{std::move(name), {}, settings.rank, settings.alpha, settings.dropout, settings.isBf16};
  const std::span<Parameter> parameters = model.parameters();
  for (const LoraPair& pair : model.pairs())
    adapter.pairs.push_back({pair.target, pair.in, pair.out, parameters[pair.a].values, parameters[pair.b].values});
  return adapter;
}

void writePeftAdapter(const NewAdapter& adapter, const io::Checkpoint& open, const std::filesystem::path& folder,
                      const io::InputFiles& inputs) {
  const std::string settings = settingsOf(adapter, open).dump(2) + '\n';
  io::OutputFolder output(folder, inputs);
  output.write("adapter_config.json", std::as_bytes(std::span(settings)));
  io::SafetensorsWriter writer(output.file("adapter_model.safetensors"));
  writer.addMetadata("format", "pt");
  writeFactors(writer, adapter, open, FileFormat::Safetensors, ".lora_A.weight", ".lora_B.weight",
               [&](const NewAdapterPair& pair) { return "base_model.model." + moduleOf(pair, open); });
  writer.finish();
  output.commit();
}

void writeGgufAdapter(const NewAdapter& adapter, const io::Checkpoint& open, const std::filesystem::path& file,
                      const io::InputFiles& inputs) {
  io::GgufWriter writer(io::OutputFile(file, inputs));
  writer.addString("general.architecture", model::ggufArchitecture(open));
  writer.addString("general.type", "adapter");
  writer.addString("general.name", io::printable(adapter.name));
  writer.addString("adapter.type", "lora");
  writer.addF32("adapter.lora.alpha", static_cast<float>(adapter.alpha));
  writeFactors(writer, adapter, open, FileFormat::Gguf, ".lora_a", ".lora_b",
               [&](const NewAdapterPair& pair) { return nameThere(pair, open, FileFormat::Gguf); });
  writer.finish();
}

}  // namespace core::train
