#include "core/io/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/system_error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

namespace fs = std::filesystem;
using Sink = std::variant<AtomicFile, BufferedDescriptor>;

constexpr int kMostLinks = 40;
constexpr mode_t kAnyWriter = 0222;

[[noreturn]] void refuseFile(const fs::path& target, std::string_view reason,
                             ErrorCode code = ErrorCode::InvalidArgument) {
  throw Error(code, fmt::format("Could not write {}: {}.", inQuotes(target.string()), reason));
}

/// The descriptor that a name stands for: "-", /dev/stdout, /dev/fd/N.
std::optional<int> descriptorNamed(const fs::path& target) {
  const std::string& text = target.native();
  if (text == "-" || text == "/dev/stdout") return STDOUT_FILENO;
  if (text == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!text.starts_with(folder)) continue;
    int number = -1;
    const auto [end, error] = std::from_chars(text.data() + folder.size(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  }
  return std::nullopt;
}

void refuseInput(const fs::path& target, const struct stat& status, const InputFiles& inputs) {
  if (const auto what = inputs.find(status.st_dev, status.st_ino))
    refuseFile(target, fmt::format("it is {}, which is being read; choose another name", *what));
}

Sink openDescriptor(const fs::path& target, int number, const InputFiles& inputs) {
  const int descriptor = ::fcntl(number, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) throwSystemError("write", target, errno);
  BufferedDescriptor file(descriptor, target);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throwSystemError("write", target, errno);
  refuseInput(target, status, inputs);
  if ((::fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY)
    refuseFile(target, "it is not open for writing", ErrorCode::Io);
  if (::isatty(descriptor) == 1) refuseFile(target, "it is a terminal; send it to a file or into a pipe");
  return file;
}

/// A pipe or character device, opened as it is. A pipe waits here for its reader.
Sink openStream(const fs::path& target) {
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) throwSystemError("write", target, errno);
  BufferedDescriptor file(descriptor, target);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throwSystemError("write", target, errno);
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) refuseFile(target, "it changed while it was opened");
  return file;
}

/// Where a chain of links ends whose last one points at nothing.
fs::path endOfLinks(fs::path path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(path, error); ++links) {
    if (links == kMostLinks) throwSystemError("write", path, ELOOP);
    const fs::path next = fs::read_symlink(path, error);
    if (error) throwSystemError("write", path, error.value());
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

Sink openExisting(const fs::path& target, const struct stat& status, const InputFiles& inputs) {
  refuseInput(target, status, inputs);
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) return openStream(target);
  if (S_ISDIR(status.st_mode)) refuseFile(target, "it is a folder", ErrorCode::Io);
  if (!S_ISREG(status.st_mode)) refuseFile(target, "it is a disk or a socket", ErrorCode::Io);
  // The superuser may write everything; that a file says otherwise still counts.
  const bool isWritable = ::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) == 0;
  if (!isWritable || (status.st_mode & kAnyWriter) == 0) refuseFile(target, "it is read-only", ErrorCode::Io);
  std::error_code error;
  const fs::path file = fs::canonical(target, error);
  struct stat same {};
  const bool isFound = !error && ::stat(file.c_str(), &same) == 0;
  if (!isFound || same.st_dev != status.st_dev || same.st_ino != status.st_ino)
    refuseFile(target, "the file it leads to has no name any more", ErrorCode::Io);
  return AtomicFile(file);
}

Sink open(const fs::path& target, const InputFiles& inputs) {
  if (target.empty()) refuseFile(target, "the name is empty");
  if (const auto number = descriptorNamed(target)) return openDescriptor(target, *number, inputs);
  struct stat status {};
  if (::stat(target.c_str(), &status) == 0) return openExisting(target, status, inputs);
  if (errno != ENOENT) throwSystemError("write", target, errno);
  if (target.filename().empty()) refuseFile(target, "a name that ends in a slash is a folder's", ErrorCode::Io);
  return AtomicFile(endOfLinks(target));
}

}  // namespace

OutputFile::OutputFile(const fs::path& target, const InputFiles& inputs)
    : m_target(target), m_sink(open(target, inputs)) {}

void OutputFile::write(std::span<const std::byte> bytes) {
  std::visit([bytes](auto& sink) { sink.write(bytes); }, m_sink);
}

void OutputFile::flush() {
  std::visit([](auto& sink) { sink.flush(); }, m_sink);
}

void OutputFile::commit() { commitAll({this, 1}); }

void OutputFile::commitAll(std::span<OutputFile> files) {
  std::vector<AtomicFile*> named;
  for (OutputFile& output : files) {
    if (auto* const file = std::get_if<AtomicFile>(&output.m_sink))
      named.push_back(file);
    else
      std::get<BufferedDescriptor>(output.m_sink).close();
  }
  AtomicFile::commitAll(named);
}

bool OutputFile::isStandardOutput(const fs::path& target) { return descriptorNamed(target) == STDOUT_FILENO; }

void writeFile(const fs::path& target, const InputFiles& inputs, std::span<const std::byte> bytes) {
  OutputFile file(target, inputs);
  file.write(bytes);
  file.commit();
}

}  // namespace core::io
