#pragma once
#include "core/model/config.h"
#include "core/model/metadata_limits.h"

namespace core::model {

/// Fills in the rotary part of a config; its head sizes must be known.
/// A factor without a type means linear scaling, and its older name is rope.scale_linear (llama.cpp).
/// @throws Error (InvalidFile) naming the key. Types of scaling that RopeScaling does not have count as none: who calls
///         has refused them
void readRope(const MetadataLimits& limits, const io::Metadata& metadata, ModelConfig& config);

/// Whether RopeScaling has it: "none", "linear", "llama3".
bool isKnownScaling(std::string_view type);

}  // namespace core::model
