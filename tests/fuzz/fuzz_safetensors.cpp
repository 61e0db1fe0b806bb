#include <cstddef>
#include <cstdint>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "use_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    useCheckpoint(*core::io::parseSafetensors(std::as_bytes(std::span(data, size)), nullptr, "fuzz"));
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
