#pragma once
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/io/packed_tensor.h"

namespace core::io {

/// What codes are, for people ("GPTQ INT4 · 128"), the shape of the weights they stand for, and whether all pieces are
/// there and fit each other: then they can be assembled (quant::loadTensor).
struct PackedLayout {
  std::string typeName;
  tensor::Shape shape;
  Assembly assembly = Assembly::None;
  std::string problem = {};  ///< a clause why they are not assembled; empty: nobody can yet
};

/// One function per way to store codes: what these codes are, or nothing when they are of another kind. Whatever they
/// say can be assembled has been checked to the last size, type and index.
/// Sources: the saved files and loaders of bitsandbytes, AutoGPTQ, GPTQModel, AutoAWQ, compressed-tensors, transformers
/// (FP8, gpt-oss, BitNet), ModelOpt, HQQ, MLX, ExLlama and optimum-quanto.
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

// What these functions share.

/// Codes of `bits` bits in the tensor's bytes.
std::uint64_t codeCount(const TensorInfo& tensor, std::uint64_t bits);
/// 1 … 8, else 4.
std::uint64_t validBits(std::optional<std::uint64_t> bits);
/// The wanted shape when as many codes lie there, give or take the padding of a row; else all codes in one row. What
/// names, configs and side tensors claim is no better than the bytes.
tensor::Shape checkedShape(const TensorInfo& codes, std::uint64_t bits, tensor::Shape wanted);
/// extents[axis] × factor, or nothing that fits any bytes.
tensor::Shape widened(const tensor::Shape& stored, std::size_t axis, std::uint64_t factor);
/// The values of all words of an axis: extent × 32 / bits.
std::uint64_t unpackedExtent(std::uint64_t words, std::uint64_t bits);
/// "GPTQ INT4, packed": codes that are listed, not assembled.
PackedLayout packed(std::string_view family, std::uint64_t bits, tensor::Shape shape);

/// The listed layout, or what `check` makes of it when it finds that all pieces fit; its refusal becomes the problem.
/// @param check fills a layout in, or throws Error
template <class Check>
PackedLayout assembledOr(PackedLayout listed, const Check& check) {
  try {
    PackedLayout assembled = listed;
    check(assembled);
    return assembled;
  } catch (const Error& error) {
    listed.problem = error.what();
    return listed;
  }
}

}  // namespace core::io
