#include "core/io/system_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

void throwSystemError(std::string_view action, const std::filesystem::path& path, int error) {
  const auto code = error == ENOENT || error == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io;
  throw Error(code, fmt::format("Could not {} {}: {}.", action, inQuotes(path.string()),
                                std::generic_category().message(error)));
}

}  // namespace core::io
