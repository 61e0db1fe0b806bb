#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "core/io/checkpoint.h"
#include "core/io/input_files.h"

namespace app {

/// Remembers that the program has this model open, for as long as somebody keeps it.
/// @param place what it was opened by: one of its files, an index, a manifest
void rememberOpen(const std::shared_ptr<const core::io::Checkpoint>& checkpoint, const std::filesystem::path& place);

/// Remembers a file that something is made with, until the program ends. @param what it is: "the calibration text"
void rememberRead(const std::filesystem::path& file, const std::string& what);

/// The files of every model that is open, and what was remembered: what no export, transcript or report may be written
/// to. Thread-safe.
core::io::InputFiles openFiles();

/// Those and the files of `source`, whoever opened it.
core::io::InputFiles inputsOf(const core::io::Checkpoint& source);

}  // namespace app
