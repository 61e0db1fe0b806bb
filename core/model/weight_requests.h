#pragma once
#include <string>
#include <vector>

#include "core/model/architectures/architecture.h"
#include "core/model/config.h"
#include "core/model/weights.h"

namespace core::model {

/// A tensor the graph asks for: where it goes, its name in the checkpoint, and the shape the config asks for.
struct WeightRequest {
  quant::QuantizedTensorPtr* target;
  std::string name;
  tensor::Shape shape;
  bool required = true;
  float folderOffset = 0.0F;  ///< is added to what a folder holds (WeightRow::folderOffset)
  bool multiplies = true;     ///< activations, where it is a matrix: rows of an embedding are looked up
  FolderForm form = FolderForm::Same;
  bool isLogarithm = false;  ///< WeightRow::isLogarithm

  /// The tensors it is made of: one, or one for each expert.
  std::vector<std::string> names() const;
  /// The shape that the checkpoint lists each with: a matrix that it stores turned is listed as it multiplies
  /// (io::Assembly::Turned).
  tensor::Shape listedShape() const;
  /// Whether a scale may stand beside it (product_scale).
  bool takesScale() const { return shape.rank() == 2 && multiplies; }
};

/// All tensors that a graph of this config may be made of.
/// @param weights receives them: requests point into it; without an output matrix of its own, `output` is not asked for
std::vector<WeightRequest> weightRequests(const io::Checkpoint& checkpoint, const ModelConfig& config,
                                          ModelWeights& weights);

/// Whether the checkpoint holds the tensors of this config's graph, all of them and no others: one that nobody asked
/// for would be left out of the computation in silence.
/// @throws Error (Unsupported, InvalidFile) naming the tensor that is missing, of another shape, or not understood
void checkTensors(const io::Checkpoint& checkpoint, const ModelConfig& config);

}  // namespace core::model
