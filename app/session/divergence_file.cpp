#include "app/session/divergence_file.h"

#include <fmt/format.h>

#include <bit>
#include <span>
#include <vector>

#include "core/base/content_hash.h"
#include "core/io/make_room.h"

namespace app {

namespace fs = std::filesystem;
using core::evaluate::BlockRatio;

namespace {

constexpr std::string_view kDivergencesSuffix = ".divergences";

/// Hash of the key, count, numerators, denominators; then the hash of all that. 64-bit words.
std::vector<std::uint64_t> encode(std::uint64_t key, const BlockRatio& divergence) {
  std::vector<std::uint64_t> words{key, divergence.blocks()};
  for (const auto* const values : {&divergence.numerators(), &divergence.denominators()})
    for (const double value : *values) words.push_back(std::bit_cast<std::uint64_t>(value));
  words.push_back(core::contentHash(std::as_bytes(std::span(words))));
  return words;
}

}  // namespace

DivergenceFile::DivergenceFile(const fs::path& folder, const std::string& identity) {
  if (folder.empty()) return;
  try {
    fs::create_directories(folder);
    core::io::makeRoom(folder, kDivergencesSuffix, kMostFolderBytes);
    const fs::path file =
        folder / (fmt::format("{:016x}", core::contentHash(identity)) + std::string(kDivergencesSuffix));
    const std::string head = fmt::format("{:016x}", core::contentHash(identity + "head"));
    read(file, head);
    // Written anew, so that nothing stands behind what an interrupted program has left there.
    m_file.open(file, std::ios::binary | std::ios::trunc);
    m_file << head;
    for (const auto& [key, divergence] : m_known) {
      const auto words = encode(key, divergence);
      m_file.write(reinterpret_cast<const char*>(words.data()),
                   static_cast<std::streamsize>(words.size() * sizeof(words[0])));
    }
    m_file << std::flush;
  } catch (const std::exception&) {
    m_file.close();  // no cache, then
  }
}

void DivergenceFile::read(const fs::path& file, const std::string& head) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (error || bytes > kMostFolderBytes || bytes < head.size()) return;
  std::ifstream stream(file, std::ios::binary);
  std::string found(head.size(), '\0');
  stream.read(found.data(), static_cast<std::streamsize>(found.size()));
  if (found != head) return;
  std::vector<std::uint64_t> words((bytes - head.size()) / sizeof(std::uint64_t));
  stream.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(words.size() * sizeof(words[0])));
  if (!stream) return;
  for (std::size_t at = 0; words.size() - at >= 3;) {
    const std::uint64_t count = words[at + 1];
    if (count > (words.size() - at - 3) / 2) return;
    const auto record = std::span(words).subspan(at, 2 + 2 * count);
    if (core::contentHash(std::as_bytes(record)) != words[at + record.size()]) return;
    BlockRatio divergence;
    for (std::size_t i = 0; i < count; ++i)
      divergence.add(std::bit_cast<double>(record[2 + i]), std::bit_cast<double>(record[2 + count + i]));
    m_known.insert_or_assign(record[0], std::move(divergence));
    at += record.size() + 1;
  }
}

std::optional<BlockRatio> DivergenceFile::find(const std::string& key) const {
  const std::lock_guard lock(m_mutex);
  const auto found = m_known.find(core::contentHash(key));
  return found == m_known.end() ? std::nullopt : std::optional(found->second);
}

void DivergenceFile::add(const std::string& key, const BlockRatio& divergence) {
  const std::lock_guard lock(m_mutex);
  const std::uint64_t hash = core::contentHash(key);
  if (!m_known.insert_or_assign(hash, divergence).second || !m_file.is_open()) return;
  const auto words = encode(hash, divergence);
  m_file.write(reinterpret_cast<const char*>(words.data()),
               static_cast<std::streamsize>(words.size() * sizeof(words[0])));
  m_file << std::flush;
}

}  // namespace app
