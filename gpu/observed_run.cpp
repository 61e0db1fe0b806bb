// How VulkanExecutor shows values to those who watch them: they are copied aside as soon as they are made, many to a
// submission, and shown in the graph's order when it has ended.
#include <algorithm>
#include <cstring>
#include <optional>

#include "gpu/kernels/column_sums_kernel.h"
#include "gpu/step_context.h"

namespace gpu {

using core::model::OpKind;
using core::model::ValueId;

class VulkanExecutor::ObservedRun {
 public:
  ObservedRun(VulkanExecutor& executor, const Batch& batch, const core::JobContext& job)
      : m_executor(executor),
        m_workspace(*executor.m_observed),
        m_batch(batch),
        m_job(job),
        m_rows(static_cast<std::uint32_t>(batch.tokens.size())) {
    beginPart();
  }

  void run() {
    for (const Step& step : m_workspace.steps()) {
      if (step.kind == OpKind::TakeRows) {
        if (m_batch.rows == Rows::None) break;  // nothing of this batch is wanted behind it
        if (m_batch.rows == Rows::Last) takeLastRow();
      } else {
        m_executor.recordStep(context(), step);
        m_recorder->barrier();
      }
      for (const ValueId value : step.writes()) observe(value);
    }
    if (m_batch.rows != Rows::None) {
      const ValueId logits = m_executor.m_graph.ops.back().out;
      copyAside(Kind::Logits, logits, context().place(logits));
    }
    endPart();
  }

 private:
  enum class Kind { Data, Columns, Logits };
  /// Something in the buffer for results that is shown when the part has been computed.
  struct Pending {
    Kind kind;
    ValueId value;
    std::uint64_t offset;  ///< floats
    std::uint32_t stride, firstRow, rows;
  };

  StepContext context() { return {m_workspace, *m_recorder, m_batch.sequences, m_firstRow}; }

  void takeLastRow() {
    m_firstRow = m_rows - 1;
    m_rows = 1;
    m_recorder->setTokens(1);
  }

  void observe(ValueId value) {
    const core::model::Watch watch = m_executor.observers().watch(value);
    const Place place = context().place(value);
    if (watch.columns) {
      makeRoom(std::uint64_t{3} * place.stride);
      recordColumnSums(*m_recorder, m_workspace.set(nullptr), place, m_workspace.columnSums());
      m_recorder->barrier();
      copyAside(Kind::Columns, value, {m_workspace.columnSums(), place.stride});
    }
    if (watch.data) copyAside(Kind::Data, value, place);
  }

  void copyAside(Kind kind, ValueId value, Place from) {
    const std::uint64_t floats = std::uint64_t{from.stride} * (kind == Kind::Columns ? 3 : m_rows);
    makeRoom(floats);
    context().copyToHost(from.offset, m_used, floats);
    m_recorder->barrier();  // what follows may overwrite it
    m_pending.push_back({kind, value, m_used, from.stride, m_firstRow, m_rows});
    m_used += floats;
  }

  void makeRoom(std::uint64_t floats) {
    if (m_used + floats <= m_workspace.readback().bytes() / sizeof(float)) return;
    endPart();
    beginPart();
  }

  void beginPart() {
    m_recorder.emplace(m_executor.m_device->pipelines(), m_executor.m_device->choice(), m_rows);
    m_used = 0;
  }

  void endPart() {
    m_job.throwIfCancelled();
    const Script script = m_recorder->take();
    Recording recording = cutScripts(m_executor.m_device->device(), std::span(&script, 1), m_workspace.pace().limit());
    m_executor.submit(recording, m_workspace, m_job);
    for (const Pending& pending : m_pending) show(pending);
    m_pending.clear();
  }

  void show(const Pending& pending) {
    core::model::Observers& observers = m_executor.observers();
    const auto& graph = m_executor.m_graph;
    const std::size_t width = graph.values[pending.value].words();
    const auto* from = reinterpret_cast<const float*>(m_workspace.readback().mapped()) + pending.offset;
    switch (pending.kind) {
      case Kind::Logits:
        return copyRows(from, pending.stride, width, m_batch.logits);
      case Kind::Columns: {
        const auto row = [&](std::size_t i) { return std::span(from + i * pending.stride, width); };
        return observers.columns(pending.value).addSums(pending.rows, row(0), row(1), row(2));
      }
      case Kind::Data:
        m_data.resize(pending.rows * width);
        copyRows(from, pending.stride, width, m_data);
        return observers.show({pending.value, graph.maker(pending.value), m_batch.firstPosition() + pending.firstRow,
                               pending.rows, m_data});
    }
  }

  VulkanExecutor& m_executor;
  Workspace& m_workspace;
  const Batch& m_batch;
  const core::JobContext& m_job;
  std::uint32_t m_rows;  ///< worked on
  std::uint32_t m_firstRow = 0;
  std::optional<Recorder> m_recorder;
  std::uint64_t m_used = 0;  ///< floats of the buffer for results
  std::vector<Pending> m_pending;
  std::vector<float> m_data;
};

void VulkanExecutor::runObserved(const Batch& batch, const core::JobContext& job) {
  ObservedRun(*this, batch, job).run();
}

}  // namespace gpu
