#include "core/model/config_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/config.h"

namespace core::model {

namespace {

[[noreturn]] void refuseList(const std::string& key, std::uint32_t layers, const char* of) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{} should have {} for each of the {} layers.", key, of, layers),
              key);
}

}  // namespace

ConfigKeys::ConfigKeys(const io::Checkpoint& checkpoint)
    : m_metadata(checkpoint.metadata()),
      m_limits(m_metadata),
      m_prefix(checkpoint.format() == io::FileFormat::Gguf ? checkpoint.architecture() + '.' : "config."),
      m_inside(checkpoint.format() == io::FileFormat::Gguf ? "" : "config.text_config.") {}

std::string ConfigKeys::operator()(std::string_view name) const {
  if (!m_inside.empty())
    if (std::string inside = m_inside + std::string(name); m_metadata.find(inside) != nullptr) return inside;
  return m_prefix + std::string(name);
}

bool ConfigKeys::has(std::string_view name) const { return m_metadata.find((*this)(name)) != nullptr; }

std::uint32_t ConfigKeys::integer(std::string_view name, std::optional<std::uint32_t> fallback, std::uint32_t min,
                                  std::uint32_t max) const {
  return m_limits.integer((*this)(name), fallback, min, max);
}

float ConfigKeys::real(std::string_view name, float fallback, float min, float max) const {
  return m_limits.real((*this)(name), fallback, min, max);
}

bool ConfigKeys::flag(std::string_view name, bool fallback) const {
  return m_metadata.boolean((*this)(name)).value_or(fallback);
}

std::vector<std::uint32_t> ConfigKeys::perLayer(std::string_view name, std::uint32_t layers) const {
  const std::string key = (*this)(name);
  const auto* const list = std::get_if<io::MetadataArray>(m_metadata.find(key));
  if (list == nullptr) return {};
  if (list->size() != layers) refuseList(key, layers, "a number");
  const bool isFlags = list->elementType() == io::MetadataType::Bool;
  std::vector<std::uint32_t> values;
  if (isFlags) {
    for (const std::byte flag : list->encoded()) values.push_back(flag == std::byte{0} ? 0 : 1);
    return values;
  }
  for (const std::int64_t value : list->integers()) {
    if (value < 0 || value > ModelConfig::kMaxContext) refuseList(key, layers, "a number");
    values.push_back(static_cast<std::uint32_t>(value));
  }
  return values;
}

std::vector<std::string> ConfigKeys::wordsPerLayer(std::string_view name, std::uint32_t layers) const {
  const std::string key = (*this)(name);
  const auto* const list = std::get_if<io::MetadataArray>(m_metadata.find(key));
  if (list == nullptr) return {};
  if (list->size() != layers || list->elementType() != io::MetadataType::String) refuseList(key, layers, "a word");
  return list->strings();
}

}  // namespace core::model
