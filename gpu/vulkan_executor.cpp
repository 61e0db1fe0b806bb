#include "gpu/vulkan_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "core/base/error.h"
#include "core/base/memory_bandwidth.h"
#include "core/quant/quantizer.h"
#include "gpu/copy_bandwidth.h"
#include "gpu/kernels/attention_kernel.h"
#include "gpu/memory_plan.h"
#include "gpu/vk/timestamps.h"

namespace gpu {

namespace {

using core::Error;
using core::ErrorCode;
using core::model::KvCache;
using core::model::LogitsWanted;
using core::model::Op;
using core::model::OpKind;
using core::model::TokenId;

constexpr std::uint32_t kCandidateStep = 16;          // wanted numbers are rounded up, so that few recordings serve all
constexpr std::uint32_t kLeastPositions = 256;        // attention over fewer is little work
constexpr std::uint32_t kFewSequences = 4;            // what a workspace of several is made for at least
constexpr std::uint64_t kObservedFloats = 1U << 22U;  // of observed values that are read back together

/// Gate, up and what joins them are products above all.
OpKind timedKind(const Step& step) {
  return step.kind == OpKind::Glu && step.ops.size() > 1 ? OpKind::MatMul : step.kind;
}

/// The names of what a step makes.
std::string madeBy(const Step& step, const core::model::Graph& graph) {
  std::string names;
  const auto add = [&](const Op& op) {
    if (op.out == core::model::kNoValue) return;
    if (!names.empty()) names += " + ";
    names += graph.values[op.out].name;
  };
  for (const Op* const op : step.ops) add(*op);
  if (step.norm != nullptr) add(*step.norm);
  return names;
}

}  // namespace

VulkanExecutor::VulkanExecutor(std::shared_ptr<VulkanDevice> device, core::model::Graph graph,
                               const core::JobContext& job, std::uint64_t cacheBytes)
    : m_device(std::move(device)), m_graph(std::move(graph)) {
  m_device->device()->throwIfLost();
  const PlannedMemory planned =
      plannedMemory(m_graph, m_device->device()->caps(), m_device->choice(), m_device->weights().maxBlockBytes());
  uploadWeights(planned.reservedBytes(m_graph, cacheBytes), job);
  uploadConstants();
  const std::uint32_t batch = planned.batchTokens;
  m_state =
      std::make_unique<vk::Buffer>(m_device->memory(), kMostSequences * sizeof(SequenceState) + batch * sizeof(TokenId),
                                   vk::MemoryKind::Upload, "the buffer of tokens");
  m_decode = makeWorkspace(fusionFor(1), 1);
  m_prefill = makeWorkspace(fusionFor(batch), batch);
}

VulkanExecutor::~VulkanExecutor() { abandon(); }

std::uint64_t VulkanExecutor::candidateFloatsOf(const core::model::Graph& graph, const KernelChoice& choice) {
  return choice.findsCandidates ? candidateFloats(graph.vocabulary()) : 0;
}

std::uint32_t VulkanExecutor::wishedRows(const core::model::Graph& graph, const KernelChoice& choice) {
  if (const auto together = graph.rowsTogether()) return *together;
  std::uint32_t slots = 1;
  for (const Op& op : graph.ops)
    if (const auto* experts = std::get_if<core::model::ExpertMatMul>(&op.parameters))
      slots = std::max(slots, experts->used);
  const std::uint32_t most = std::max(choice.mostRows / slots, 1U);
  return std::min(choice.batchTokens, most);
}

std::vector<WeightUse> VulkanExecutor::usesOf(const core::model::Graph& graph) {
  std::vector<WeightUse> uses;
  std::map<WeightKey, std::size_t> known;
  for (const Op& op : graph.ops) {
    if (!readsRows(op)) continue;
    const core::model::WeightLoad load = core::model::weightLoadOf(graph, op);
    const auto [place, isNew] = known.emplace(keyOf(op), uses.size());
    if (isNew)
      uses.push_back({*op.weight(), keyOf(op).second, load});
    else
      core::model::addUse(uses[place->second].load, load);
  }
  return uses;
}

void VulkanExecutor::uploadWeights(std::uint64_t reservedBytes, const core::JobContext& job) {
  const std::vector<WeightUse> uses = usesOf(m_graph);
  const std::vector<DeviceTensorPtr> resident = m_device->weights().upload(uses, reservedBytes, job);
  std::vector<core::model::WeightLoad> loads;
  std::vector<bool> isOnHost;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    m_weights[{uses[i].tensor.get(), uses[i].columns}].tensor = resident[i];
    loads.push_back(uses[i].load);
    isOnHost.push_back(resident[i]->isOnHost);
  }
  m_hostParts = core::model::hostPartsOf(loads, isOnHost);
}

bool VulkanExecutor::readsRows(const Op& op) {
  return op.kind() == OpKind::Embed || op.kind() == OpKind::EmbedPositions || op.kind() == OpKind::MatMul ||
         op.kind() == OpKind::ExpertMatMul;
}

WeightKey VulkanExecutor::keyOf(const Op& op) {
  const auto* product = std::get_if<core::model::MatMul>(&op.parameters);
  return {op.weight()->get(), product == nullptr ? core::quant::Columns::OfTheWeight : product->columns};
}

std::uint64_t VulkanExecutor::constantRow(const Op& op, const core::quant::QuantizedTensor& vector) {
  const bool hasRows = op.kind() == OpKind::ExpertMatMul || op.kind() == OpKind::ShortConv;
  return hasRows ? vector.rowValues() : vector.shape.count();
}

void VulkanExecutor::uploadConstants() {
  std::vector<std::uint32_t> constants;
  const auto append = [&constants](std::span<const std::uint32_t> words) {
    const auto first = static_cast<std::uint32_t>(constants.size());
    constants.insert(constants.end(), words.begin(), words.end());
    constants.resize(strideOf(static_cast<std::uint32_t>(constants.size())));  // kernels read whole tiles of 32
    return first;
  };
  // First the tables that lanes read from the uniform buffer: those of lattices fit into it; of large code books, those
  // that do not are read in another way. Most tensors have the same.
  std::map<std::vector<std::uint32_t>, std::uint32_t> tables;
  for (const TableKind kind : {TableKind::Lattice, TableKind::LargeCodeBook, TableKind::CodeBook}) {
    for (auto& [key, resident] : m_weights) {
      const PackedFormat& format = resident.tensor->format;
      if (format.table.empty() || format.tableKind() != kind) continue;
      const auto [place, isNew] = tables.emplace(format.table, 0U);
      if (isNew) place->second = append(format.table);
      resident.table = place->second;
    }
  }
  const auto appendBits = [&](const auto& values) {
    if (values.empty()) return kNone;
    std::vector<std::uint32_t> words;
    for (const auto value : values) words.push_back(std::bit_cast<std::uint32_t>(value));
    return append(words);
  };
  for (const Op& op : m_graph.ops) {
    const auto* arrange = std::get_if<core::model::ArrangeColumns>(&op.parameters);
    if (arrange == nullptr || m_arrangements.contains(arrange->arrangement.get())) continue;
    const core::model::Arrangement& arrangement = *arrange->arrangement;
    m_arrangements[&arrangement] = {appendBits(arrangement.order), appendBits(arrangement.factors)};
  }
  for (const Op& op : m_graph.ops) {
    const auto* norm = std::get_if<core::model::RmsNorm>(&op.parameters);
    if (norm != nullptr && !norm->weight && !m_ones.contains(norm->alone))
      m_ones[norm->alone] = appendBits(std::vector<float>(norm->alone, 1.0F));
    for (const core::quant::QuantizedTensorPtr* vector : {op.smallWeight(), op.vector()}) {
      if (vector == nullptr || !*vector || m_vectors.contains(vector->get())) continue;
      const std::vector<float> values = core::quant::dequantize(**vector);
      const std::size_t width = constantRow(op, **vector);
      for (std::size_t first = 0; first < values.size(); first += width) {
        const std::uint32_t place = appendBits(std::span(values).subspan(first, width));
        if (first == 0) m_vectors[vector->get()] = place;
      }
    }
  }
  constants.resize(std::max<std::size_t>(constants.size(), m_device->choice().isLanes() ? kTableWords : strideOf(1)));
  m_constants.buffer = std::make_unique<vk::Buffer>(m_device->memory(), constants.size() * 4, vk::MemoryKind::Device,
                                                    "the table of norms and code books");
  vk::Uploader(m_device->memory()).upload(*m_constants.buffer, 0, std::as_bytes(std::span(constants)));
  if (!m_device->choice().isLanes()) return;
  m_constants.texels = std::make_unique<vk::BufferView>(m_device->device(), *m_constants.buffer, VK_FORMAT_R32_SFLOAT,
                                                        0, m_constants.buffer->bytes());
}

Fusion VulkanExecutor::fusionFor(std::uint32_t tokens) const {
  Fusion fusion;
  fusion.swiGlu = canFuseSwiGlu(m_device->choice(), tokens);
  fusion.canShare = [this](const Op& a, const Op& b) {
    return canShareDispatch(*residentOf(a).tensor, *residentOf(b).tensor);
  };
  fusion.canNorm = [this, tokens](const Op& norm, const Op& product) {
    return canFuseNorm(m_device->choice(), tokens, m_graph.values[norm.out].width, m_graph.values[product.out].width,
                       residentOf(product).tensor->format.tableWords);
  };
  return fusion;
}

std::unique_ptr<Workspace> VulkanExecutor::makeWorkspace(const Fusion& fusion, std::uint32_t wishedRows,
                                                         std::uint32_t sequences) {
  std::vector<Step> steps = planSteps(m_graph, fusion);
  std::uint64_t sums = 0;
  for (std::size_t v = 0; v < fusion.watches.size(); ++v) {
    if (fusion.watches[v].columns) sums = std::max<std::uint64_t>(sums, 3 * strideOf(m_graph.values[v].width));
  }
  const std::uint64_t attention = attentionPartFloats(m_graph, m_device->choice());
  const std::uint64_t candidates = candidateFloatsOf(m_graph, m_device->choice());
  const std::uint32_t rows =
      std::min(wishedRows, Workspace::mostRows(*m_device, m_graph, steps, sums + attention + candidates * sequences));
  if (rows < wishedRows && m_graph.rowsTogether())
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} tokens have to be computed together, but the activations of only {} fit into a buffer "
                            "of {}.",
                            wishedRows, rows, deviceName()));
  const std::uint64_t logits = std::uint64_t{strideOf(m_graph.vocabulary())} * rows;
  std::uint64_t largest = std::max({logits, sums, candidates * sequences}), all = logits;
  for (std::size_t v = 0; v < fusion.watches.size(); ++v) {
    const std::uint64_t stride = strideOf(m_graph.values[v].words());
    if (fusion.watches[v].columns) all += 3 * stride;
    if (!fusion.watches[v].data) continue;
    largest = std::max(largest, stride * rows);
    all += stride * rows;
  }
  const Workspace::Sizes sizes{rows, sequences, std::max(largest, std::min(all, kObservedFloats)),
                               sums, attention, candidates};
  return std::make_unique<Workspace>(*m_device, m_graph, std::move(steps), sizes, m_constants, *m_state);
}

void VulkanExecutor::prepareObserved() {
  if (m_observed && m_observedFor == observers().watches()) return;
  m_observed.reset();  // first, so that they need no memory together
  Fusion fusion = fusionFor(m_prefill->rows());
  fusion.watches = observers().watches();
  m_observed = makeWorkspace(fusion, m_prefill->rows());
  m_observedFor = fusion.watches;
}

std::string VulkanExecutor::deviceName() const { return m_device->info().name; }

double VulkanExecutor::measureReadBandwidth() {
  return m_device->info().type == "cpu" ? core::measureHostReadBandwidth() : measureCopyBandwidth(*m_device);
}

core::model::MemoryUse VulkanExecutor::memory() const {
  core::model::MemoryUse use;
  use.weightBytes = m_graph.weightBytes;
  use.residentBytes = m_constants.buffer->bytes() + m_state->bytes();
  for (const auto& [key, resident] : m_weights)
    (resident.tensor->isOnHost ? use.hostBytes : use.residentBytes) += resident.tensor->bytes;
  use.hostParts = m_hostParts;
  for (const auto* workspace : {m_decode.get(), m_prefill.get(), m_observed.get()}) {
    if (workspace != nullptr) use.residentBytes += workspace->bytes();
  }
  for (const auto& [sequences, workspace] : m_together) use.residentBytes += workspace->bytes();
  use.residentBytes += keptCacheBytes();
  return use;
}

std::unique_ptr<KvCache> VulkanExecutor::makeKvCache(std::uint32_t capacity, core::model::KvType type) {
  return std::make_unique<VulkanKvCache>(*m_device, m_graph, capacity, type);
}

void VulkanExecutor::compute(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted,
                             std::span<float> logits, const core::JobContext& job) {
  m_device->device()->throwIfLost();
  const std::uint32_t vocabulary = m_graph.vocabulary();
  const bool isObserved = observers().isWatching();
  isObserved ? prepareObserved() : m_observed.reset();
  inBatches(tokens, cache, (isObserved ? m_observed : m_prefill)->rows(), job, [&](Batch& batch) {
    if (wanted == LogitsWanted::AllTokens) {
      batch.rows = Rows::All;
      batch.logits =
          logits.subspan((batch.firstPosition() - cache.length()) * vocabulary, batch.tokens.size() * vocabulary);
    } else if (&batch.tokens.back() == &tokens.back()) {
      batch.rows = Rows::Last;
      batch.logits = logits;
    }
    writeState(batch);
    if (isObserved)
      runObserved(batch, job);
    else if (stepTimes() != nullptr && m_device->device()->caps().timestampSeconds > 0)
      runTimed(batch, job);
    else
      run(batch, job);
  });
}

template <typename Visitor>
void VulkanExecutor::inBatches(std::span<const TokenId> tokens, KvCache& cache, std::size_t batchSize,
                               const core::JobContext& job, const Visitor& visit) {
  for (std::size_t first = 0; first < tokens.size(); first += batchSize) {
    job.throwIfCancelled();
    const auto part = tokens.subspan(first, std::min(batchSize, tokens.size() - first));
    Batch batch{.tokens = part,
                .rows = Rows::None,
                .logits = {},
                .sequences = {rowsOf(cache, 0, 0, static_cast<std::uint32_t>(part.size()),
                                     static_cast<std::uint32_t>(cache.length() + first))}};
    visit(batch);
  }
}

VulkanExecutor::SequenceRows VulkanExecutor::rowsOf(KvCache& cache, std::uint32_t index, std::uint32_t firstRow,
                                                    std::uint32_t rows, std::uint32_t firstPosition) {
  auto& ours = static_cast<VulkanKvCache&>(cache);  // the door has checked that this executor made it
  SequenceRows made{.cache = &ours, .index = index, .firstRow = firstRow, .rows = rows, .firstPosition = firstPosition};
  if (ours.hasStates()) {
    const auto step = ours.beginStates(firstPosition, made.end());
    made.read = step.read ? static_cast<std::uint32_t>(*step.read) : kNone;
    made.write = static_cast<std::uint32_t>(step.write);
  }
  // Commands serve later tokens, too, until the context is twice as long.
  made.positions = std::min(std::bit_ceil(std::max(made.end(), kLeastPositions)), ours.capacity());
  return made;
}

CandidateSearch VulkanExecutor::searchFor(const core::model::CandidatesWanted& wanted) const {
  return {m_graph.vocabulary(), std::min(divideUp(wanted.count, kCandidateStep) * kCandidateStep, kMostCandidates)};
}

bool VulkanExecutor::finds(const core::model::CandidatesWanted& wanted) const {
  return m_device->choice().findsCandidates && wanted.count <= kMostCandidates &&
         std::isfinite(1.0F / wanted.temperature);
}

bool VulkanExecutor::begin(std::span<const TokenId> tokens, KvCache& cache, const core::model::CandidatesWanted& wanted,
                           const core::JobContext& job) {
  if (observers().isWatching() || stepTimes() != nullptr) return false;
  if (!finds(wanted)) return false;
  m_device->device()->throwIfLost();
  m_observed.reset();
  inBatches(tokens, cache, m_prefill->rows(), job, [&](Batch& batch) {
    const bool isLast = &batch.tokens.back() == &tokens.back();
    if (isLast) {
      batch.rows = Rows::Candidates;
      batch.sequences.front().candidates = wanted;
    }
    writeState(batch);
    if (!isLast) return run(batch, job);
    Workspace& workspace = workspaceOf(batch);
    m_begun = {recordingOf(batch), &workspace, wanted, batch.tokens.size() - 1};
    count(*m_begun.recording);
    m_begun.recording->begin();
  });
  return true;
}

core::model::Candidates VulkanExecutor::finish(const core::JobContext& job) {
  m_begun.recording->finish(job, m_begun.workspace->pace());
  const CandidateSearch search = searchFor(m_begun.wanted);
  m_traffic.returnedBytes += search.floats() * sizeof(float);
  auto found = readCandidates(search, reinterpret_cast<const std::uint32_t*>(m_begun.workspace->readback().mapped()),
                              m_begun.wanted);
  if (found) return std::move(*found);
  std::vector<float> row(m_graph.vocabulary());
  readLogits(0, row);
  return core::model::candidatesOf(row, m_begun.wanted);
}

void VulkanExecutor::abandon() {
  if (m_begun.recording) m_begun.recording->settle();
}

void VulkanExecutor::readLogits(std::size_t row, std::span<float> logits) {
  const Workspace& workspace = *m_begun.workspace;
  const Place all = workspace.place(m_graph.ops.back().out);
  const std::uint64_t first = all.offset + (m_begun.firstRow + row) * all.stride;
  vk::Commands commands(m_device->device(), "reading logits");
  commands.copy(workspace.arena(), first * sizeof(float), workspace.readback(), 0, logits.size_bytes());
  commands.finish();
  commands.submit();
  commands.wait();
  ++m_traffic.submissions;
  takeLogits(workspace, logits);
}

void VulkanExecutor::writeState(const Batch& batch) {
  std::array<SequenceState, kMostSequences> states{};
  for (const SequenceRows& rows : batch.sequences)
    states.at(rows.index) = {.firstPosition = rows.firstPosition,
                             .read = rows.read,
                             .write = rows.write,
                             .known = rows.candidates.known,
                             .inverseTemperature = 1.0F / rows.candidates.temperature,
                             .unused = {}};
  std::memcpy(m_state->mapped(), states.data(), sizeof(states));
  std::memcpy(m_state->mapped() + sizeof(states), batch.tokens.data(), batch.tokens.size() * sizeof(std::uint32_t));
}

Workspace& VulkanExecutor::workspaceOf(const Batch& batch) {
  if (batch.isOfOne()) return batch.tokens.size() == 1 ? *m_decode : *m_prefill;
  const auto count = static_cast<std::uint32_t>(batch.sequences.size());
  const std::uint32_t room = std::max(std::bit_ceil(count), kFewSequences);
  auto found = m_together.find(room);
  if (found == m_together.end()) found = m_together.emplace(room, makeWorkspace(fusionFor(room), room, room)).first;
  if (found->second->rows() < count)
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("The activations of {} sequences do not fit into a buffer of {}.", count, deviceName()));
  return *found->second;
}

std::shared_ptr<Recording> VulkanExecutor::recordingOf(std::span<const Part> parts, const WorkPace& pace) {
  Recordings::Key key;
  std::vector<Recorded*> named;
  std::vector<std::uint32_t> ends, positions;
  bool isOfTokens = true;
  for (const auto& [executor, workspace, batch] : parts) {
    isOfTokens = isOfTokens && batch->tokens.size() == batch->sequences.size();
    key.insert(key.end(), {workspace->recorded().number(), batch->tokens.size(), batch->sequences.size(),
                           static_cast<std::uint64_t>(batch->rows)});
    named.push_back(&workspace->recorded());
    for (const SequenceRows& rows : batch->sequences) {
      key.push_back(rows.cache->recorded().number());
      key.push_back(batch->rows == Rows::Candidates ? executor->searchFor(rows.candidates).count : 0);
      named.push_back(&rows.cache->recorded());
      ends.push_back(rows.end());
      positions.push_back(rows.positions);
    }
  }
  const auto kept = m_recordings.find(key);
  if (kept && kept->suits(pace, ends)) return kept;
  std::vector<Script> scripts;
  for (const auto& [executor, workspace, batch] : parts) scripts.push_back(executor->record(*workspace, *batch));
  Recording recording = cutScripts(m_device->device(), scripts, pace.limit());
  recording.positions = positions;
  return m_recordings.keep(key, std::move(recording), isOfTokens, named);
}

std::shared_ptr<Recording> VulkanExecutor::recordingOf(const Batch& batch) {
  Workspace& workspace = workspaceOf(batch);
  const Part part{this, &workspace, &batch};
  return recordingOf(std::span(&part, 1), workspace.pace());
}

void VulkanExecutor::run(const Batch& batch, const core::JobContext& job) {
  Workspace& workspace = workspaceOf(batch);
  submit(*recordingOf(batch), workspace, job);
  takeLogits(workspace, batch.logits);
}

void VulkanExecutor::runTimed(const Batch& batch, const core::JobContext& job) {
  Workspace& workspace = workspaceOf(batch);
  const std::vector<const Step*> steps = stepsOf(workspace, batch);
  const vk::Timestamps stamps(m_device->device(), static_cast<std::uint32_t>(steps.size() + 1));
  Batch exact = batch;
  for (SequenceRows& rows : exact.sequences) rows.positions = rows.end();
  const Script script = record(workspace, exact, &stamps);
  Recording recording = cutScripts(m_device->device(), std::span(&script, 1), workspace.pace().limit());
  submit(recording, workspace, job);
  const std::vector<double> seconds = stamps.read();
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i]->kind != OpKind::TakeRows)  // which takes none: what follows looks elsewhere
      stepTimes()->add(timedKind(*steps[i]), madeBy(*steps[i], m_graph), seconds[i + 1] - seconds[i]);
  takeLogits(workspace, batch.logits);
}

void VulkanExecutor::takeLogits(const Workspace& workspace, std::span<float> logits) {
  const std::uint32_t vocabulary = m_graph.vocabulary();
  copyRows(reinterpret_cast<const float*>(workspace.readback().mapped()), strideOf(vocabulary), vocabulary, logits);
  m_traffic.returnedBytes += logits.size_bytes();
}

void VulkanExecutor::count(const Recording& recording) {
  m_traffic.submissions += recording.pieces.size();
  m_traffic.dispatches += recording.dispatches;
  m_traffic.barriers += recording.barriers;
}

void VulkanExecutor::submit(Recording& recording, Workspace& workspace, const core::JobContext& job) {
  count(recording);
  recording.run(job, workspace.pace());
}

void VulkanExecutor::copyRows(const float* from, std::size_t stride, std::size_t width, std::span<float> to) {
  for (std::size_t row = 0; row * width < to.size(); ++row) {
    std::memcpy(to.data() + row * width, from + row * stride, width * sizeof(float));
  }
}

std::unique_ptr<core::model::Executor> createVulkanExecutor(std::shared_ptr<VulkanDevice> device,
                                                            core::model::Graph graph, std::uint64_t cacheBytes,
                                                            const core::JobContext& job) {
  return std::make_unique<VulkanExecutor>(std::move(device), std::move(graph), job, cacheBytes);
}

std::unique_ptr<core::model::Executor> createVulkanExecutor(std::shared_ptr<VulkanDevice> device,
                                                            core::model::Graph graph, const core::JobContext& job) {
  return createVulkanExecutor(std::move(device), std::move(graph), 0, job);
}

std::shared_ptr<VulkanDevice> deviceOf(const core::model::Executor& executor) {
  const auto* const ours = dynamic_cast<const VulkanExecutor*>(&executor);
  return ours == nullptr ? nullptr : ours->device();
}

}  // namespace gpu
