#include "core/io/split_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kDigits = 5;
constexpr std::size_t kMostNamed = 5;  // a sentence names so many of the missing

std::optional<std::uint32_t> parseDigits(std::string_view text) {
  std::uint32_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = 10 * value + static_cast<std::uint32_t>(digit - '0');
  }
  return text.size() == kDigits ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string SplitName::part(std::uint32_t other) const {
  return fmt::format("{}-{:05}-of-{:05}{}", prefix, other, count, extension);
}

bool SplitName::isSameModel(const SplitName& other) const {
  return prefix == other.prefix && extension == other.extension && count == other.count;
}

std::optional<SplitName> parseSplitName(const std::filesystem::path& path) {
  constexpr std::string_view kOf = "-of-";
  constexpr std::size_t kTail = 1 + kDigits + kOf.size() + kDigits;
  const std::string stem = path.stem().string();
  if (stem.size() <= kTail) return std::nullopt;
  const std::string_view tail = std::string_view(stem).substr(stem.size() - kTail);
  const auto number = parseDigits(tail.substr(1, kDigits)), count = parseDigits(tail.substr(kTail - kDigits));
  if (tail[0] != '-' || tail.substr(1 + kDigits, kOf.size()) != kOf || !number || !count) return std::nullopt;
  if (*number == 0 || *number > *count) return std::nullopt;
  return SplitName{stem.substr(0, stem.size() - kTail), path.extension().string(), *number, *count};
}

std::vector<std::filesystem::path> findParts(const std::filesystem::path& path, const SplitName& name) {
  std::vector<std::filesystem::path> parts;
  std::string missing;
  std::size_t missingCount = 0;
  for (std::uint32_t number = 1; number <= name.count; ++number) {
    parts.push_back(path.parent_path() / name.part(number));
    std::error_code ignored;
    if (std::filesystem::exists(parts.back(), ignored)) continue;
    if (++missingCount <= kMostNamed) missing += (missing.empty() ? "" : ", ") + inQuotes(name.part(number));
  }
  if (missingCount == 0) return parts;
  throw Error(ErrorCode::NotFound,
              fmt::format("{} is part {} of {} of a model, and {} of the other parts {} missing beside it: {}{}.",
                          inQuotes(path.filename().string()), name.number, name.count, missingCount,
                          missingCount == 1 ? "is" : "are", missing, missingCount > kMostNamed ? ", …" : ""));
}

}  // namespace core::io
