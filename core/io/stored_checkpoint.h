#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/io/mapped_file.h"

namespace core::io {

/// What a format's parser finds out about one file; ranges have been checked against that file.
struct ParsedModel {
  FileFormat format;
  std::string name;          ///< empty when the file does not name itself
  std::string architecture;  ///< empty when unknown
  Metadata metadata;
  std::vector<TensorInfo> tensors;
  ModelKind kind = ModelKind::Model;
  std::vector<std::string> warnings = {};
  std::vector<SideFile> sideFiles = {};
};

/// Bytes of one file of a checkpoint and what keeps them alive.
struct StoredFile {
  std::filesystem::path path;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  std::shared_ptr<const MappedFile> mapping;  ///< null for bytes in memory
};
StoredFile mapFile(const std::filesystem::path& path);

/// The Checkpoint of every format: parsed tables over mapped or in-memory bytes.
class StoredCheckpoint final : public Checkpoint {
 public:
  /// @param source how sentences call the model, e.g. its quoted file name
  /// @param encodedArrays keeps alive what metadata arrays point to when it is not one of the files
  /// @throws Error (InvalidFile) when two tensors have one name or two metadata entries one key
  StoredCheckpoint(ParsedModel model, std::vector<StoredFile> files, std::string_view source,
                   std::shared_ptr<const void> encodedArrays = nullptr);

 protected:
  std::span<const std::byte> fileContents(std::uint32_t file) const override;

 private:
  void rename(std::size_t index, std::string name);

  std::vector<StoredFile> m_stored;
  std::shared_ptr<const void> m_encodedArrays;
};

/// Throws Error (InvalidFile) naming both tensors when two of them share bytes of one file.
void throwIfOverlapping(std::span<const TensorInfo> tensors, std::string_view source);

}  // namespace core::io
