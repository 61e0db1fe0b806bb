#include "app/workspaces/bits/code_order.h"

#include <algorithm>

namespace app {

using core::numeric::FormatKind;

CodeOrder::CodeOrder(const core::numeric::NumberFormat& format, const core::numeric::CodeScale& scale)
    : m_format(format), m_scale(scale) {
  switch (format.kind) {
    case FormatKind::Float:
      m_magnitudes = format.maxFiniteCode() - format.minPositiveCode() + 1;
      m_count = 2 * m_magnitudes + 1;
      break;
    case FormatKind::PowerOfTwo:
      m_count = format.maxFiniteCode() + 1;
      break;
    case FormatKind::CodeBook:
      for (std::uint64_t code = 0; code < format.codeBook.size(); ++code) m_byValue.push_back(code);
      std::stable_sort(m_byValue.begin(), m_byValue.end(),
                       [&](std::uint64_t a, std::uint64_t b) { return format.codeBook[a] < format.codeBook[b]; });
      m_byValue.erase(
          std::unique(m_byValue.begin(), m_byValue.end(),
                      [&](std::uint64_t a, std::uint64_t b) { return !(format.codeBook[a] < format.codeBook[b]); }),
          m_byValue.end());
      m_count = m_byValue.size();
      break;
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      m_count = format.codeMask() + 1;
      break;
  }
}

std::uint64_t CodeOrder::magnitudeAt(std::uint64_t place) const {
  const std::uint64_t steps = place < m_magnitudes ? m_magnitudes - place : place - m_magnitudes;
  return steps == 0 ? 0 : steps + m_format.minPositiveCode() - 1;
}

std::uint64_t CodeOrder::codeAt(std::uint64_t place) const {
  switch (m_format.kind) {
    case FormatKind::Float:
      return magnitudeAt(place) | (place < m_magnitudes ? std::uint64_t{1} << (m_format.bits - 1) : 0);
    case FormatKind::CodeBook:
      return m_byValue[place];
    case FormatKind::SignedInteger:
      return static_cast<std::uint64_t>(m_format.minInteger() + static_cast<std::int64_t>(place)) & m_format.codeMask();
    case FormatKind::PowerOfTwo:
    case FormatKind::UnsignedInteger:
      return place;
  }
  return place;
}

double CodeOrder::valueAt(std::uint64_t place) const { return core::numeric::decode(m_format, codeAt(place), m_scale); }

std::uint64_t CodeOrder::firstAtLeast(double value) const {
  std::uint64_t low = 0, high = m_count;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (valueAt(middle) < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::uint64_t CodeOrder::countBetween(double low, double high) const {
  std::uint64_t end = firstAtLeast(high);
  if (end < m_count && valueAt(end) <= high) ++end;
  const std::uint64_t begin = firstAtLeast(low);
  return end > begin ? end - begin : 0;
}

}  // namespace app
