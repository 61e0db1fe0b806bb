#include "core/io/importance_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/io/byte_reader.h"
#include "core/io/gguf.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kSums = ".in_sum2", kCounts = ".counts";
constexpr std::string_view kWhat = "an importance matrix";
/// The smallest entry of a .dat file: two lengths, a letter, the calls, a value.
constexpr std::uint64_t kMinMatrixEntryBytes = 4 + 1 + 4 + 4 + 4;
constexpr float kMostTokens = 0x1p53F;  // more than anybody counts, and whole numbers of 64 bits hold it

std::vector<float> floatsOf(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

[[noreturn]] void refuse(std::string_view source, const std::string& detail, const std::string& where) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", source, detail), where);
}

void checkSums(const ImportanceEntry& entry, std::string_view source) {
  const auto bad = std::ranges::find_if(entry.sums, [](float value) { return !std::isfinite(value) || value < 0.0F; });
  if (bad == entry.sums.end()) return;
  refuse(source,
         fmt::format("the sums of squares of {} should be finite and not negative, but the one of column {} is {}",
                     inQuotes(entry.name), bad - entry.sums.begin(), *bad),
         entry.name);
}

void sortEntries(ImportanceMatrix& matrix, std::string_view source) {
  std::ranges::sort(matrix.entries, {}, &ImportanceEntry::name);
  const auto twice = std::ranges::adjacent_find(matrix.entries, {}, &ImportanceEntry::name);
  if (twice != matrix.entries.end())
    refuse(source, fmt::format("the weight {} occurs twice", inQuotes(twice->name)), twice->name);
}

// GGUF

/// The two tensors of a weight, where they lie in the table.
struct Pair {
  const TensorInfo* sums = nullptr;
  const TensorInfo* counts = nullptr;
};

std::span<const std::byte> contents(std::span<const std::byte> file, const TensorInfo& tensor) {
  return file.subspan(tensor.offset, tensor.bytes);  // the parser has checked the range
}

ImportanceEntry entryOf(const std::string& name, const Pair& pair, std::span<const std::byte> file,
                        std::string_view source) {
  if (pair.sums == nullptr || pair.counts == nullptr) {
    const std::string sums = name + std::string(kSums), counts = name + std::string(kCounts);
    const bool hasSums = pair.sums != nullptr;
    refuse(source,
           fmt::format("the tensor {} has no {} beside it", inQuotes(hasSums ? sums : counts),
                       inQuotes(hasSums ? counts : sums)),
           name);
  }
  for (const TensorInfo* tensor : {pair.sums, pair.counts}) {
    if (tensor->dtype == tensor::DType::F32) continue;
    refuse(source, fmt::format("the tensor {} of {} should hold F32", inQuotes(tensor->name), kWhat), tensor->name);
  }
  ImportanceEntry entry{name, floatsOf(contents(file, *pair.sums)), floatsOf(contents(file, *pair.counts))};
  if (entry.sums.empty() || pair.sums->shape.rows() != entry.divisors.size())
    refuse(source,
           fmt::format("{} has sums of shape {} but {} counts: expected one count per row", inQuotes(name),
                       pair.sums->shape.toString(), entry.divisors.size()),
           name);
  checkSums(entry, source);
  for (float& count : entry.divisors) {
    if (!(count >= 0.0F && count <= kMostTokens))
      refuse(source, fmt::format("a count of {} should be from 0 to 2^53, but is {}", inQuotes(name), count), name);
    count = std::round(count);
  }
  return entry;
}

std::uint32_t countAt(const ParsedModel& model, std::string_view key, std::string_view source) {
  const auto value = model.metadata.unsignedInteger(key);
  if (value.value_or(0) > std::numeric_limits<std::uint32_t>::max())
    refuse(source, fmt::format("{} is {}, too large for a count", inQuotes(key), *value), std::string(key));
  return static_cast<std::uint32_t>(value.value_or(0));
}

ImportanceMatrix parseGgufForm(std::span<const std::byte> bytes, std::string_view source) {
  const ParsedModel model = readGguf(bytes, source);
  std::map<std::string, Pair, std::less<>> pairs;
  for (const TensorInfo& tensor : model.tensors) {
    const std::string_view name = tensor.name;
    const bool isSum = name.ends_with(kSums);
    if (!isSum && !name.ends_with(kCounts)) continue;
    Pair& pair = pairs[std::string(name.substr(0, name.size() - (isSum ? kSums : kCounts).size()))];
    const TensorInfo*& place = isSum ? pair.sums : pair.counts;
    if (place != nullptr) refuse(source, fmt::format("two tensors are called {}", inQuotes(name)), tensor.name);
    place = &tensor;
  }
  if (pairs.empty())
    throw Error(ErrorCode::Unsupported,
                fmt::format("{}: expected {} but found a GGUF file without tensors NAME{}.", source, kWhat, kSums));
  ImportanceMatrix matrix;
  matrix.chunkCount = countAt(model, "imatrix.chunk_count", source);
  matrix.chunkSize = countAt(model, "imatrix.chunk_size", source);
  if (const MetadataArray* const names = model.metadata.array("imatrix.datasets"))
    for (const std::string& name : names->strings()) matrix.datasets.push_back(escapeInvalidUtf8(name));
  for (const auto& [name, pair] : pairs) matrix.entries.push_back(entryOf(name, pair, bytes, source));
  return matrix;
}

// .dat

/// A length that this many bytes or things of some bytes each must follow.
std::uint64_t readLength(ByteReader& reader, const std::string& what, std::uint64_t bytesEach, std::int32_t least) {
  const std::uint64_t start = reader.position();
  const auto length = reader.read<std::int32_t>(what);
  const bool fits = length >= least && static_cast<std::uint64_t>(length) <= reader.remaining() / bytesEach;
  if (!fits)
    reader.fail(fmt::format("{} is {}, which cannot be with {} bytes left", what, length, reader.remaining()), start);
  return static_cast<std::uint64_t>(length);
}

std::string readText(ByteReader& reader, const std::string& what, std::uint64_t length) {
  const auto bytes = reader.take(length, what);
  return escapeInvalidUtf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

ImportanceEntry readEntry(ByteReader& reader, std::string_view source) {
  ImportanceEntry entry;
  entry.name = readText(reader, "a weight's name", readLength(reader, "the length of a weight's name", 1, 1));
  const std::string of = " of " + inQuotes(entry.name);
  const auto calls = reader.read<std::int32_t>("the calls" + of);
  entry.divisors = {static_cast<float>(std::max(calls, 1))};  // without calls the values are taken as they are
  const std::uint64_t values = readLength(reader, "the count of values" + of, sizeof(float), 1);
  entry.sums = floatsOf(reader.take(values * sizeof(float), "the values" + of));
  checkSums(entry, source);
  return entry;
}

ImportanceMatrix parseDatForm(std::span<const std::byte> bytes, std::string_view source) {
  throwIfForeign(bytes, source, kWhat);
  ByteReader reader(bytes, source);
  ImportanceMatrix matrix;
  const std::uint64_t entries =
      readLength(reader, "the count of an importance matrix's weights", kMinMatrixEntryBytes, 1);
  for (std::uint64_t i = 0; i < entries; ++i) matrix.entries.push_back(readEntry(reader, source));
  if (reader.remaining() != 0) {
    matrix.chunkCount = static_cast<std::uint32_t>(std::max(reader.read<std::int32_t>("the count of chunks"), 0));
    if (reader.remaining() != 0) {
      const std::string what = "the length of the text's name";
      std::string name = readText(reader, "the text's name", readLength(reader, what, 1, 0));
      if (!name.empty()) matrix.datasets.push_back(std::move(name));
    }
    if (reader.remaining() != 0)
      reader.fail(fmt::format("expected the end of {} but found {} more bytes", kWhat, reader.remaining()));
  }
  sortEntries(matrix, source);
  return matrix;
}

}  // namespace

const ImportanceEntry* ImportanceMatrix::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(entries, name, std::less<>(), &ImportanceEntry::name);
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

std::vector<float> meanSquares(const ImportanceEntry& entry) {
  std::vector<float> means = entry.sums;
  const std::size_t columns = means.size() / entry.divisors.size();
  for (std::size_t i = 0; i < means.size(); ++i) {
    const float divisor = entry.divisors[i / columns];
    means[i] = divisor > 0.0F ? means[i] / divisor : 1.0F;
  }
  return means;
}

ImportanceMatrix parseImportanceMatrix(std::span<const std::byte> bytes, std::string_view source) {
  return looksLikeGguf(bytes) ? parseGgufForm(bytes, source) : parseDatForm(bytes, source);
}

ImportanceMatrix readImportanceMatrix(const std::filesystem::path& path) {
  const MappedFile file(path);
  file.throwIfShortened();
  return parseImportanceMatrix(file.contents(), inQuotes(path.filename().string()));
}

}  // namespace core::io
