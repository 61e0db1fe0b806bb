#include <cstddef>
#include <cstdint>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "use_checkpoint.h"

namespace {

/// Weights that are assembled from several tensors of a stranger.
void useAssembled(const core::io::Checkpoint& model) {
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (model.tensors()[i].assembly == core::io::Assembly::None) continue;
    const auto weight = core::quant::loadTensor(model, i);
    if (core::quant::dequantize(*weight).size() != weight->shape.count()) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto model = core::io::parseSafetensors(std::as_bytes(std::span(data, size)), nullptr, "fuzz");
    useCheckpoint(*model);
    useAssembled(*model);
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
