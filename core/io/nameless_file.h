#pragma once
#include <filesystem>
#include <functional>

namespace core::io {

/// Opens a file for writing in the folder that has no name and vanishes with its last descriptor unless it gets one.
/// @return −1 where the system or the file system has no such files or could not name them later
int openNameless(const std::filesystem::path& folder, unsigned mode);

/// Gives it this name, which nothing may have yet. @return whether it did; errno says why not
bool nameFile(int descriptor, const std::filesystem::path& name);

/// Tries to make temporary names in the folder (".quantscope-1234abcd.part") until one is free.
/// @param make takes a name and returns whether it could be made, with errno set where it could not
/// @return 0, or the error (errno) for which none could be made
int tryNames(const std::filesystem::path& folder, const std::function<bool(const std::filesystem::path&)>& make);

/// The folder a file is in: "." for a bare name.
std::filesystem::path folderOf(const std::filesystem::path& target);

/// A name survives a power cut only when the folder is on disk too. Some file systems refuse; the file is whole.
void syncFolder(const std::filesystem::path& folder);

}  // namespace core::io
