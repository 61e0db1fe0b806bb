#include "app/remote/ollama_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/error.h"
#include "core/io/json_tree.h"

namespace app::remote {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostParts = 10'000, kMostBytes = 4096;

/// One of the JSON files. Nothing where there is none or it is none.
std::optional<OllamaParts::Part> readPart(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  core::io::JsonTreeBuilder builder(16, "part");
  try {
    core::io::readJson(text, builder, "part", 2);
  } catch (const core::Error&) {
    return std::nullopt;
  }
  const core::io::JsonTree tree = builder.take();
  const auto offset = tree.number("Offset"), size = tree.number("Size"), completed = tree.number("Completed");
  if (!offset || !size || !completed) return std::nullopt;
  return OllamaParts::Part{*offset, *size, *completed};
}

}  // namespace

OllamaParts::OllamaParts(fs::path partial, std::uint64_t bytes) : m_partial(std::move(partial)), m_bytes(bytes) {
  std::error_code error;
  const bool isHere = fs::file_size(m_partial, error) == bytes && !error;
  while (isHere && m_parts.size() < kMostParts) {
    const auto part = readPart(fileOf(m_parts.size()));
    if (!part) break;
    m_parts.push_back(*part);
  }
  if (!isSound()) m_parts = {Part{0, bytes, 0}};
}

/// Whether the parts lie one behind the other from the first byte to the last.
bool OllamaParts::isSound() const {
  std::uint64_t end = 0;
  for (const Part& part : m_parts) {
    if (part.offset != end || part.size > m_bytes - end || part.completed > part.size) return false;
    end += part.size;
  }
  return !m_parts.empty() && end == m_bytes;
}

std::uint64_t OllamaParts::completed() const {
  std::uint64_t sum = 0;
  for (const Part& part : m_parts) sum += part.completed;
  return sum;
}

fs::path OllamaParts::fileOf(std::size_t index) const { return m_partial.string() + fmt::format("-{}", index); }

void OllamaParts::arrivedUpTo(std::size_t index, std::uint64_t position) {
  Part& part = m_parts[index];
  part.completed = position - part.offset;
  std::ofstream file(fileOf(index), std::ios::binary | std::ios::trunc);
  file << fmt::format(R"({{"N":{},"Offset":{},"Size":{},"Completed":{}}})", index, part.offset, part.size,
                      part.completed)
       << '\n';
}

void OllamaParts::remove() const {
  std::error_code ignored;
  for (std::size_t i = 0; i < kMostParts && fs::remove(fileOf(i), ignored); ++i) {
  }
}

}  // namespace app::remote
