#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace core::tensor {

/// A tensor somewhere in memory (usually in a mapped file): no copy of its bytes.
/// `bytes.size()` equals storageBytes(dtype, shape) unless `unreadable` says why the bytes are no weights: such a
/// tensor can be listed and copied; whoever wants its values is refused with that reason (core/quant). `owner` keeps
/// the memory alive; views are cheap to copy and safe to read from any thread. Bytes need not be aligned.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  /// Empty, or a clause: "it holds 4-bit codes …", "its type i2_s of BitNet cannot be decoded".
  std::string unreadable = {};
};

}  // namespace core::tensor
