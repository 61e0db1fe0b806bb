#include "app/session/demo_model.h"

#include <array>
#include <string>
#include <system_error>

#include "core/base/error.h"

namespace app {

namespace fs = std::filesystem;

namespace {

/// @param what for the sentence: "model"
fs::path builtInFile(const std::string& file, const std::string& what) {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  const std::array<fs::path, 2> places = {
      executable.parent_path().parent_path() / "share" / "quantscope" / "models" / file,
      fs::path(QS_MODELS_DIR) / file,
  };
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place, error)) return place;
  }
  throw core::Error(core::ErrorCode::NotFound, "The built-in " + what + " " + file + " was found neither at " +
                                                   places[0].string() + " nor at " + places[1].string() + ".");
}

}  // namespace

fs::path builtInModelPath(std::string_view name) { return builtInFile(std::string(name) + ".gguf", "model"); }

fs::path builtInTextPath(std::string_view file) { return builtInFile(std::string(file), "text"); }

}  // namespace app
