#include "core/model/config_row.h"

#include <algorithm>
#include <cmath>

#include "core/model/architectures/architecture.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

float read(const ConfigRow& row, float written, const ModelConfig& config) {
  const float factor = written == 0.0F ? 1.0F : written;
  switch (row.form) {
    case ConfigForm::AsIs:
      return written;
    case ConfigForm::Factor:
      return factor;
    case ConfigForm::Divisor:
      return 1.0F / factor;
    case ConfigForm::InverseSquare:
      return 1.0F / std::sqrt(written);
    case ConfigForm::ShareOfHead:
      // A share that was rounded to seven digits is still that of a whole number.
      return std::floor((static_cast<float>(config.headSize) * written + 1e-3F) / 2) * 2;
  }
  return written;
}

/// As people would have written it before it was rounded to a float and turned over: a whole number, where it is one.
double asWhole(double turned) {
  const double whole = std::round(turned);
  return std::abs(turned - whole) <= 1e-6 * std::abs(whole) ? whole : asDecimal(static_cast<float>(turned));
}

double written(const ConfigRow& row, float value, const ModelConfig& config) {
  switch (row.form) {
    case ConfigForm::AsIs:
    case ConfigForm::Factor:
      return asDecimal(value);
    case ConfigForm::Divisor:
      return asWhole(1.0 / value);
    case ConfigForm::InverseSquare:
      return asWhole(1.0 / (static_cast<double>(value) * value));
    case ConfigForm::ShareOfHead:
      return static_cast<double>(value) / config.headSize;
  }
  return asDecimal(value);
}

/// 0 stands for what products of queries and keys usually are multiplied by, which files that name the factor say.
float valueOf(float ModelConfig::*field, const ModelConfig& config) {
  const bool isUsual = field == &ModelConfig::attentionScale && config.attentionScale == 0.0F;
  return isUsual ? 1.0F / std::sqrt(static_cast<float>(config.headSize)) : config.*field;
}

}  // namespace

void readRows(const ConfigKeys& keys, io::FileFormat format, ModelConfig& config) {
  for (const ConfigRow& row : config.architecture->config) {
    const std::string_view name = row.name(format);
    if (name.empty()) continue;
    const float fallback = format == io::FileFormat::Gguf ? row.ggufDefault : row.folderDefault;
    if (const auto* const real = std::get_if<float ModelConfig::*>(&row.field)) {
      config.** real = read(row, keys.real(name, fallback, row.least, row.most), config);
      continue;
    }
    std::uint32_t& target = config.*std::get<std::uint32_t ModelConfig::*>(row.field);
    if (row.form == ConfigForm::AsIs)
      target = keys.integer(name, static_cast<std::uint32_t>(fallback), static_cast<std::uint32_t>(row.least),
                            static_cast<std::uint32_t>(row.most));
    else
      target = static_cast<std::uint32_t>(read(row, keys.real(name, fallback, row.least, row.most), config));
  }
}

void writeRows(const ModelConfig& config, io::FileFormat format, ConfigWriter& writer) {
  for (const ConfigRow& row : config.architecture->config) {
    const std::string_view name = row.name(format);
    if (name.empty()) continue;
    if (const auto* const real = std::get_if<float ModelConfig::*>(&row.field)) {
      writer.real(name, written(row, valueOf(*real, config), config));
      continue;
    }
    const std::uint32_t value = config.*std::get<std::uint32_t ModelConfig::*>(row.field);
    if (row.form == ConfigForm::AsIs)
      writer.integer(name, value);
    else
      writer.real(name, written(row, static_cast<float>(value), config));
  }
}

bool isFollowedBy(const Architecture& architecture, io::FileFormat format, std::string_view name) {
  const auto& own = format == io::FileFormat::Gguf ? architecture.ggufKeys : architecture.folderKeys;
  return std::ranges::find(own, name) != own.end() ||
         std::ranges::any_of(architecture.config, [&](const ConfigRow& row) { return row.name(format) == name; });
}

}  // namespace core::model
