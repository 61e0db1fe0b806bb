#include "core/metrics/code_counts.h"

#include <cassert>
#include <cstring>

#include "core/base/parallel_chunks.h"
#include "core/numeric/codec.h"
#include "core/quant/element_format.h"

namespace core::metrics {

namespace {

// A piece keeps a core busy for about a millisecond.
constexpr std::uint64_t kBytesPerChunk = 1U << 21;
/// Bytes of an element that has few enough codes to count each.
constexpr std::uint32_t kWidest = 2;

/// The counts of one thread. Neighbouring values go to different tables: weights often repeat a code, and an increment
/// would wait for the store of the one before it.
class ThreadCounts {
 public:
  explicit ThreadCounts(std::uint32_t bits)
      : m_codes(std::size_t{1} << bits), m_tables(kTables * m_codes), m_totals(m_codes) {}

  void add16(const std::byte* bytes, std::size_t count) {
    makeRoom(count);
    std::uint32_t* even = m_tables.data();
    std::uint32_t* odd = even + m_codes;
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
      const std::uint64_t a = load(bytes + 2 * i);
      const std::uint64_t b = load(bytes + 2 * i + 8);
      ++even[a & 0xffffU];
      ++odd[(a >> 16) & 0xffffU];
      ++even[(a >> 32) & 0xffffU];
      ++odd[a >> 48];
      ++even[b & 0xffffU];
      ++odd[(b >> 16) & 0xffffU];
      ++even[(b >> 32) & 0xffffU];
      ++odd[b >> 48];
    }
    for (; i < count; ++i) {
      std::uint16_t code = 0;
      std::memcpy(&code, bytes + 2 * i, sizeof(code));
      ++even[code];
    }
  }

  void add8(const std::byte* bytes, std::size_t count) {
    makeRoom(count);
    std::uint32_t* even = m_tables.data();
    std::uint32_t* odd = even + m_codes;
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
      std::uint64_t codes = load(bytes + i);
      for (int pair = 0; pair < 4; ++pair, codes >>= 16) {
        ++even[codes & 0xffU];
        ++odd[(codes >> 8) & 0xffU];
      }
    }
    for (; i < count; ++i) ++even[static_cast<std::uint8_t>(bytes[i])];
  }

  void addTo(std::vector<std::uint64_t>& counts) {
    flush();
    for (std::size_t code = 0; code < m_codes; ++code) counts[code] += m_totals[code];
  }

 private:
  static constexpr std::size_t kTables = 2;

  static std::uint64_t load(const std::byte* bytes) {
    std::uint64_t codes = 0;
    std::memcpy(&codes, bytes, sizeof(codes));
    return codes;
  }

  /// 32-bit counters keep the tables small enough for the cache; they are emptied before one could overflow.
  void makeRoom(std::size_t count) {
    if (m_pending + count > UINT32_MAX) flush();
    m_pending += count;
  }

  void flush() {
    for (std::size_t code = 0; code < m_codes; ++code)
      m_totals[code] += std::uint64_t{m_tables[code]} + m_tables[m_codes + code];
    std::fill(m_tables.begin(), m_tables.end(), 0U);
    m_pending = 0;
  }

  std::size_t m_codes;
  std::vector<std::uint32_t> m_tables;
  std::vector<std::uint64_t> m_totals;
  std::uint64_t m_pending = 0;
};

std::vector<double> valuesOf(tensor::DType dtype) {
  if (const auto format = quant::elementFormat(dtype)) return numeric::enumerate(numeric::numberFormat(*format));
  std::vector<double> values(dtype == tensor::DType::Bool ? 256 : 65536);
  for (std::size_t code = 0; code < values.size(); ++code) {
    if (dtype == tensor::DType::Bool) values[code] = code == 0 ? 0.0 : 1.0;
    if (dtype == tensor::DType::U16) values[code] = static_cast<double>(code);
    if (dtype == tensor::DType::I16)
      values[code] = static_cast<double>(static_cast<std::int16_t>(static_cast<std::uint16_t>(code)));
  }
  return values;
}

}  // namespace

bool isCountable(const quant::QuantizedTensor& tensor) {
  using tensor::DType;
  if (!tensor.dtype() || tensor.changes != nullptr || tensor.factor != 1.0F) return false;
  const DType dtype = *tensor.dtype();
  if (dtype == DType::I16 || dtype == DType::U16 || dtype == DType::Bool) return true;
  return quant::elementFormat(dtype) && tensor::info(dtype).blockBytes <= kWidest;
}

CodeCounts countCodes(const quant::QuantizedTensor& tensor, const JobContext& job) {
  assert(isCountable(tensor));
  const std::uint32_t elementBytes = tensor::info(*tensor.dtype()).blockBytes;
  const std::byte* bytes = tensor.payload.data();
  PerThread<ThreadCounts> threads(ThreadCounts(8 * elementBytes));
  const std::uint64_t values = tensor.payload.size() / elementBytes;
  forEachChunk(values, kBytesPerChunk / elementBytes, job, "Reading values",
               [&](std::uint64_t first, std::uint64_t count) {
                 ThreadCounts& counts = threads.local();
                 if (elementBytes == 2)
                   counts.add16(bytes + 2 * first, count);
                 else
                   counts.add8(bytes + first, count);
               });
  CodeCounts result{valuesOf(*tensor.dtype()), std::vector<std::uint64_t>(std::size_t{1} << (8 * elementBytes))};
  threads.forEach([&](ThreadCounts& counts) { counts.addTo(result.counts); });
  return result;
}

}  // namespace core::metrics
