#include "core/model/kv_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/checked_math.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/byte_reader.h"
#include "core/io/metadata_encoding.h"

namespace core::model {

using io::appendNumber;
using io::appendString;

namespace {

constexpr std::string_view kSnapshotMark = "QSPROMPT";
constexpr std::uint32_t kSnapshotVersion = 1;
constexpr std::uint64_t kSnapshotBlock = 4 << 20;
constexpr std::uint64_t kHashBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kLeastSnapshotBytes = 6 * sizeof(std::uint64_t);  // of what has neither traits nor tokens

/// Rows of so many bytes that share a checksum.
std::uint64_t rowsOfBlock(std::uint64_t rowBytes) {
  return std::max<std::uint64_t>(1, kSnapshotBlock / std::max<std::uint64_t>(rowBytes, 1));
}

/// What a part takes in the file.
std::optional<std::uint64_t> partBytes(std::uint64_t rowBytes, std::uint64_t rows) {
  const std::uint64_t perBlock = rowsOfBlock(rowBytes);
  const auto hashes = checkedMul(rows / perBlock + (rows % perBlock == 0 ? 0 : 1), kHashBytes);
  const auto data = checkedMul(rowBytes, rows);
  return hashes && data ? checkedAdd(*data, *hashes) : std::nullopt;
}

/// What rows and states take in the file.
std::optional<std::uint64_t> dataBytes(const KvCache::Layout& layout, std::uint64_t rows, std::uint64_t states) {
  std::optional<std::uint64_t> sum = 0;
  const auto add = [&sum](const std::optional<std::uint64_t>& bytes) {
    sum = sum && bytes ? checkedAdd(*sum, *bytes) : std::nullopt;
  };
  for (const std::uint64_t bytes : layout.rowBytes) add(partBytes(bytes, rows));
  for (const std::uint64_t bytes : layout.stateBytes) {
    const auto each = checkedAdd(bytes, kHashBytes);
    add(each ? checkedMul(*each, states) : std::nullopt);
  }
  return sum;
}

std::vector<KvTrait> withType(std::vector<KvTrait> traits, KvType type) {
  traits.push_back({"type of keys and values", nameOf(type)});
  return traits;
}

std::uint64_t readCount(io::ByteReader& reader, std::uint64_t leastBytes, std::string_view what) {
  const auto count = reader.read<std::uint64_t>(what);
  if (count > reader.remaining() / leastBytes) reader.fail(fmt::format("{} is larger than the file", what));
  return count;
}

void writeWithHash(io::OutputFile& output, std::span<const std::byte> bytes) {
  const std::uint64_t hash = contentHash(bytes);
  output.write(bytes);
  output.write(std::as_bytes(std::span(&hash, 1)));
}

}  // namespace

KvSnapshot::KvSnapshot(const std::filesystem::path& file)
    : m_file(file), m_source(fmt::format("The prompt cache \"{}\"", file.string())) {
  m_file.throwIfShortened();
  readHead(m_file.contents());
}

void KvSnapshot::readHead(std::span<const std::byte> bytes) {
  io::ByteReader reader(bytes, m_source);
  if (bytes.size() < kSnapshotMark.size() + kLeastSnapshotBytes ||
      std::memcmp(reader.take(kSnapshotMark.size(), "a mark").data(), kSnapshotMark.data(), kSnapshotMark.size()) != 0)
    throw Error(ErrorCode::InvalidFile, m_source + " is no prompt cache of Quantscope.");
  if (const auto version = reader.read<std::uint32_t>("the version"); version != kSnapshotVersion)
    throw Error(ErrorCode::InvalidFile, fmt::format("{} has version {}, but this program reads version {}.", m_source,
                                                    version, kSnapshotVersion));
  const auto traits = readCount(reader, 2 * sizeof(std::uint64_t), "the number of traits");
  for (std::uint64_t i = 0; i < traits; ++i) {
    KvTrait& trait = m_traits.emplace_back();
    trait.what = reader.string("a trait");
    trait.value = reader.string("a trait");
  }
  const auto tokens = readCount(reader, sizeof(TokenId), "the number of tokens");
  const auto ids = reader.take(tokens * sizeof(TokenId), "tokens");
  m_tokens.resize(tokens);
  if (tokens != 0) std::memcpy(m_tokens.data(), ids.data(), ids.size());
  for (std::vector<std::uint64_t>* const sizes : {&m_layout.rowBytes, &m_layout.stateBytes}) {
    const auto count = readCount(reader, sizeof(std::uint64_t), "the number of parts");
    for (std::uint64_t i = 0; i < count; ++i) sizes->push_back(reader.read<std::uint64_t>("a size"));
  }
  const auto states = reader.read<std::uint64_t>("the number of states");
  if (states > StateSlots::kSlots) reader.fail("too many states");
  for (std::size_t slot = 0; slot < states; ++slot) {
    const auto position = reader.read<std::uint32_t>("a position");
    const bool isOfOne = reader.read<std::uint8_t>("a flag") != 0;
    const auto isThis = [position](const StateSlots::Kept& other) { return other.position == position; };
    if (position == 0 || position > tokens || std::ranges::any_of(m_states, isThis))
      reader.fail("a state of no position of its own");
    m_states.push_back({position, isOfOne, slot});
  }
  const std::uint64_t head = reader.position();
  if (reader.read<std::uint64_t>("a checksum") != contentHash(bytes.first(head))) reader.fail("the head is damaged");
  m_rows = reader.position();
  if (dataBytes(m_layout, tokens, states) != reader.remaining())
    reader.fail("the file does not have the size that it should have");
  m_stateData = m_rows;
  for (const std::uint64_t size : m_layout.rowBytes) m_stateData += *partBytes(size, tokens);
}

std::optional<std::string> KvSnapshot::whyNot(const std::vector<KvTrait>& traits, const KvCache& cache) const {
  const std::vector<KvTrait> wanted = withType(traits, cache.type());
  const auto [found, missing] = std::ranges::mismatch(m_traits, wanted);
  if (found != m_traits.end() && missing != wanted.end() && found->what == missing->what)
    return fmt::format("{} was made with another {}.", m_source, found->what);
  if (m_traits != wanted || m_layout != cache.layout())
    return m_source + " is of a KV cache that is laid out in another way.";
  return std::nullopt;
}

// Bytes whose hash stands behind them.
std::span<const std::byte> KvSnapshot::checked(std::uint64_t at, std::uint64_t bytes) const {
  const auto data = m_file.contents().subspan(at, bytes);
  std::uint64_t hash = 0;
  std::memcpy(&hash, m_file.contents().data() + at + bytes, sizeof(hash));
  if (contentHash(data) != hash)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} is damaged within {} bytes from byte {} on.", m_source, bytes, at));
  return data;
}

std::uint32_t KvSnapshot::restore(KvCache& cache, std::span<const TokenId> tokens, const JobContext& job) const {
  m_file.throwIfShortened();
  const std::uint32_t had = cache.keepCommon(tokens);
  const auto same = static_cast<std::uint64_t>(std::ranges::mismatch(m_tokens, tokens).in1 - m_tokens.begin());
  auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(same, cache.capacity()));
  std::vector<StateSlots::Kept> states;
  if (cache.hasStates()) {
    std::uint32_t last = 0;
    for (const StateSlots::Kept& state : m_states) {
      if (state.position > end) continue;
      states.push_back(state);
      last = std::max(last, state.position);
    }
    end = last;
  }
  if (end <= had) return 0;
  // All that may be damaged is looked at before states, of which a cache has no room for others, are replaced.
  const auto eachState = [&](const auto& visit) {
    std::uint64_t at = m_stateData;
    for (std::size_t state = 0; state < m_layout.stateBytes.size(); ++state) {
      for (const StateSlots::Kept& kept : m_states) {
        if (kept.position <= end) visit(state, kept.slot, checked(at, m_layout.stateBytes[state]));
        at += m_layout.stateBytes[state] + kHashBytes;
      }
    }
  };
  eachState([](std::size_t, std::size_t, std::span<const std::byte>) {});
  restoreRows(cache, had, end, job);
  eachState([&cache](std::size_t state, std::size_t slot, std::span<const std::byte> bytes) {
    cache.writeState(state, slot, bytes);
  });
  cache.adopt({m_tokens.begin(), m_tokens.begin() + end}, states);
  return end - had;
}

// Behind the end of what the cache has: until it is moved nobody reads there.
void KvSnapshot::restoreRows(KvCache& cache, std::uint32_t first, std::uint32_t end, const JobContext& job) const {
  std::uint64_t at = m_rows;
  for (std::size_t part = 0; part < m_layout.rowBytes.size(); ++part) {
    const std::uint64_t rowBytes = m_layout.rowBytes[part], perBlock = rowsOfBlock(rowBytes);
    std::uint64_t block = at;
    for (std::uint64_t row = 0; row < end; row += perBlock) {
      const std::uint64_t rows = std::min<std::uint64_t>(perBlock, m_tokens.size() - row);
      if (row + rows > first) {
        job.throwIfCancelled();
        const auto bytes = checked(block, rows * rowBytes);
        const std::uint64_t from = std::max<std::uint64_t>(row, first), to = std::min<std::uint64_t>(row + rows, end);
        cache.writeRows(part, static_cast<std::uint32_t>(from),
                        bytes.subspan((from - row) * rowBytes, (to - from) * rowBytes));
      }
      block += rows * rowBytes + kHashBytes;
    }
    at += *partBytes(rowBytes, m_tokens.size());
  }
}

std::uint64_t KvSnapshot::plannedBytes(const KvCache& cache) {
  return dataBytes(cache.layout(), cache.length(), cache.keptStates().size()).value_or(UINT64_MAX);
}

void KvSnapshot::write(const KvCache& cache, std::vector<KvTrait> traits, io::OutputFile& output,
                       const JobContext& job) {
  const KvCache::Layout layout = cache.layout();
  const auto states = cache.keptStates();
  const auto tokens = cache.tokens();
  std::vector<std::byte> head;
  io::appendBytes(head, std::as_bytes(std::span(kSnapshotMark)));
  appendNumber(head, kSnapshotVersion);
  traits = withType(std::move(traits), cache.type());
  appendNumber<std::uint64_t>(head, traits.size());
  for (const KvTrait& trait : traits) appendString(head, trait.what), appendString(head, trait.value);
  appendNumber<std::uint64_t>(head, tokens.size());
  io::appendBytes(head, std::as_bytes(tokens));
  for (const std::vector<std::uint64_t>* const sizes : {&layout.rowBytes, &layout.stateBytes}) {
    appendNumber<std::uint64_t>(head, sizes->size());
    io::appendBytes(head, std::as_bytes(std::span(*sizes)));
  }
  appendNumber<std::uint64_t>(head, states.size());
  for (const StateSlots::Kept& state : states) {
    appendNumber(head, state.position);
    appendNumber<std::uint8_t>(head, state.isOfOne ? 1 : 0);
  }
  writeWithHash(output, head);
  std::vector<std::byte> bytes;
  for (std::size_t part = 0; part < layout.rowBytes.size(); ++part) {
    const std::uint64_t perBlock = rowsOfBlock(layout.rowBytes[part]);
    for (std::uint64_t row = 0; row < tokens.size(); row += perBlock) {
      job.throwIfCancelled();
      bytes.resize(std::min<std::uint64_t>(perBlock, tokens.size() - row) * layout.rowBytes[part]);
      cache.readRows(part, static_cast<std::uint32_t>(row), bytes);
      writeWithHash(output, bytes);
    }
  }
  for (std::size_t state = 0; state < layout.stateBytes.size(); ++state) {
    bytes.resize(layout.stateBytes[state]);
    for (const StateSlots::Kept& kept : states) {
      cache.readState(state, kept.slot, bytes);
      writeWithHash(output, bytes);
    }
  }
}

}  // namespace core::model
