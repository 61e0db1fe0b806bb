// How VulkanExecutor computes the next tokens of several sequences: those of one executor as a batch, and the batches
// of executors that share a device in the same commands.
#include <algorithm>

#include "gpu/vulkan_executor.h"

namespace gpu {

using core::model::TokenId;

std::size_t VulkanExecutor::mostTogether() const { return std::min(m_prefill->rows(), kMostSequences); }

bool VulkanExecutor::joins(const Executor& other) const {
  const auto* const ours = dynamic_cast<const VulkanExecutor*>(&other);
  return ours != nullptr && ours->m_device == m_device;
}

VulkanExecutor::Batch VulkanExecutor::batchOf(const StepBatch& asked, std::vector<TokenId>& tokens) {
  Batch batch{.tokens = {}, .rows = Rows::Candidates, .logits = {}, .sequences = {}};
  for (const core::model::SequenceStep& step : asked.steps) {
    const auto row = static_cast<std::uint32_t>(tokens.size());
    tokens.push_back(step.token);
    batch.sequences.push_back(rowsOf(*step.cache, row, row, 1, step.cache->length()));
    batch.sequences.back().candidates = step.wanted;
    if (!finds(step.wanted)) batch.rows = Rows::Last;
  }
  batch.tokens = tokens;
  return batch;
}

void VulkanExecutor::computeTogether(std::span<StepBatch> asked, const core::JobContext& job) {
  m_device->device()->throwIfLost();
  job.throwIfCancelled();
  std::vector<std::vector<TokenId>> tokens(asked.size());
  std::vector<Batch> batches(asked.size());
  std::vector<Part> parts;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& executor = static_cast<VulkanExecutor&>(*asked[i].executor);  // this one joins it
    executor.m_observed.reset();
    batches[i] = executor.batchOf(asked[i], tokens[i]);
    parts.push_back({&executor, &executor.workspaceOf(batches[i]), &batches[i]});
    executor.writeState(batches[i]);
  }
  if (!m_joinedPace) m_joinedPace = m_device->newPace();
  WorkPace& pace = parts.size() == 1 ? parts.front().workspace->pace() : *m_joinedPace;
  const auto recording = recordingOf(parts, pace);
  count(*recording);
  recording->run(job, pace);
  for (std::size_t i = 0; i < asked.size(); ++i) parts[i].executor->takeResults(parts[i], asked[i]);
}

void VulkanExecutor::takeResults(const Part& part, StepBatch& asked) {
  m_begun = {nullptr, part.workspace, {}, 0};
  if (part.batch->rows != Rows::Candidates) {
    asked.logits.resize(asked.steps.size() * m_graph.vocabulary());
    return takeLogits(*part.workspace, asked.logits);
  }
  const auto* words = reinterpret_cast<const std::uint32_t*>(part.workspace->readback().mapped());
  std::vector<std::optional<core::model::Candidates>> found;
  for (const core::model::SequenceStep& step : asked.steps) {
    const CandidateSearch search = searchFor(step.wanted);
    found.push_back(readCandidates(search, words, step.wanted));
    words += search.floats();
    m_traffic.returnedBytes += search.floats() * sizeof(float);
  }
  std::vector<float> row(m_graph.vocabulary());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) {  // into the memory that was just read
      readLogits(i, row);
      found[i] = core::model::candidatesOf(row, asked.steps[i].wanted);
    }
    asked.found.push_back(std::move(*found[i]));
  }
}

}  // namespace gpu
