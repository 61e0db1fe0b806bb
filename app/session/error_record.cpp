#include "app/session/error_record.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/base/error.h"

namespace app {

namespace {

constexpr std::size_t kChecksumDigits = 16;

/// Takes words from a text; the first that is not as it should be ends it.
class Words {
 public:
  explicit Words(std::string_view text) : m_text(text) {}

  std::string_view word() {
    const std::size_t end = m_text.find(' ');
    const std::string_view word = m_text.substr(0, end);
    m_text.remove_prefix(end == std::string_view::npos ? m_text.size() : end + 1);
    return word;
  }
  template <class Number, class... Format>
  Number number(Format... format) {
    const std::string_view text = word();
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format...);
    m_isGood = m_isGood && error == std::errc() && end == text.data() + text.size() && !text.empty();
    return value;
  }
  double real() {
    const double value = number<double>(std::chars_format::hex);
    m_isGood = m_isGood && std::isfinite(value);
    return value;
  }
  bool isGood() const { return m_isGood && m_text.empty(); }

 private:
  std::string_view m_text;
  bool m_isGood = true;
};

/// As std::from_chars reads it: hexadecimal without 0x, every bit.
std::string hex(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), value, std::chars_format::hex);
  return error == std::errc() ? std::string(std::begin(buffer), end) : std::string();
}

}  // namespace

std::uint64_t checksumOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::string writeRecord(const SchemeError& error) {
  const auto sums = error.stats.sums();
  if (!error.refused.empty() || !sums) return {};
  const std::string text = fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {}", error.tensor, error.scheme.toString(), hex(error.bitsPerWeight), error.bytes,
      sums->count, sums->exponent, hex(sums->xx), hex(sums->yy), hex(sums->xy), hex(sums->ee), hex(sums->maxAbsError));
  return fmt::format("\n{:016x} {}", checksumOf(text), text);
}

std::optional<SchemeError> readRecord(std::string_view line, std::span<const core::io::TensorInfo> tensors) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return std::nullopt;
  const std::string_view text = line.substr(kChecksumDigits + 1);
  if (line.substr(0, kChecksumDigits) != fmt::format("{:016x}", checksumOf(text))) return std::nullopt;
  try {
    Words words(text);
    SchemeError error;
    error.tensor = words.number<std::size_t>();
    error.scheme = core::quant::Scheme::parse(words.word());
    error.bitsPerWeight = words.real();
    error.bytes = words.number<std::uint64_t>();
    core::metrics::ErrorStats::Sums sums;
    sums.count = words.number<std::uint64_t>();
    sums.exponent = words.number<int>();
    sums.xx = words.real();
    sums.yy = words.real();
    sums.xy = words.real();
    sums.ee = words.real();
    sums.maxAbsError = words.real();
    if (!words.isGood() || error.tensor >= tensors.size()) return std::nullopt;
    if (sums.count != tensors[error.tensor].shape.count()) return std::nullopt;
    error.stats = core::metrics::ErrorStats::fromSums(sums);
    return error;
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

}  // namespace app
