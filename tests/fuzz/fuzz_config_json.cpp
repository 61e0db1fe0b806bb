#include <cstddef>
#include <cstdint>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "use_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    core::io::Metadata metadata;
    core::io::EncodedArrays arrays;
    core::io::readConfigJson(std::as_bytes(std::span(data, size)), metadata, arrays, "fuzz");
    useMetadata(metadata);
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
