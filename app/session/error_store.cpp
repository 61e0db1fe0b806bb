#include "app/session/error_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/session/error_record.h"
#include "core/io/make_room.h"

namespace app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kErrorsSuffix = ".errors";
/// Some file systems tell the time of a change no finer than this.
constexpr std::chrono::seconds kClockStep{2};

std::string identityOf(const core::io::Checkpoint& checkpoint, std::string_view build) {
  std::string identity(build);
  for (const fs::path& file : checkpoint.files()) {
    const auto changed = fs::last_write_time(file).time_since_epoch().count();
    identity += fmt::format("\n{}\n{} {}", fs::canonical(file).string(), fs::file_size(file), changed);
  }
  if (checkpoint.files().empty()) identity += "\nbuilt in: " + checkpoint.name();
  for (const auto& tensor : checkpoint.tensors())
    identity += fmt::format("\n{} {} {} {} {}", tensor.name, tensor.typeName, tensor.shape.toString(), tensor.file,
                            tensor.offset);
  return identity;
}

bool looksAtData(const core::quant::Scheme& scheme) {
  return core::quant::calibrationNeed(scheme) != core::quant::CalibrationNeed::None;
}

bool changedLately(const core::io::Checkpoint& checkpoint, fs::file_time_type openedAt) {
  return std::any_of(checkpoint.files().begin(), checkpoint.files().end(),
                     [&](const fs::path& file) { return fs::last_write_time(file) + kClockStep >= openedAt; });
}

}  // namespace

std::string ErrorStore::keyOf(std::size_t tensor, const core::quant::Scheme& scheme,
                              const core::quant::Calibration* calibration, Measure what) {
  std::string key = std::to_string(tensor) + ' ' + scheme.toString();
  const bool isOfOutputs = what == Measure::Outputs;
  if (calibration != nullptr && (isOfOutputs || looksAtData(scheme))) key += '\n' + calibration->identity();
  return isOfOutputs ? key + "\noutputs" : key;
}

std::string ErrorStore::keyOf(std::size_t tensor, const core::model::OtherTensor& other,
                              const core::quant::Calibration* calibration, Measure what) {
  std::string key = std::to_string(tensor) + ' ' + other.model->toString() + '\n' + other.identity();
  if (what == Measure::Outputs) key += "\noutputs\n" + (calibration != nullptr ? calibration->identity() : "");
  return key;
}

void ErrorStore::keepIn(const fs::path& folder, const core::io::Checkpoint& checkpoint, std::string_view build,
                        fs::file_time_type openedAt) {
  const std::lock_guard lock(m_mutex);
  m_file.close();
  try {
    if (changedLately(checkpoint, openedAt)) return;
    fs::create_directories(folder);
    core::io::makeRoom(folder, kErrorsSuffix, kMostFolderBytes);
    const std::string identity = identityOf(checkpoint, build);
    const fs::path file = folder / (fmt::format("{:016x}", checksumOf(identity)) + std::string(kErrorsSuffix));
    const std::string head = fmt::format("{:016x}\n", checksumOf(identity + "head"));
    read(file, head, checkpoint);
    // What is there but of something else is written anew; so is what is too long to be read.
    const bool goesOn = m_fileBytes != 0;
    m_file.open(file, std::ios::binary | (goesOn ? std::ios::app : std::ios::trunc));
    if (!goesOn) {
      m_file << head << std::flush;
      m_fileBytes = head.size();
    }
  } catch (const std::exception&) {
    m_file.close();  // no cache, then
  }
}

// A line that was cut short, or changed, has another checksum and is left out. Records begin with a line break, so that
// one that was cut short does not spoil the next.
void ErrorStore::read(const fs::path& file, const std::string& head, const core::io::Checkpoint& checkpoint) {
  m_fileBytes = 0;
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (error || bytes > kMostFileBytes) return;
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  if (!std::getline(stream, line) || line + '\n' != head) return;
  m_fileBytes = bytes;
  while (std::getline(stream, line)) {
    const auto record = readRecord(line, checkpoint.tensors());
    if (record) m_errors.insert_or_assign(keyOf(record->tensor, record->scheme, nullptr), *record);
  }
  fs::last_write_time(file, fs::file_time_type::clock::now(), error);
}

std::optional<SchemeError> ErrorStore::find(std::size_t tensor, const core::quant::Scheme& scheme,
                                            const core::quant::Calibration* calibration, Measure what) const {
  const std::string key = keyOf(tensor, scheme, calibration, what);
  const std::lock_guard lock(m_mutex);
  const auto found = m_errors.find(key);
  return found == m_errors.end() ? std::nullopt : std::optional(found->second);
}

void ErrorStore::add(const SchemeError& error, const core::quant::Calibration* calibration, Measure what) {
  const std::string key = keyOf(error.tensor, error.scheme, calibration);
  const std::string outputsKey = keyOf(error.tensor, error.scheme, calibration, Measure::Outputs);
  const std::lock_guard lock(m_mutex);
  if (what == Measure::Outputs) m_errors.insert_or_assign(outputsKey, error);
  const bool isNew = m_errors.insert_or_assign(key, error).second;
  if (!isNew || !m_file.is_open() || looksAtData(error.scheme)) return;
  const std::string line = writeRecord(error);
  if (line.empty() || m_fileBytes + line.size() > kMostFileBytes) return;
  m_file << line << std::flush;
  m_fileBytes += line.size();
}

SchemeError ErrorStore::measure(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                                const core::quant::Scheme& scheme, const core::JobContext& job,
                                core::quant::Calibration* calibration, Measure what) {
  if (auto known = find(tensor, scheme, calibration, what)) return *std::move(known);
  SchemeError error = measureSchemeError(checkpoint, tensor, scheme, job, calibration, what);
  add(error, calibration, what);
  return error;
}

SchemeError ErrorStore::measure(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                                const core::model::TensorDecision& decision, const core::JobContext& job,
                                core::quant::Calibration* calibration, Measure what) {
  if (!decision.other) return measure(checkpoint, tensor, *decision.scheme, job, calibration, what);
  const std::string key = keyOf(tensor, *decision.other, calibration, what);
  {
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_errors.find(key); found != m_errors.end()) return found->second;
  }
  SchemeError error = measureSchemeError(checkpoint, tensor, decision, job, calibration, what);
  const std::lock_guard lock(m_mutex);
  m_errors.insert_or_assign(key, error);
  return error;
}

}  // namespace app
