#pragma once
#include <cstdint>
#include <optional>

#include "core/io/checkpoint.h"
#include "core/model/generation.h"

namespace core::model {

/// How a model's makers let it generate: generation_config.json of a Hugging Face folder, the keys general.sampling.*
/// of a GGUF file. What they are silent about is empty.
struct GenerationDefaults {
  std::optional<bool> doSample;  ///< false: greedy, whatever the rest says
  std::optional<float> temperature, topP, minP, repetitionPenalty;
  std::optional<std::uint32_t> topK, maxNewTokens;

  bool isEmpty() const { return *this == GenerationDefaults(); }
  /// Options with what is said here in place; a model whose doSample is false is greedy (temperature 0).
  GenerationOptions applied(GenerationOptions options) const;
  bool operator==(const GenerationDefaults&) const = default;
};

/// @throws Error (InvalidFile) naming a key whose value is of another kind or out of the range of SamplingOptions
GenerationDefaults generationDefaultsOf(const io::Checkpoint& checkpoint);

}  // namespace core::model
