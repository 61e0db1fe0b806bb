#pragma once
#include <cstdint>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/recipe/mixture_model.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// The measures of a model of the Llama architecture: enough to know every tensor it has, and so what it weighs,
/// without a file.
struct LlamaShape {
  /// Whether the output is a matrix of its own or the embedding once more.
  enum class Ends : std::uint8_t { Separate, Tied };

  std::uint32_t blocks = 0, heads = 0, keyHeads = 0;  ///< keys and values may have fewer heads than queries
  std::uint64_t headSize = 0;                         ///< values per head
  std::uint64_t width = 0, hidden = 0, vocabulary = 0;
  Ends ends = Ends::Separate;

  double endParameters() const { return static_cast<double>(width * vocabulary); }  ///< of embedding or output
  double parameters() const;
  /// What mixtures ask about it.
  core::model::MixtureModel mixtureModel() const;
  /// As a GGUF file names them, in FP16 with norms in FP32.
  std::vector<core::io::TensorInfo> tensors() const;
  /// Bytes of its weights in a GGUF file under a recipe. Tokenizer and metadata, some megabytes, are not counted.
  double bytesUnder(const core::model::Recipe& recipe) const;
};

}  // namespace app
