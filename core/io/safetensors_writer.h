#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "core/io/model_writer.h"

namespace core::io {

/// Writes one safetensors file (layout: safetensors.h). Block types of GGUF have no name in it and are refused.
class SafetensorsWriter final : public ModelWriter {
 public:
  explicit SafetensorsWriter(OutputFile file);
  /// A text for "__metadata__". @throws Error (InvalidArgument) when not UTF-8, already there, or after the first data
  void addMetadata(std::string_view key, std::string_view value);

 protected:
  void checkTensor(const std::string& name, tensor::DType dtype, const tensor::Shape& shape) const override;
  std::vector<std::byte> header() const override;

 private:
  std::vector<std::pair<std::string, std::string>> m_metadata;
};

}  // namespace core::io
