#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/io/config_json.h"
#include "core/io/safetensors.h"
#include "core/io/stored_checkpoint.h"
#include "file_bytes.h"

/// A safetensors file put together tensor by tensor; data is zeros unless given.
class SafetensorsBuilder {
 public:
  /// @param bytes for types this table does not know the size of
  SafetensorsBuilder& add(const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                          std::uint64_t bytes = 0) {
    if (bytes == 0) {
      bytes = elementBytes(dtype);
      for (const std::uint64_t extent : shape) bytes *= extent;
    }
    return data(name, dtype, shape, std::string(bytes, '\0'));
  }
  SafetensorsBuilder& text(const std::string& name, const std::string& contents) {
    return data(name, "U8", {contents.size()}, contents);
  }
  SafetensorsBuilder& data(const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                           const std::string& contents) {
    std::string extents;
    for (const std::uint64_t extent : shape) extents += (extents.empty() ? "" : ",") + std::to_string(extent);
    m_header += (m_header.empty() ? "\"" : ",\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + extents +
                "],\"data_offsets\":[" + std::to_string(m_data.size()) + ",";
    m_data += contents;
    m_header += std::to_string(m_data.size()) + "]}";
    return *this;
  }
  /// The config.json's quantization_config.
  SafetensorsBuilder& config(const std::string& quantization) {
    m_config = "{\"quantization_config\":" + quantization + "}";
    return *this;
  }

  FileBytes file() const { return FileBytes::safetensors("{" + m_header + "}").raw(m_data); }
  std::shared_ptr<const core::io::Checkpoint> open() const {
    const FileBytes built = file();
    const ExactBytes bytes(built.bytes());
    core::io::ParsedModel model = core::io::readSafetensors(bytes.span, "\"built\"");
    auto arrays = std::make_shared<core::io::EncodedArrays>();
    if (!m_config.empty()) {
      core::io::readConfigJson(std::as_bytes(std::span(m_config)), model.metadata, *arrays, "config.json");
    }
    std::vector<core::io::StoredFile> files = {{"built", bytes.span, bytes.owner, nullptr}};
    return std::make_shared<const core::io::StoredCheckpoint>(std::move(model), std::move(files), "\"built\"", arrays);
  }

 private:
  static std::uint64_t elementBytes(const std::string& dtype) {
    const auto known = core::tensor::fromSafetensors(dtype);
    return known ? core::tensor::info(*known).blockBytes : 1;
  }

  std::string m_header, m_data, m_config;
};
