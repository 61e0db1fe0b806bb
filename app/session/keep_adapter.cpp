#include "app/session/keep_adapter.h"

#include <fmt/format.h>

#include <array>
#include <system_error>

#include "app/session/open_files.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/output_folder.h"
#include "core/io/text_checks.h"

namespace app {

namespace fs = std::filesystem;

fs::path keepAdapter(const fs::path& adapter, const fs::path& kept) {
  constexpr std::array<const char*, 2> kNames{"adapter_config.json", "adapter_model.safetensors"};
  const std::array<core::io::MappedFile, 2> files{core::io::MappedFile(adapter / kNames[0]),
                                                  core::io::MappedFile(adapter / kNames[1])};
  std::string hashes;
  for (const auto& file : files) hashes += fmt::format("{:016x}", core::contentHash(file.contents()));
  const fs::path target = kept / fmt::format("adapter-{:016x}", core::contentHash(hashes));
  std::error_code error;
  if (fs::exists(target, error)) return target;
  fs::create_directories(kept, error);
  if (error)
    throw core::Error(core::ErrorCode::Io, fmt::format("The folder {} for adapters cannot be made: {}.",
                                                       core::io::inQuotes(kept.string()), error.message()));
  core::io::OutputFolder output(target, openFiles());
  for (std::size_t i = 0; i < files.size(); ++i) output.write(kNames[i], files[i].contents());
  output.commit();
  return target;
}

}  // namespace app
