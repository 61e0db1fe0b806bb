#include "core/io/quantization_config.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/io/name_pattern.h"

namespace core::io {

namespace {

constexpr const char* kSections[] = {"config.quantization_config.", "config.quantization.",
                                     "config.compression_config.", "config.text_config.quantization_config."};
constexpr std::string_view kGroups = "config_groups.";
constexpr std::size_t kMostGroups = 64, kMostTargets = 1024;

/// The targets of a group: a list of texts, or one text.
std::vector<std::string> targetsOf(const MetadataValue* value) {
  if (value == nullptr) return {};
  if (const auto* const text = std::get_if<std::string>(value)) return {*text};
  const auto* const list = std::get_if<MetadataArray>(value);
  if (list == nullptr || list->elementType() != MetadataType::String || list->size() > kMostTargets) return {};
  return list->strings();
}

bool names(const std::string& target, std::string_view module, std::uint64_t& steps) {
  if (target.starts_with("re:")) return matchesPattern(std::string_view(target).substr(3), module, steps);
  return target == module;
}

/// "Linear": the name of a class has a capital letter, and no dots.
bool isClass(const std::string& target) {
  return !target.starts_with("re:") && !target.empty() && target.front() >= 'A' && target.front() <= 'Z';
}

}  // namespace

QuantizationConfig::QuantizationConfig(const Metadata& metadata) : m_metadata(&metadata) {
  for (const MetadataEntry& entry : metadata.entries()) {
    for (const char* const section : kSections) {
      std::string_view key = entry.key;
      if (!key.starts_with(section)) continue;
      key.remove_prefix(std::string_view(section).size());
      if (!key.starts_with(kGroups)) continue;
      const std::size_t dot = key.find('.', kGroups.size());
      if (dot == std::string_view::npos) continue;
      const std::string_view prefix = key.substr(0, dot + 1);
      if (std::ranges::any_of(m_groups, [&](const Group& group) { return group.prefix == prefix; })) continue;
      if (m_groups.size() < kMostGroups)
        m_groups.push_back({std::string(prefix), targetsOf(find(std::string(prefix) + "targets"))});
    }
  }
}

const MetadataValue* QuantizationConfig::find(std::string_view key) const {
  for (const char* const section : kSections)
    if (const MetadataValue* const value = m_metadata->find(section + std::string(key))) return value;
  return nullptr;
}

std::optional<std::uint64_t> QuantizationConfig::number(std::string_view key) const {
  const MetadataValue* const value = find(key);
  const auto* const number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<std::int64_t> QuantizationConfig::integer(std::string_view key) const {
  if (const auto whole = number(key)) {
    if (*whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(*whole);
  }
  const MetadataValue* const value = find(key);
  const auto* const negative = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return negative == nullptr ? std::nullopt : std::optional(*negative);
}

std::optional<double> QuantizationConfig::real(std::string_view key) const {
  if (const auto whole = number(key)) return static_cast<double>(*whole);
  const MetadataValue* const value = find(key);
  const auto* const real = value == nullptr ? nullptr : std::get_if<double>(value);
  return real == nullptr ? std::nullopt : std::optional(*real);
}

std::optional<bool> QuantizationConfig::flag(std::string_view key) const {
  const MetadataValue* const value = find(key);
  const auto* const flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::string QuantizationConfig::text(std::string_view key) const {
  const MetadataValue* const value = find(key);
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

std::vector<std::int64_t> QuantizationConfig::integers(std::string_view key) const {
  const MetadataValue* const value = find(key);
  const auto* const list = value == nullptr ? nullptr : std::get_if<MetadataArray>(value);
  constexpr std::uint64_t kMost = 16;
  if (list == nullptr || list->size() > kMost) return {};
  try {
    return list->integers();
  } catch (const Error&) {
    return {};  // a list of something else
  }
}

std::optional<std::uint64_t> QuantizationConfig::modelNumber(std::string_view key) const {
  for (const char* const section : {"config.", "config.text_config."}) {
    const MetadataValue* const value = m_metadata->find(section + std::string(key));
    if (const auto* const number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value)) return *number;
  }
  return std::nullopt;
}

std::string QuantizationConfig::groupOf(std::string_view module) const {
  if (m_lastModule.empty() || m_lastModule != module) {
    m_lastGroup = findGroup(module);
    m_lastModule = module;
  }
  return m_lastGroup;
}

std::string QuantizationConfig::findGroup(std::string_view module) const {
  for (const Group& group : m_groups)
    if (std::ranges::any_of(group.targets, [&](const std::string& target) { return names(target, module, m_steps); }))
      return group.prefix;
  for (const Group& group : m_groups)
    if (std::ranges::any_of(group.targets, isClass)) return group.prefix;
  return m_groups.size() == 1 && m_groups.front().targets.empty() ? m_groups.front().prefix : std::string();
}

}  // namespace core::io
