#pragma once
#include <cstdint>
#include <string_view>
#include <variant>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_keys.h"

namespace core::model {

class ConfigWriter;

/// How files write what a ModelConfig has in another form.
enum class ConfigForm : std::uint8_t {
  AsIs,
  Factor,         ///< 0 stands for 1
  Divisor,        ///< its reciprocal; 0 stands for 1
  InverseSquare,  ///< of a factor x: 1 / x²
  ShareOfHead     ///< of a count of elements: their share of headSize, rounded down to an even count
};

/// One hyper-parameter of an architecture beside those that all have (SizeNames): its two names and where a ModelConfig
/// has it. Files are read and written by it.
struct ConfigRow {
  std::string_view gguf, folder;  ///< behind the prefix; empty: files of that format do not say it
  std::variant<std::uint32_t ModelConfig::*, float ModelConfig::*> field;
  float least, most;                         ///< of what a file says
  float ggufDefault = 0, folderDefault = 0;  ///< what holds where a file is silent, as a file would say it
  ConfigForm form = ConfigForm::AsIs;

  std::string_view name(io::FileFormat format) const { return format == io::FileFormat::Gguf ? gguf : folder; }
};

/// Fills in what the rows of the config's architecture name.
/// @throws Error (InvalidFile) naming key, value and range
void readRows(const ConfigKeys& keys, io::FileFormat format, ModelConfig& config);
/// Says it in the words of a format.
void writeRows(const ModelConfig& config, io::FileFormat format, ConfigWriter& writer);
/// Whether a row of the architecture, or one of its own readers, follows a key. @param name behind the prefix
bool isFollowedBy(const Architecture& architecture, io::FileFormat format, std::string_view name);

}  // namespace core::model
