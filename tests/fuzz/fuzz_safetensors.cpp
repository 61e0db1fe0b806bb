#include <cstddef>
#include <cstdint>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "use_checkpoint.h"
#include "use_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto model = core::io::parseSafetensors(std::as_bytes(std::span(data, size)), nullptr, "fuzz");
    useCheckpoint(*model);
    useWeights(*model);
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
