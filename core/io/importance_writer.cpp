#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/importance_matrix.h"
#include "core/io/metadata_encoding.h"

namespace core::io {

namespace {

std::int32_t countOf(std::size_t count) {
  if (count <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    return static_cast<std::int32_t>(count);
  throw Error(ErrorCode::InvalidArgument, "An importance matrix of the older form cannot count so far.");
}

void appendText(std::vector<std::byte>& bytes, std::string_view text) {
  appendNumber(bytes, countOf(text.size()));
  appendBytes(bytes, std::as_bytes(std::span(text)));
}

}  // namespace

void writeImportanceGguf(const ImportanceMatrix& matrix, OutputFile file) {
  GgufWriter writer(std::move(file));
  writer.addString("general.type", "imatrix");
  writer.addStrings("imatrix.datasets", matrix.datasets);
  writer.addU32("imatrix.chunk_count", matrix.chunkCount);
  writer.addU32("imatrix.chunk_size", matrix.chunkSize);
  for (const ImportanceEntry& entry : matrix.entries) {
    const std::uint64_t rows = entry.divisors.size();
    writer.declareTensor(entry.name + ".in_sum2", tensor::DType::F32, {rows, entry.sums.size() / rows});
    writer.declareTensor(entry.name + ".counts", tensor::DType::F32, {rows, 1});
  }
  for (const ImportanceEntry& entry : matrix.entries) {
    writer.append(std::as_bytes(std::span(entry.sums)));
    writer.append(std::as_bytes(std::span(entry.divisors)));
  }
  writer.finish();
}

void writeImportanceDat(const ImportanceMatrix& matrix, OutputFile file) {
  std::vector<std::byte> bytes;
  appendNumber(bytes, countOf(matrix.entries.size()));
  const auto chunk = static_cast<float>(std::max(matrix.chunkSize, 1U));
  for (const ImportanceEntry& entry : matrix.entries) {
    appendText(bytes, entry.name);
    const float most = *std::ranges::max_element(entry.divisors);
    const float calls = std::ceil(most / chunk);  // so that no token makes no call
    appendNumber(bytes, countOf(static_cast<std::size_t>(calls)));
    appendNumber(bytes, countOf(entry.sums.size()));
    for (const float mean : meanSquares(entry)) appendNumber(bytes, mean * calls);
  }
  appendNumber(bytes, static_cast<std::int32_t>(matrix.chunkCount));
  appendText(bytes, matrix.datasets.empty() ? std::string_view() : std::string_view(matrix.datasets.back()));
  file.write(bytes);
  file.commit();
}

}  // namespace core::io
