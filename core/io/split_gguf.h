#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/open_file.h"

namespace core::io {

/// Opens a GGUF file. One that says it is a part of a model (split.no, split.count, as gguf-split writes them) opens
/// together with the others beside it, whichever part was named.
/// @throws Error (NotFound) naming the parts that are missing, (InvalidFile) when they do not belong together
std::shared_ptr<const Checkpoint> openGguf(const std::filesystem::path& path, StoredFile file, const JobContext& job,
                                           Found found);

/// Whether the file says that it is one of several.
bool isSplit(const ParsedModel& part);

/// One model of all parts, in order: the metadata of the first, the tensors of all.
/// @param names how sentences call the parts
/// @throws Error (InvalidFile) for a part that is another one than its place says, of another split or another model,
///         or when the number of tensors is not what the parts promise
ParsedModel joinParts(std::vector<ParsedModel> parts, std::span<const std::string> names);

}  // namespace core::io
