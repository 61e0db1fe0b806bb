#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/quant/code_book.h"
#include "core/quant/column_changes.h"
#include "core/quant/elements.h"
#include "core/quant/input_quantizer.h"
#include "core/quant/scheme.h"
#include "core/quant/uniform.h"
#include "core/tensor/tensor_view.h"

namespace core::quant {

/// How the payload is laid out: one alternative per layout, each with its own decodeRows, sideBytes and shader.
using Layout = std::variant<Elements, Uniform, CodeBook, LearnedCodeBooks>;

/// A tensor as some format stores it: the one currency of quantizing, measuring, running and drawing.
/// Immutable after construction; shared between panes, executors and views by shared_ptr<const>.
struct QuantizedTensor {
  QuantizedTensor() = default;
  /// The tensor as it is stored (zero copy): Elements over the view's own bytes; no scheme made it. Implicit, so that
  /// whatever takes a tensor takes a stored one.
  /// @throws Error (Unsupported) when its bytes are no weights (TensorView::unreadable) or their dtype has no decoder,
  ///         (InvalidArgument) when the bytes do not fit the shape
  QuantizedTensor(const tensor::TensorView& stored);  // NOLINT(google-explicit-constructor)

  std::string name;              ///< of the source tensor
  std::optional<Scheme> scheme;  ///< what it is, made here or elsewhere; nothing where no text says it
  tensor::Shape shape;           ///< row-major [out, in]
  Layout layout;
  std::span<const std::byte> payload;            ///< codes, into `owner`
  std::shared_ptr<const void> owner;             ///< mapped file or own buffer
  std::shared_ptr<const ColumnChanges> changes;  ///< null: the stored columns are the weight's own
  float factor = 1.0F;                           ///< of every value, beside what the layout and the changes say
  std::optional<InputQuantizer> input;           ///< what becomes of what it is multiplied with; nothing: it stays

  std::uint64_t rows() const { return shape.rows(); }
  std::uint64_t rowValues() const { return shape.rowValues(); }
  /// The layout if it is this one, else null.
  template <class Alternative>
  const Alternative* as() const {
    return std::get_if<Alternative>(&layout);
  }
  /// The dtype of Elements; nothing for codes.
  std::optional<tensor::DType> dtype() const;
  /// What products with it run in.
  ComputeType compute() const { return scheme ? scheme->compute : ComputeType::Fp32; }
  /// Everything needed to decode it: payload + scales + zero-points + side data as they would be stored.
  std::uint64_t bytes() const;
  /// 8 · bytes / values.
  double bitsPerWeight() const;
};

using QuantizedTensorPtr = std::shared_ptr<const QuantizedTensor>;

}  // namespace core::quant
