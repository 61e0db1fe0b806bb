#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/quant/quantizer.h"
#include "support/random_model.h"

namespace support {

/// One function as two files.
struct ScaledModel {
  std::filesystem::path scaled;  ///< matrices of a type, NAME.scale and NAME.input_scale beside each
  std::filesystem::path plain;   ///< their products as float32
};

/// The shape of such a model: rows are whole blocks of 64.
inline RandomModel scaledShape() {
  return {.width = 128, .feedForward = 192, .heads = 8, .kvHeads = 4, .biases = true};
}

/// The scale beside the matrix with this index in the file; far from 1.
inline float scaleOf(std::size_t index) { return 0.3F + 0.07F * static_cast<float>(index % 11); }

/// @param type of the blocks' matrices and of the output, as a scheme: "nvfp4"
inline ScaledModel writeScaledModel(const std::string& type, const std::filesystem::path& folder) {
  using namespace core;
  const ScaledModel files{folder / (type + "-scaled.gguf"), folder / (type + "-plain.gguf")};
  const std::filesystem::path source = folder / "source.gguf";
  writeRandomModel(scaledShape(), source);
  const auto checkpoint = io::openCheckpoint(source);
  io::GgufWriter scaled{io::OutputFile(files.scaled)}, plain{io::OutputFile(files.plain)};
  for (io::GgufWriter* writer : {&scaled, &plain})
    for (const auto& entry : checkpoint->metadata().entries()) writer->addEntry(entry);

  std::vector<std::vector<std::byte>> scaledData, plainData;
  const auto add = [](io::GgufWriter& writer, std::vector<std::vector<std::byte>>& data, const std::string& name,
                      tensor::DType dtype, const tensor::Shape& shape, std::span<const std::byte> bytes) {
    writer.declareTensor(name, dtype, shape);
    data.emplace_back(bytes.begin(), bytes.end());
  };
  for (std::size_t i = 0; i < checkpoint->tensors().size(); ++i) {
    const auto view = checkpoint->view(i);
    if (view.shape.rank() != 2 || view.name == "token_embd.weight") {
      add(scaled, scaledData, view.name, view.dtype, view.shape, view.bytes);
      add(plain, plainData, view.name, view.dtype, view.shape, view.bytes);
      continue;
    }
    const auto quantized = quant::quantize(quant::Scheme::parse(type), view);
    std::vector<float> values = quant::dequantize(*quantized);
    const float scale = scaleOf(i), inputScale = 0.01F;
    for (float& value : values) value *= scale;
    const std::string base = view.name.substr(0, view.name.size() - std::string_view(".weight").size());
    add(scaled, scaledData, view.name, *quantized->dtype(), view.shape, quantized->payload);
    add(scaled, scaledData, base + ".scale", tensor::DType::F32, {1}, std::as_bytes(std::span(&scale, 1)));
    add(scaled, scaledData, base + ".input_scale", tensor::DType::F32, {1}, std::as_bytes(std::span(&inputScale, 1)));
    add(plain, plainData, view.name, tensor::DType::F32, view.shape, std::as_bytes(std::span(values)));
  }
  for (const auto& bytes : scaledData) scaled.append(bytes);
  for (const auto& bytes : plainData) plain.append(bytes);
  scaled.finish();
  plain.finish();
  return files;
}

}  // namespace support
