#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/job_context.h"

namespace app::remote {

/// Whether a text is 64 lower-case hexadecimal digits (SHA-256), or 40 (git's SHA-1).
bool isSha256(std::string_view text);
bool isGitSha1(std::string_view text);

/// What a file's digest should be called in a sentence: "SHA-256" or "SHA-1".
std::string_view digestName(std::string_view expected);

/// The digest of an open file, in the way the expected one was made: SHA-256 of the bytes, or git's of a blob,
/// SHA-1("blob SIZE\0" bytes). Source: "Git Internals - Git Objects"; huggingface_hub/utils/sha.py. By libcrypto.
/// @param onBytes how many more were read
/// @throws core::Error (Io), core::Cancelled
std::string digestOf(int descriptor, std::uint64_t bytes, std::string_view expected,
                     const std::function<void(std::uint64_t)>& onBytes);

/// SHA-256 of a text.
std::string sha256Of(std::string_view text);

}  // namespace app::remote
