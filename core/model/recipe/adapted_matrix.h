#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "core/model/head_rows.h"
#include "core/model/recipe/adapter.h"
#include "core/model/recipe/adapter_factors.h"
#include "core/quant/quantized_tensor.h"

namespace core::model {

struct TensorDecision;

/// What an adapter makes of one of the open model's matrices: W + percent/100 · scale · B·A, in the model's order of
/// rows. Either merged: it is stored as W is where W is FP32, FP16 or BF16, else as FP16. Or beside it: the product of
/// the factors is added while the model runs, and W is whatever a recipe makes of it; what both are together, wherever
/// that is looked at, is FP32.
struct AdaptedMatrix {
  std::shared_ptr<const Adapter> adapter;
  std::size_t pair = 0;  ///< of the adapter
  std::shared_ptr<const io::Checkpoint> base;
  std::size_t tensor = 0;      ///< in the base's table
  MatrixOrder order;           ///< of its rows and columns, where the adapter is of the other format
  bool isAdapterGguf = false;  ///< whose order the adapter's have, where it is
  std::shared_ptr<const TensorDecision> beside = nullptr;  ///< what a recipe makes of W; null: merged

  const io::TensorInfo& info() const { return base->tensors()[tensor]; }  ///< of W
  tensor::DType type() const;
  std::uint64_t bytes() const;        ///< of the merged matrix
  std::uint64_t factorBytes() const;  ///< of the two factors, as they are stored
};

/// Finds the open model's matrix for every pair of factors: by name or, between GGUF and Hugging Face files of an
/// architecture that runs, by the name it has there.
/// @throws Error (Unsupported) with one sentence where a matrix is not there or has another shape, or where the
/// adapter is for another architecture
std::vector<std::shared_ptr<const AdaptedMatrix>> fitAdapter(const Adapter& adapter, const io::Checkpoint& open);

/// Makes the merged one, under the name of W. @throws Error as quant::loadTensor, and (InvalidArgument) for sums beyond
/// its type
quant::QuantizedTensorPtr mergeAdapter(const AdaptedMatrix& matrix);
/// What both are together where W is now this. @param made of W  @throws as the other
quant::QuantizedTensorPtr mergeAdapter(const AdaptedMatrix& matrix, const quant::QuantizedTensor& made);
/// The factors as they are added while the model runs: B's rows in the model's order.
/// @throws Error as quant::loadTensor
AdapterFactors factorsOf(const AdaptedMatrix& matrix);

/// One value of the merged one, without the others. @param flatIndex row-major
float adaptedValue(const AdaptedMatrix& matrix, std::uint64_t flatIndex);

}  // namespace core::model
