#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace core::io {

/// What a file is that people or an index take for a model: a web page, a Git LFS pointer, a pickle, an archive …
struct ForeignFile {
  std::string description;  ///< "a web page; the download went wrong", to follow "found"
  ErrorCode code;           ///< Unsupported for valid files of other kinds, InvalidFile for what is no file at all
};

/// Recognises the contents; nothing for models this program opens and for what nobody knows.
/// @param bytes the whole file: only its beginning is looked at, and the ends of archives
std::optional<ForeignFile> recognizeForeign(std::span<const std::byte> bytes);

/// Throws Error "SOURCE: expected EXPECTED but found …." when the contents are recognised; every reader calls it before
/// it complains about a first byte.
void throwIfForeign(std::span<const std::byte> bytes, std::string_view source, std::string_view expected);

}  // namespace core::io
