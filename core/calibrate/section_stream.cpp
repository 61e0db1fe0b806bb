#include "core/calibrate/section_stream.h"

#include <fmt/format.h>

#include <cassert>
#include <new>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/model/executor.h"

namespace core::calibrate {

namespace {

std::vector<float> allocate(std::size_t count) {
  try {
    return std::vector<float>(count);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("Calibration needs {} bytes of memory for the residuals of its text, which are not free.",
                            count * sizeof(float)));
  }
}

}  // namespace

void SectionStream::run(std::vector<model::ValueId> values, const model::Hook& hook, const JobContext& job) {
  const Section& section = m_sections[m_at];
  const auto executor = model::createCpuExecutor(m_at == 0 ? section.graph : enteredBy(section, m_entering));
  const auto cache = executor->createKvCache(m_windows.context, model::KvType::F32);
  const std::size_t rows = m_windows.tokens.size(), width = executor->graph().vocabulary();
  std::vector<float> leaving = std::exchange(m_leaving, {});  // of an earlier run, which says the same
  if (leaving.empty()) leaving = allocate(rows * width);
  std::vector<text::TokenId> ids(m_windows.context);
  const model::Subscription watching = executor->subscribe(std::move(values), hook);
  for (std::size_t window = 0; window < m_windows.count(); ++window) {
    job.progress(static_cast<double>(window) / static_cast<double>(m_windows.count()), "Reading the calibration text");
    const std::size_t first = window * ids.size();
    // Behind the first section, tokens are rows of the table of residuals.
    std::iota(ids.begin(), ids.end(), static_cast<text::TokenId>(first));
    cache->truncate(0);
    executor->forward(m_at == 0 ? m_windows.window(window) : std::span<const text::TokenId>(ids), *cache,
                      model::LogitsWanted::AllTokens, std::span(leaving).subspan(first * width, ids.size() * width),
                      job);
  }
  m_leaving = std::move(leaving);
}

void SectionStream::advance(const JobContext& job) {
  assert(m_at + 1 < m_sections.size());
  if (m_leaving.empty()) run({}, {}, job);
  m_entering = std::exchange(m_leaving, {});
  ++m_at;
}

void SectionStream::restart() {
  m_at = 0;
  m_entering.clear();
  m_leaving.clear();
}

void SectionStream::resumeAt(std::size_t section, std::vector<float> entering) {
  m_at = section;
  m_entering = std::move(entering);
  m_leaving.clear();
}

}  // namespace core::calibrate
