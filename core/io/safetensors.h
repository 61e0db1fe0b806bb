#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/io/stored_checkpoint.h"

namespace core::io {

/// safetensors, the file format of Hugging Face (source: the format section of its README).
/// Layout: u64 little-endian header length N (≤ 100,000,000), N bytes of JSON (may end in spaces), then the data.
/// JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …, "__metadata__": {"key": "text"}}
/// Offsets count from the end of the header; the tensors must cover the data without overlap or hole.

/// The entry of the header that is no tensor.
inline constexpr std::string_view kMetadataKey = "__metadata__";

bool looksLikeSafetensors(std::span<const std::byte> bytes);

/// @param bytes the whole file  @param source how sentences call it, e.g. the quoted file name
/// @throws Error (InvalidFile, Unsupported) saying what was expected, what was found and for which tensor or byte
ParsedModel readSafetensors(std::span<const std::byte> bytes, std::string_view source);

/// A checkpoint over bytes in memory, kept alive by `owner`.
std::shared_ptr<const Checkpoint> parseSafetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                   const std::string& name);

}  // namespace core::io
