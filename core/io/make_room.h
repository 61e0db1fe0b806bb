#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace core::io {

/// Removes the files of a cache folder that were written longest ago, until the rest are no more than `mostBytes`.
/// @param suffix of the names that count: ".errors"  @throws std::filesystem::filesystem_error
void makeRoom(const std::filesystem::path& folder, std::string_view suffix, std::uint64_t mostBytes);

}  // namespace core::io
