#include "app/session/model_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "app/session/device_list.h"
#include "app/session/kv_layout.h"
#include "app/session/model_location.h"
#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/recipe/file_type.h"
#include "core/model/weight_requests.h"

namespace app {

namespace {

constexpr std::uint32_t kPositions = 4096;  // a conversation that is worth having

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// As the file calls itself, else the type that most bytes of its matrices have.
std::string typeOf(const core::io::Checkpoint& checkpoint) {
  if (const auto* const number = std::get_if<std::uint64_t>(checkpoint.metadata().find("general.file_type")))
    for (const auto& row : core::model::allFileTypes())
      if (row.number == *number) return std::string(row.name);
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& tensor : checkpoint.tensors())
    if (tensor.shape.rank() >= 2 && tensor.pieceOf.empty()) bytes[tensor.typeName] += tensor.bytes;
  const auto most = std::ranges::max_element(bytes, {}, [](const auto& entry) { return entry.second; });
  return most == bytes.end() ? std::string() : upper(most->first);
}

double memoryOf(const core::io::Checkpoint& checkpoint, const core::model::ModelConfig& config) {
  double bytes = 0;
  for (const auto& tensor : checkpoint.tensors()) bytes += static_cast<double>(tensor.bytes);
  return bytes + kvLayoutOf(config).bytes(std::min(kPositions, config.contextLength), core::model::KvType::F16);
}

}  // namespace

ModelVerdict judgeModel(const FoundModel& model, std::uint64_t freeMemory, const core::JobContext& job) {
  ModelVerdict verdict;
  try {
    const auto checkpoint = core::io::openCheckpoint(locateModel(model.source), job);
    verdict.runs = ModelVerdict::Runs::Inspection;
    verdict.architecture = checkpoint->architecture();
    verdict.type = typeOf(*checkpoint);
    verdict.parameters = checkpoint->parameters();
    const auto config = core::model::ModelConfig::fromCheckpoint(*checkpoint);
    core::model::checkTensors(*checkpoint, config);
    verdict.memory = memoryOf(*checkpoint, config);
    weigh(verdict, model, freeMemory);
  } catch (const core::Error& error) {
    verdict.why = error.what();
  }
  return verdict;
}

void weigh(ModelVerdict& verdict, const FoundModel& model, std::uint64_t freeMemory) {
  if (verdict.memory == 0) return;
  const bool fits = verdict.memory <= static_cast<double>(freeMemory);
  verdict.runs = fits ? ModelVerdict::Runs::Yes : ModelVerdict::Runs::TooLarge;
  verdict.why =
      fits ? std::string()
           : fmt::format(
                 "{} needs about {} of memory for its weights and a conversation of up to {} tokens, "
                 "and {} are free.",
                 model.name, bytesText(verdict.memory), kPositions, bytesText(static_cast<double>(freeMemory)));
}

std::string_view nameOf(ModelVerdict::Runs runs) {
  switch (runs) {
    case ModelVerdict::Runs::Yes:
      return "yes";
    case ModelVerdict::Runs::TooLarge:
      return "too_large";
    case ModelVerdict::Runs::Inspection:
      return "inspection";
    case ModelVerdict::Runs::Broken:
      break;
  }
  return "broken";
}

std::string shortly(const ModelVerdict& verdict) {
  switch (verdict.runs) {
    case ModelVerdict::Runs::Yes:
      return {};
    case ModelVerdict::Runs::TooLarge:
      return fmt::format("needs {} of memory", bytesText(verdict.memory));
    case ModelVerdict::Runs::Inspection:
      return "opens for inspection";
    case ModelVerdict::Runs::Broken:
      break;
  }
  return "does not open";
}

}  // namespace app
