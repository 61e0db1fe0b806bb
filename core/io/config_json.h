#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "core/io/metadata.h"

namespace core::io {

/// Bytes that metadata arrays point to when they do not come from a mapped file. References stay valid when it grows.
using EncodedArrays = std::deque<std::vector<std::byte>>;

/// Adds a Hugging Face config.json to metadata: "hidden_size" becomes "config.hidden_size", objects become dotted keys
/// ("config.rope_scaling.factor"), lists of one kind become arrays, other lists one key per element; null is left out,
/// and so are NaN and the infinities that Python writes. What it makes of the file is bounded by the file: dotted keys
/// that would repeat long keys many times are refused.
/// @param prefix what all keys start with
/// @throws Error (InvalidFile) "SOURCE: …" for anything that is not a JSON object of at most 4 MiB
void readConfigJson(std::span<const std::byte> bytes, Metadata& metadata, EncodedArrays& arrays,
                    std::string_view source, std::string_view prefix = "config");

}  // namespace core::io
