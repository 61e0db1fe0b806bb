#pragma once
#include <span>
#include <string_view>

#include "app/session/kv_layout.h"
#include "app/session/llama_shape.h"

namespace app {

/// The measures of a published model, as its config.json gives them.
struct KnownShape {
  std::string_view id;     ///< "llama-3.1-70b"
  std::string_view title;  ///< "Llama 3.1 70B"
  LlamaShape shape;
  std::uint32_t context = 0;       ///< tokens it was trained for
  std::uint32_t window = 0;        ///< sliding window of attention; 0: none
  std::uint32_t windowLayers = 0;  ///< blocks that have it

  KvLayout kv() const;
};

/// Smallest first.
std::span<const KnownShape> knownShapes();
/// @throws core::Error (InvalidArgument) naming those that are known
const KnownShape& knownShape(std::string_view id);
/// The one whose number of parameters is nearest, in ratio.
const KnownShape& nearestShape(double parameters);

}  // namespace app
