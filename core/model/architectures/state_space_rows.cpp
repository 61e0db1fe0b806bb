#include "core/model/architectures/state_space_rows.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMostInner = 1U << 20U;

/// The size of a head, of all heads' width.
void divide(const ConfigKeys& keys, const char* name, std::uint32_t inner, RecurrentSizes& sizes) {
  if (inner == 0 || inner % sizes.heads != 0 || inner % sizes.keyHeads != 0)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The width of a state space ({}) should be a multiple of its heads ({}) and groups ({}).",
                            inner, sizes.heads, sizes.keyHeads),
                keys(name));
  sizes.valueSize = inner / sizes.heads;
}

}  // namespace

void readStateSpaceFile(const ConfigKeys& keys, ModelConfig& config) {
  readRecurrent(keys, kGgufRecurrent, {}, config);
  divide(keys, "ssm.inner_size", keys.integer("ssm.inner_size", std::nullopt, 1, kMostInner), config.recurrent);
}

void readStateSpaceFolder(const ConfigKeys& keys, const RecurrentNames& names, const char* headSize, const char* expand,
                          const StateSpaceBiases& biases, const RecurrentSizes& defaults, ModelConfig& config) {
  readRecurrent(keys, names, defaults, config);
  RecurrentSizes& sizes = config.recurrent;
  const std::uint32_t inner = keys.integer(expand, 2, 1, 64) * config.width;
  const auto* const word = std::get_if<std::string>(keys.metadata().find(keys(headSize)));
  if (word != nullptr && *word == "auto")
    divide(keys, headSize, inner, sizes);
  else
    sizes.valueSize = keys.integer(headSize, defaults.valueSize == 0 ? std::nullopt : std::optional(defaults.valueSize),
                                   1, 1U << 12U);
  if (sizes.valueWidth() != inner)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("A state space of {} heads of {} should be {} wide, {} times the model's width.",
                            sizes.heads, sizes.valueSize, inner, inner / config.width),
                keys(headSize));
  if (keys.flag(biases.projections, false))
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("Its projections have biases ({}), which cannot be computed yet.", keys(biases.projections)),
        keys(biases.projections));
}

void writeStateSpaceFolder(const ModelConfig& config, const RecurrentNames& names, const char* headSize,
                           const char* expand, const StateSpaceBiases& biases, ConfigWriter& writer) {
  const RecurrentSizes& sizes = config.recurrent;
  writer.integer(names.taps, sizes.taps);
  writer.integer(names.heads, sizes.heads);
  writer.integer(names.keyHeads, sizes.keyHeads);
  writer.integer(names.keySize, sizes.keySize);
  writer.integer(headSize, sizes.valueSize);
  writer.integer(expand, sizes.valueWidth() / config.width);
  writer.flag(biases.projections, false);
}

void refuseTimeLimits(const ConfigKeys& keys) {
  const std::string key = keys("time_step_limit");
  const auto* const list = std::get_if<io::MetadataArray>(keys.metadata().find(key));
  if (list == nullptr || list->size() != 2 || list->elementType() == io::MetadataType::String) return;
  const std::vector<double> limits = list->numbers();
  constexpr double kAsGoodAsNone = 1e9;
  if (limits[0] > 0.0 || limits[1] < kAsGoodAsNone)
    throw Error(ErrorCode::Unsupported,
                fmt::format("Its steps are held between {} and {} ({}), which cannot be computed yet.", limits[0],
                            limits[1], key),
                key);
}

}  // namespace core::model
