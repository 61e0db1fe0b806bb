#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace support {

/// The shape of a Llama model with random weights. The defaults make a small model in which nothing is round:
/// no width is a multiple of a kernel's tile, keys are shared by three heads, and the output is its own matrix.
struct RandomModel {
  std::uint32_t vocabulary = 131;
  std::uint32_t contextLength = 128;
  std::uint32_t width = 96;
  std::uint32_t layers = 2;
  std::uint32_t feedForward = 160;
  std::uint32_t heads = 6;
  std::uint32_t kvHeads = 2;
  std::uint32_t headSize = 16;
  std::uint32_t valueHeadSize = 16;
  std::uint32_t ropeDimensions = 0;  ///< 0: the head size
  float ropeBase = 10000.0F;
  std::string matrixType = "f32";     ///< of the blocks' matrices: a GGUF type in lower case, e.g. "bf16", "q6_k"
  std::string embeddingType = "f32";  ///< of the embedding and the output matrix
  bool tiedOutput = false;
  bool biases = false;            ///< on queries, keys, values and the attention output
  bool frequencyFactors = false;  ///< rope_freqs.weight, as Llama 3 has
  std::uint64_t seed = 1;
  std::vector<std::string> extraTensors = {};   ///< names of float32 vectors [width] that no graph asks for
  std::vector<std::string> absentTensors = {};  ///< names of tensors that are left out
  bool llama3Scaling = false;                   ///< of rotary frequencies, as keys of the metadata
};

/// Writes such a model as a GGUF file without a tokenizer. The same options give the same bytes everywhere.
/// Block types get random codes under random scales of a size that keeps activations near 1.
/// Types: f32 f16 bf16 q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k iq4_nl iq4_xs.
/// Throws std::runtime_error for another type, or a row that is not a whole number of blocks.
void writeRandomModel(const RandomModel& model, const std::filesystem::path& path);

}  // namespace support
