// A stranger's importance matrix, in either form.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/io/importance_matrix.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace core::io;
  try {
    const ImportanceMatrix matrix = parseImportanceMatrix(std::as_bytes(std::span(data, size)), "\"fuzz\"");
    for (const ImportanceEntry& entry : matrix.entries) {
      // What is read can be used: whole rows of numbers, found by their name.
      if (entry.divisors.empty() || entry.sums.size() % entry.divisors.size() != 0) std::abort();
      for (const float mean : meanSquares(entry))
        if (!std::isfinite(mean) || mean < 0.0F) std::abort();
      if (matrix.find(entry.name) == nullptr) std::abort();
    }
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
