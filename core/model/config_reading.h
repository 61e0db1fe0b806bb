#pragma once
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/metadata_limits.h"

namespace core::model {

/// "NAME is WHAT: it opens for inspection, but cannot chat yet."
std::string cannotChat(const io::Checkpoint& checkpoint, std::string_view what);
/// "a llama", "an opt"
std::string withArticle(std::string_view word);
/// Throws Error (Unsupported) for a key that changes the computation in a way no graph here follows.
[[noreturn]] void refuseKey(const io::Checkpoint& checkpoint, const io::MetadataEntry& entry);

/// What a format calls the hyper-parameters that all formats have.
struct ConfigKeys {
  std::string context;
  std::string width;
  std::string layers;
  std::string feedForward;
  std::string heads;
  std::string kvHeads;
  std::string headSize;
  std::string valueHeadSize;  ///< empty: as headSize
  std::string normEpsilon;
  std::string ropeBase;
};

/// What holds where a file is silent; a count without one is required.
struct ConfigDefaults {
  std::optional<std::uint32_t> context = {};
  std::optional<std::uint32_t> kvHeads = {};  ///< nothing: as many as heads
  float normEpsilon = 1e-5F;
};

/// Fills in the sizes, checked against their limits and each other.
/// @throws Error (InvalidFile) naming key and value
void readSizes(const MetadataLimits& limits, const ConfigKeys& keys, const ConfigDefaults& defaults,
               ModelConfig& config);

/// Llama 3's rule of frequencies. @throws Error (InvalidFile) naming key and value
struct Llama3Keys {
  std::string originalContext;
  std::string lowFactor;
  std::string highFactor;
};
void readLlama3Scaling(const MetadataLimits& limits, const Llama3Keys& keys, ModelConfig& config);

}  // namespace core::model
