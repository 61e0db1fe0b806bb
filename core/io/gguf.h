#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/io/stored_checkpoint.h"

namespace core::io {

/// GGUF, the file format of llama.cpp and ggml (source: "GGUF" in the documentation of ggml).
/// Layout, all little-endian:
///   "GGUF", u32 version (2 or 3), u64 tensor count, u64 metadata count
///   metadata: string key, u32 type, value; string = u64 length + UTF-8; array = u32 type, u64 count, elements
///   tensors:  string name, u32 dimensions (1…4; others are listed as unreadable), u64 extents innermost first, u32
///   ggml type, u64 offset padding to general.alignment (default 32), then the data section that tensor offsets count
///   from
/// Metadata arrays stay encoded in `bytes`; nothing the file claims is allocated before the bytes for it were seen.

bool looksLikeGguf(std::span<const std::byte> bytes);

/// @param bytes the whole file  @param source how sentences call it, e.g. the quoted file name
/// @throws Error (InvalidFile, Unsupported) saying what was expected, what was found and at which byte or tensor
ParsedModel readGguf(std::span<const std::byte> bytes, std::string_view source);

/// A checkpoint over bytes in memory, kept alive by `owner`.
std::shared_ptr<const Checkpoint> parseGguf(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                            const std::string& name);

}  // namespace core::io
