#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::io {

/// A tensor that may hold codes, and what lies beside it in the same checkpoint.
class PackedTensor {
 public:
  using Index = std::unordered_map<std::string_view, std::size_t>;
  using BytesOf = std::function<std::span<const std::byte>(const TensorInfo&)>;

  PackedTensor(const TensorInfo& codes, std::string_view base, std::span<const TensorInfo> tensors, const Index& index,
               const Metadata& metadata, const BytesOf& bytesOf)
      : m_codes(codes), m_base(base), m_tensors(tensors), m_index(index), m_metadata(metadata), m_bytesOf(bytesOf) {}

  const TensorInfo& codes() const { return m_codes; }
  /// The tensor called like this one, with another ending; null when there is none.
  const TensorInfo* beside(std::string_view ending) const;
  /// The bytes of a tensor beside it, empty when there is none.
  std::span<const std::byte> bytes(std::string_view ending) const;
  /// The values of a small integer tensor beside it; empty when there is none or it is of another kind.
  std::vector<std::uint64_t> integers(std::string_view ending) const;
  /// A number or text of the config's quantization section ("bits"), where it has one of the right kind.
  std::optional<std::uint64_t> configNumber(std::string_view key) const;
  std::string configText(std::string_view key) const;

 private:
  const TensorInfo& m_codes;
  std::string m_base;  ///< the name without the ending that marks codes
  std::span<const TensorInfo> m_tensors;
  const Index& m_index;
  const Metadata& m_metadata;
  const BytesOf& m_bytesOf;
};

/// What codes are: "NF4, packed", and the shape of the weights they stand for.
struct PackedLayout {
  std::string typeName;
  tensor::Shape shape;
  Assembly assembly = Assembly::None;  ///< set when all pieces are there and fit each other
};

/// What bitsandbytes keeps in NAME.quant_state.bitsandbytes__nf4 (or __fp4): UTF-8 JSON.
struct Bitsandbytes4State {
  tensor::Shape shape;                           ///< of the weight; no axes when it is not stated
  std::uint64_t blockSize = 0;                   ///< values per absmax; 0 when not stated
  std::optional<std::uint64_t> nestedBlockSize;  ///< absmax codes per nested absmax: double quantization
  double nestedOffset = 0.0;
};
/// @throws Error (InvalidFile) when it is no JSON object
Bitsandbytes4State parseBitsandbytes4State(std::span<const std::byte> json);

/// One function per way to store codes: what these codes are, or nothing when they are of another kind.
/// Sources: the saved files and loaders of bitsandbytes, AutoGPTQ, AutoAWQ, compressed-tensors, transformers (FP8,
/// gpt-oss, BitNet), ModelOpt, HQQ, MLX, ExLlama and optimum-quanto.
std::optional<PackedLayout> bitsandbytes4(const PackedTensor& tensor);
std::optional<PackedLayout> bitsandbytes8(const PackedTensor& tensor);
std::optional<PackedLayout> gptqOrAwq(const PackedTensor& tensor);
std::optional<PackedLayout> compressedTensors(const PackedTensor& tensor);
std::optional<PackedLayout> scaledWeight(const PackedTensor& tensor);
std::optional<PackedLayout> scaledExperts(const PackedTensor& tensor);
std::optional<PackedLayout> mxfp4Blocks(const PackedTensor& tensor);
std::optional<PackedLayout> hqq(const PackedTensor& tensor);
std::optional<PackedLayout> mlx(const PackedTensor& tensor);
std::optional<PackedLayout> exllama2(const PackedTensor& tensor);
std::optional<PackedLayout> exllama3(const PackedTensor& tensor);
std::optional<PackedLayout> quanto(const PackedTensor& tensor);
std::optional<PackedLayout> aqlm(const PackedTensor& tensor);

}  // namespace core::io
