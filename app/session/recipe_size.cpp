#include "app/session/recipe_size.h"

#include "app/session/llama_shape.h"
#include "core/quant/stored_size.h"

namespace app {

RecipeSize sizeUnder(const core::io::Checkpoint& checkpoint, const core::model::Recipe& recipe) {
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  const double weights = static_cast<double>(checkpoint.parameters());
  RecipeSize size;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& decision = plan.tensors[i];
    const auto& tensor = checkpoint.tensors()[i];
    // The scales of a packed weight go with it.
    const auto whole = tensor.pieceOf.empty() ? std::nullopt : checkpoint.find(tensor.pieceOf);
    if (whole && plan.tensors[*whole].fate() == core::model::Fate::Quantize) continue;
    if (decision.fate() == core::model::Fate::Quantize) {
      size.bytes += decision.scheme  ? core::quant::storedSize(*decision.scheme, tensor.shape).bytes()
                    : decision.other ? decision.other->bytes
                                     : decision.replacement->bytes();
      ++size.quantized;
    } else {
      size.keptBytes += tensor.bytes;
    }
  }
  size.bytes += size.keptBytes;
  if (weights > 0) size.bitsPerWeight = 8 * static_cast<double>(size.bytes) / weights;
  return size;
}

double typicalBitsPerWeight(const core::model::Recipe& recipe) {
  static constexpr LlamaShape kTypical{
      .blocks = 32, .heads = 32, .keyHeads = 32, .headSize = 128, .width = 4096, .hidden = 11008, .vocabulary = 32000};
  return 8 * kTypical.bytesUnder(recipe) / kTypical.parameters();
}

}  // namespace app
