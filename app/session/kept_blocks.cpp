#include "app/session/kept_blocks.h"

#include <cstring>
#include <span>

#include "app/session/cache_folder.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/byte_reader.h"
#include "core/io/make_room.h"
#include "core/io/mapped_file.h"
#include "core/io/metadata_encoding.h"
#include "core/io/output_file.h"

namespace app {

namespace fs = std::filesystem;
using core::evaluate::BlockStatistics;
using core::evaluate::WorstPosition;
using core::io::appendBytes;
using core::io::appendNumber;
using core::io::ByteReader;

namespace {

constexpr std::string_view kBlocksSuffix = ".blocks";

void append(std::vector<std::byte>& bytes, const WorstPosition& position) {
  for (const std::uint32_t place : {position.block, position.passage, position.position}) appendNumber(bytes, place);
  for (const core::text::TokenId token : {position.token, position.referenceTop.token, position.comparedTop.token})
    appendNumber(bytes, token);
  for (const double value :
       {position.kl, position.inReference, position.inCompared, position.referenceTop.inReference,
        position.referenceTop.inCompared, position.comparedTop.inReference, position.comparedTop.inCompared})
    appendNumber(bytes, value);
}

void append(std::vector<std::byte>& bytes, const BlockStatistics& block) {
  for (const double sum : {block.nllReference, block.nllCompared, block.kl, block.deltaP, block.deltaP2, block.seconds,
                           block.secondsOfReference})
    appendNumber(bytes, sum);
  for (const std::uint64_t count : {block.sameTop, block.answers, block.rightInReference, block.turnedWrong,
                                    block.turnedRight, block.tokensRead, block.passages, block.tokens()})
    appendNumber(bytes, count);
  appendBytes(bytes, std::as_bytes(std::span(block.klOfTokens)));
  appendBytes(bytes, std::as_bytes(std::span(block.deltaPOfTokens)));
  const auto worst = block.worst.sorted();
  appendNumber(bytes, static_cast<std::uint64_t>(worst.size()));
  for (const WorstPosition& position : worst) append(bytes, position);
}

WorstPosition readPosition(ByteReader& reader) {
  WorstPosition position;
  for (std::uint32_t* const place : {&position.block, &position.passage, &position.position})
    *place = reader.read<std::uint32_t>("a place");
  for (core::text::TokenId* const token : {&position.token, &position.referenceTop.token, &position.comparedTop.token})
    *token = reader.read<core::text::TokenId>("a token");
  for (double* const value :
       {&position.kl, &position.inReference, &position.inCompared, &position.referenceTop.inReference,
        &position.referenceTop.inCompared, &position.comparedTop.inReference, &position.comparedTop.inCompared})
    *value = reader.read<double>("a probability");
  return position;
}

BlockStatistics readBlock(ByteReader& reader) {
  BlockStatistics block;
  for (double* const sum : {&block.nllReference, &block.nllCompared, &block.kl, &block.deltaP, &block.deltaP2,
                            &block.seconds, &block.secondsOfReference})
    *sum = reader.read<double>("a sum");
  std::uint64_t tokens = 0;
  for (std::uint64_t* const count : {&block.sameTop, &block.answers, &block.rightInReference, &block.turnedWrong,
                                     &block.turnedRight, &block.tokensRead, &block.passages, &tokens})
    *count = reader.read<std::uint64_t>("a count");
  if (tokens > reader.remaining() / (2 * sizeof(float))) reader.fail("too few tokens");
  for (std::vector<float>* const values : {&block.klOfTokens, &block.deltaPOfTokens}) {
    const auto bytes = reader.take(tokens * sizeof(float), "values");
    values->resize(tokens);
    if (tokens != 0) std::memcpy(values->data(), bytes.data(), bytes.size());
  }
  const auto worst = reader.read<std::uint64_t>("a count");
  if (worst > core::evaluate::WorstPositions::kMost) reader.fail("too many positions");
  for (std::uint64_t i = 0; i < worst; ++i) block.worst.add(readPosition(reader));
  return block;
}

}  // namespace

KeptBlocks::KeptBlocks(const fs::path& folder, std::string identity, std::uint32_t blocks)
    : m_file(cacheFile(folder, identity, kBlocksSuffix)), m_identity(std::move(identity)), m_blocks(blocks) {
  try {
    if (!m_file.empty()) read();
  } catch (const std::exception&) {
    m_blocks.assign(blocks, std::nullopt);  // damaged: as good as none
    setDevices({}, {});
  }
}

void KeptBlocks::add(std::uint32_t index, BlockStatistics block) {
  m_blocks[index] = std::move(block);
  m_hasNews = true;
}

// The hash of the identity, both devices, pairs of index and block, the hash of all that.
std::vector<std::byte> KeptBlocks::encode() const {
  std::vector<std::byte> bytes;
  appendNumber(bytes, core::contentHash(m_identity + "head"));
  core::io::appendString(bytes, m_device);
  core::io::appendString(bytes, m_referenceDevice);
  for (std::uint32_t index = 0; index < m_blocks.size(); ++index) {
    if (!m_blocks[index]) continue;
    appendNumber(bytes, index);
    append(bytes, *m_blocks[index]);
  }
  appendNumber(bytes, core::contentHash(bytes));
  return bytes;
}

void KeptBlocks::read() {
  std::error_code error;
  if (!fs::is_regular_file(m_file, error)) return;
  const core::io::MappedFile file(m_file);
  file.throwIfShortened();
  auto bytes = file.contents();
  if (bytes.size() < sizeof(std::uint64_t)) return;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + bytes.size() - sizeof(checksum), sizeof(checksum));
  bytes = bytes.first(bytes.size() - sizeof(checksum));
  if (core::contentHash(bytes) != checksum) return;
  ByteReader reader(bytes, "blocks");
  if (reader.read<std::uint64_t>("an identity") != core::contentHash(m_identity + "head")) return;
  m_device = reader.string("a name");
  m_referenceDevice = reader.string("a name");
  while (reader.remaining() != 0) {
    const auto index = reader.read<std::uint32_t>("an index");
    if (index >= m_blocks.size()) reader.fail("no such block");
    m_blocks[index] = readBlock(reader);
  }
  fs::last_write_time(m_file, fs::file_time_type::clock::now(), error);
}

void KeptBlocks::keep() noexcept {
  if (m_file.empty() || !m_hasNews) return;
  try {
    fs::create_directories(m_file.parent_path());
    core::io::makeRoom(m_file.parent_path(), kBlocksSuffix, kMostFolderBytes);
    core::io::writeFile(m_file, core::io::InputFiles(), encode());
    m_hasNews = false;
  } catch (const std::exception&) {
    m_file.clear();  // no cache, then
  }
}

}  // namespace app
