#include "app/session/quantize_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/session/folder_settings.h"
#include "app/session/gguf_from_folder.h"
#include "app/session/gguf_metadata.h"
#include "app/session/open_files.h"
#include "app/session/weight_maker.h"
#include "app/session/writing_plan.h"
#include "core/io/output_folder.h"
#include "core/io/safetensors_shards.h"
#include "core/io/split_gguf_writer.h"
#include "core/quant/format.h"

namespace app {

using core::io::FileFormat;
using core::io::SplitPart;

namespace {

/// Everything that writing a model needs to know.
struct Order {
  const core::io::Checkpoint& source;
  const core::model::Recipe& recipe;
  const QuantizeTarget& target;
  const core::JobContext& job;
  const TensorMaking& making;
};

/// @param writer of the weights' tensors: a GgufWriter, SplitGgufWriter or SafetensorsShards with its metadata
template <class Writer>
void writeWeights(const Order& order, WritingPlan& plan, WrittenModel& model, Writer& writer) {
  for (const NewWeight& weight : plan.weights)
    for (const NewTensor& tensor : weight.tensors) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
  WeightMaker maker(order.source, plan, model.rows, order.making);
  maker.makeAll([&](std::span<const std::byte> bytes) { writer.append(bytes); }, order.job);
  writer.finish();
  maker.forget();
  if (maker.inputsLeftAsTheyAre() != 0)
    plan.notes.push_back(
        fmt::format("The source quantizes the inputs of {} matrices; the new model takes them as they "
                    "are.",
                    maker.inputsLeftAsTheyAre()));
  if (maker.unseenExperts() != 0)
    plan.notes.push_back(
        fmt::format("{} matrices of experts met no token of the calibration text and were rounded to nearest.",
                    maker.unseenExperts()));
  if (maker.wrappedZeros() != 0)
    plan.notes.push_back(
        fmt::format("{} groups have the zero-point 0, which the first version of GPTQ's layout stores less one, as the "
                    "largest code: readers that do not take that back want the layout gptq_v2.",
                    maker.wrappedZeros()));
}

void describe(const Order& order, WritingPlan& plan, const WrittenModel& model, core::io::GgufWriter& writer) {
  if (!plan.config) return copyMetadata(order.source, order.recipe, model.rows, writer);
  describeModel(order.source, *plan.config, writer, plan.notes);
  describeQuantization(order.source, order.recipe, model.rows, writer);
}

void writeGguf(const Order& order, WritingPlan& plan, WrittenModel& model) {
  const auto inputs = inputsOf(order.source);
  auto parts = planWeightParts(plan, order.target.split);
  model.files = targetFiles(order.target, parts);
  if (!order.target.split.isSplit()) {
    core::io::GgufWriter writer({order.target.file, inputs});
    describe(order, plan, model, writer);
    return writeWeights(order, plan, model, writer);
  }
  std::vector<core::io::OutputFile> files;
  for (const auto& file : model.files) files.emplace_back(file, inputs);
  core::io::SplitGgufWriter writer(std::move(files), inTensors(plan, std::move(parts)));
  describe(order, plan, model, writer.first());
  writeWeights(order, plan, model, writer);
}

/// What the source said about itself; readers of safetensors ask for the framework in "format".
void addMetadata(const core::io::Checkpoint& source, core::io::SafetensorsShards& writer) {
  bool hasFormat = false;
  if (source.format() == FileFormat::Safetensors) {
    for (const auto& entry : source.metadata().entries()) {
      const auto* const text = std::get_if<std::string>(&entry.value);
      if (text == nullptr || entry.key.starts_with("config.") || entry.key.starts_with("adapter.")) continue;
      writer.addMetadata(entry.key, *text);
      hasFormat = hasFormat || entry.key == "format";
    }
  }
  if (!hasFormat) writer.addMetadata("format", "pt");
}

void writeSafetensors(const Order& order, WritingPlan& plan, WrittenModel& model) {
  auto parts = planWeightParts(plan, {});
  std::vector<core::io::OutputFile> files;
  files.emplace_back(order.target.file, inputsOf(order.source));
  core::io::SafetensorsShards writer(std::move(files), inTensors(plan, std::move(parts)));
  addMetadata(order.source, writer);
  writeWeights(order, plan, model, writer);
  model.files = {order.target.file};
}

/// model.safetensors.index.json: where every tensor is.
std::string indexOf(const WritingPlan& plan, const std::vector<SplitPart>& parts,
                    const std::vector<std::filesystem::path>& files) {
  nlohmann::json map = nlohmann::json::object();
  std::uint64_t bytes = 0;
  for (std::size_t part = 0; part < parts.size(); ++part)
    for (std::size_t i = parts[part].first; i < parts[part].first + parts[part].count; ++i)
      for (const NewTensor& tensor : plan.weights[i].tensors) {
        map[tensor.name] = files[part].filename().string();
        bytes += tensor.bytes();
      }
  const nlohmann::ordered_json index = {{"metadata", {{"total_size", bytes}}}, {"weight_map", std::move(map)}};
  return index.dump(2) + '\n';
}

void writeFolder(const Order& order, WritingPlan& plan, WrittenModel& model) {
  core::io::OutputFolder folder(order.target.file, inputsOf(order.source));
  auto sideFiles = folderFiles(order.source, plan, model.rows);  // says what cannot be said before hours are spent
  const auto parts = planWeightParts(plan, order.target.split);
  model.files = targetFiles(order.target, parts);
  std::vector<core::io::OutputFile> files;
  for (const auto& file : model.files) files.push_back(folder.file(file.filename().string()));
  core::io::SafetensorsShards writer(std::move(files), inTensors(plan, parts));
  writer.addMetadata("format", "pt");
  writeWeights(order, plan, model, writer);
  if (parts.size() > 1) sideFiles.push_back({"model.safetensors.index.json", indexOf(plan, parts, model.files)});
  for (const FolderFile& file : sideFiles) {
    folder.write(file.name, std::as_bytes(std::span(file.contents)));
    model.files.push_back(order.target.file / file.name);
  }
  folder.commit();
}

WrittenModel writeRows(const Order& order, const TargetKind& kind, std::vector<QuantizedFileRow> rows) {
  WrittenModel model;
  model.rows = std::move(rows);
  WritingPlan plan = planWriting(order.source, order.recipe, model.rows, kind);
  if (kind.isFolder())
    writeFolder(order, plan, model);
  else if (kind.format == FileFormat::Safetensors)
    writeSafetensors(order, plan, model);
  else
    writeGguf(order, plan, model);
  model.notes = std::move(plan.notes);
  return model;
}

}  // namespace

std::string whatIsNotWritten(const std::vector<QuantizedFileRow>& rows, const TargetKind& kind) {
  using core::quant::ActivationName;
  const bool saysInputs = kind.layout == core::quant::FolderLayout::CompressedTensors ||
                          kind.layout == core::quant::FolderLayout::Bitsandbytes;
  const auto changesInputs = [](const QuantizedFileRow& row) {
    return row.decision.scheme && row.decision.scheme->activations.name != ActivationName::None;
  };
  const auto found = std::find_if(rows.begin(), rows.end(), changesInputs);
  if (found == rows.end() || saysInputs) return {};
  return "The file holds the weights alone: what opens it multiplies them with inputs as they are, not quantized as " +
         found->decision.scheme->displayName() + " has them.";
}

WrittenModel writeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                        const QuantizeTarget& target, const core::JobContext& job, const TensorMaking& making) {
  const TargetKind kind = targetKind(target, source);
  return writeRows({source, recipe, target, job, making}, kind, planQuantization(source, recipe).rows);
}

WrittenModel writeMerged(const core::io::Checkpoint& source, const core::model::Recipe& runs,
                         const core::model::Recipe& stored, const QuantizeTarget& target, const core::JobContext& job,
                         const TensorMaking& making) {
  const TargetKind kind = targetKind(target, source);
  return writeRows({source, stored, target, job, making}, kind, planMerging(source, runs, stored).rows);
}

std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                                            const QuantizeTarget& target, const core::JobContext& job,
                                            const TensorMaking& making) {
  return writeModel(source, recipe, target, job, making).rows;
}

}  // namespace app
