#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "core/io/checkpoint.h"

namespace core::model {

enum class ImportanceData : std::uint8_t { None, Given };

/// What the mixtures ask about a model. Everything else about it is the same to them.
struct MixtureModel {
  std::string architecture;
  std::uint32_t blocks = 0;
  std::uint32_t heads = 0;
  std::uint32_t keyHeads = 0;  ///< heads that keys and values have
  std::uint32_t experts = 0;
  ImportanceData importance = ImportanceData::None;

  bool isFalcon() const { return architecture == "falcon"; }
  /// Queries that share one key; 0 when there is none.
  std::uint32_t queriesPerKey() const { return keyHeads == 0 ? 0 : heads / keyHeads; }
  /// The models that llama.cpp calls 70B, whose values are a small part of the whole.
  bool isSeventyBillion() const;
};

/// Reads them from a GGUF file's own keys or from config.json. What is not there is taken from the tensors' names or is
/// 0.
MixtureModel mixtureModelOf(const io::Metadata& metadata, const std::string& architecture, io::FileFormat format,
                            std::span<const io::TensorInfo> tensors);

}  // namespace core::model
