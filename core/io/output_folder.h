#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/io/input_files.h"
#include "core/io/output_file.h"

namespace core::io {

/// A folder that appears whole or not at all. Until it is complete its files have no names where the system can hold
/// such files (Linux), so that even a killed process leaves nothing; elsewhere they lie in a hidden folder beside it. A
/// folder that exists must be empty.
class OutputFolder {
 public:
  /// @param inputs what the job reads
  /// @throws Error (Io, NotFound, InvalidArgument) with one sentence: a file, a folder that holds something, the model
  ///         itself, a place where nothing may be written; nothing has been changed then
  OutputFolder(const std::filesystem::path& target, const InputFiles& inputs);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// As the person wrote it.
  const std::filesystem::path& target() const { return m_target; }
  /// A file of it, or of a folder inside ("1_Pooling/config.json"), to be written and committed before commit(). @pre
  /// no file has this name yet
  /// @throws Error (Io)
  OutputFile file(const std::string& name);
  /// One written at once.
  void write(const std::string& name, std::span<const std::byte> bytes);
  /// Gives the folder its name, with all files. @throws Error (Io); then nothing is left of it
  void commit();

 private:
  struct Entry {
    std::string name;
    int descriptor;
  };

  void makeTemporary();
  void nameFiles();
  void makeFolderOf(const std::filesystem::path& name);
  void removeTemporary() noexcept;

  std::filesystem::path m_target, m_place;  ///< the latter: where it appears, links followed
  std::filesystem::path m_temporary;        ///< empty while the files have no names
  std::vector<Entry> m_entries;
};

}  // namespace core::io
