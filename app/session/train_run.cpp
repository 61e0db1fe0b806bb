#include "app/session/train_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <vector>

#include "app/session/run_folder.h"
#include "app/session/train_json.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"

namespace app {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kVersion = 1;                                     // of run.json; a greater one is of a newer program
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20U;  // of what is told; a step takes a hundred

Json readJson(const fs::path& path) {
  const core::io::MappedFile file(path);
  const auto bytes = file.contents();
  if (bytes.size() > kMostBytes)
    throw core::Error(core::ErrorCode::InvalidFile, fmt::format("{} has {} bytes, more than a training run writes.",
                                                                core::io::inQuotes(path.string()), bytes.size()));
  return Json::parse(reinterpret_cast<const char*>(bytes.data()),
                     reinterpret_cast<const char*>(bytes.data()) + bytes.size());
}

void write(const fs::path& path, const Json& json) {
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
  core::io::writeFile(path, {}, std::as_bytes(std::span(text)));
}

[[noreturn]] void refuse(const fs::path& folder, core::ErrorCode code, const char* why) {
  throw core::Error(code, fmt::format("What {} says of its training run cannot be read: {}.",
                                      core::io::inQuotes(folder.string()), why));
}

}  // namespace

const TrainSettings& KeptRun::common() const {
  return std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, settings);
}

std::uint64_t KeptRun::stepsDone() const { return history.steps.empty() ? 0 : history.steps.back().step; }

fs::path RunFolder::settingsFile() const { return m_path / "run.json"; }
fs::path RunFolder::historyFile() const { return m_path / "history.json"; }
fs::path RunFolder::checkpoint() const { return m_path / "checkpoint.safetensors"; }

fs::path RunFolder::result(std::string_view kind, std::uint64_t steps) const {
  fs::path path = m_path / fmt::format("{}{}", kind, steps);
  std::error_code error;
  for (int again = 2; fs::exists(path, error) || fs::exists(path.string() + ".gguf", error); ++again)
    path = m_path / fmt::format("{}{}-{}", kind, steps, again);
  return path;
}

void RunFolder::begin(const KeptRun& run) const {
  std::error_code error;
  fs::create_directories(m_path, error);
  if (error)
    throw core::Error(core::ErrorCode::Io, fmt::format("The folder {} for a training run cannot be made: {}.",
                                                       core::io::inQuotes(m_path.string()), error.message()));
  Json json = {{"version", kVersion}, {"model", run.source}, {"model_hash", run.modelHash}};
  json.update(labJson(run.settings));
  write(settingsFile(), json);
}

void RunFolder::keep(const TrainHistory& history) const { write(historyFile(), trainHistoryJson(history)); }

bool isRun(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(RunFolder(folder).settingsFile(), error);
}

KeptRun readRun(const fs::path& folder) {
  const RunFolder files(folder);
  if (!isRun(folder))
    throw core::Error(core::ErrorCode::NotFound,
                      fmt::format("There is no training run in {}.", core::io::inQuotes(folder.string())));
  try {
    const Json json = readJson(files.settingsFile());
    if (json.is_object() && json.value("version", kVersion) > kVersion)
      refuse(folder, core::ErrorCode::Unsupported, "a newer version of this program made it");
    KeptRun run{json.at("model"), json.at("model_hash"), labOf(json), {}};
    std::error_code error;
    if (fs::is_regular_file(files.historyFile(), error)) run.history = trainHistoryOf(readJson(files.historyFile()));
    return run;
  } catch (const Json::exception&) {
    refuse(folder, core::ErrorCode::InvalidFile, "it is damaged");
  } catch (const core::Error& error) {
    if (error.code() != core::ErrorCode::InvalidFile) throw;
    refuse(folder, core::ErrorCode::InvalidFile, "it is damaged");
  }
}

void removeRun(const fs::path& folder) {
  if (!isRun(folder)) return;
  const RunFolder files(folder);
  std::error_code error;
  std::vector<fs::path> results;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (std::ranges::any_of(RunFolder::kResults, [name = entry.path().filename().string()](std::string_view kind) {
          return name.starts_with(kind);
        }))
      results.push_back(entry.path());
  for (const fs::path& result : results) fs::remove_all(result, error);
  for (const fs::path& file : {files.historyFile(), files.checkpoint(), files.settingsFile()}) fs::remove(file, error);
  fs::remove(folder, error);  // where nothing else is in it
}

std::string runName(const std::string& modelHash, const LabSettings& settings) {
  const std::string text = modelHash + labJson(settings).dump(-1, ' ', false, Json::error_handler_t::replace);
  return fmt::format("{}-{:016x}", std::holds_alternative<QatLabSettings>(settings) ? "qat" : "qlora",
                     core::contentHash(std::as_bytes(std::span(text))));
}

}  // namespace app
