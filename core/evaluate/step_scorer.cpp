#include "core/evaluate/step_scorer.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/model/available_memory.h"

namespace core::evaluate {

namespace {

constexpr std::size_t kRowsPerTask = 4;  // enough work for a thread, few enough for all of them to have some

template <typename Body>
void forEachRow(std::size_t count, const Body& body) {
  parallelFor(count, kRowsPerTask, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) body(i);
  });
}

}  // namespace

StepScorer::StepScorer(LogitStream& reference, std::vector<LogitStream*> compared)
    : m_reference(reference), m_compared(std::move(compared)) {
  for (const LogitStream* const stream : m_compared) {
    if (stream->vocabulary() == reference.vocabulary()) continue;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Models are compared token by token, but one has {} tokens and the other {}.",
                            reference.vocabulary(), stream->vocabulary()));
  }
}

void StepScorer::require(const Passage& passage, std::uint32_t last) const {
  std::uint32_t capacity = m_reference.capacity();
  for (const LogitStream* const stream : m_compared) capacity = std::min(capacity, stream->capacity());
  if (last + 1 >= passage.tokens.size() || last >= capacity)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A text of {} tokens is not read to position {} in a context of {}.", passage.tokens.size(),
                            last + 1, capacity));
  for (const PositionRange& answer : passage.answers) {
    for (std::uint32_t at = answer.first; at < answer.last; ++at) {
      const auto token = passage.tokens[at + 1];
      if (token >= 0 && static_cast<std::size_t>(token) < m_reference.vocabulary()) continue;
      throw Error(ErrorCode::InvalidArgument, fmt::format("Token {} of the text has no probability.", token));
    }
  }
}

std::span<const float> StepScorer::referenceRow(std::uint32_t row) const {
  return std::span(m_referenceRows).subspan(row * m_reference.rowStride(), m_reference.vocabulary());
}

void StepScorer::read(LogitStream& stream, const Step& step, std::vector<float>& rows, const JobContext& job) const {
  if (step.rows.empty()) return stream.skip(step.tokens, job);
  const std::size_t values = step.tokens.size() * stream.rowStride();
  if (rows.capacity() < values)
    model::requireMemory(fmt::format("The logits of a batch of {} tokens", step.tokens.size()),
                         static_cast<double>(values) * sizeof(float));
  rows.resize(values);
  stream.read(step.tokens, rows, job);
}

void StepScorer::compare(const Step& step, const LogitStream& stream, std::span<TokenComparison> out) const {
  forEachRow(step.rows.size(), [&](std::size_t i) {
    const auto row = std::span(m_comparedRows).subspan(step.rows[i] * stream.rowStride(), stream.vocabulary());
    out[i] = compareRows(referenceRow(step.rows[i]), m_summaries[i], row, summarizeRow(row), step.wanted[i]);
  });
}

void StepScorer::compareWithItself(const Step& step, std::span<TokenComparison> out) const {
  forEachRow(step.rows.size(), [&](std::size_t i) {
    const auto row = referenceRow(step.rows[i]);
    out[i] = compareRows(row, m_summaries[i], row, m_summaries[i], step.wanted[i]);
  });
}

std::vector<std::vector<TokenComparison>> StepScorer::score(const Passage& passage, const JobContext& job) {
  const std::size_t scored = passage.scored(), batch = m_reference.batchTokens();
  std::vector<std::vector<TokenComparison>> scores(std::max<std::size_t>(m_compared.size(), 1),
                                                   std::vector<TokenComparison>(scored));
  m_failed.reset();
  if (scored == 0) return scores;
  const std::size_t end = passage.answers.back().last;
  require(passage, static_cast<std::uint32_t>(end - 1));
  m_reference.restart();
  for (LogitStream* const stream : m_compared) stream->restart();
  std::vector<std::uint32_t> rows;
  std::vector<model::TokenId> wanted;
  for (std::size_t first = 0, done = 0; first < end; first += batch) {
    job.throwIfCancelled();
    const std::size_t count = std::min(batch, end - first);
    rows.clear(), wanted.clear();
    for (const PositionRange& answer : passage.answers) {
      for (std::size_t at = std::max<std::size_t>(answer.first, first);
           at < std::min<std::size_t>(answer.last, first + count); ++at) {
        rows.push_back(static_cast<std::uint32_t>(at - first));
        wanted.push_back(passage.tokens[at + 1]);
      }
    }
    const Step step{std::span(passage.tokens).subspan(first, count), rows, wanted};
    read(m_reference, step, m_referenceRows, job);
    m_summaries.resize(rows.size());
    forEachRow(rows.size(), [&](std::size_t i) { m_summaries[i] = summarizeRow(referenceRow(rows[i])); });
    for (std::size_t c = 0; c < m_compared.size(); ++c) {
      m_failed = c;
      read(*m_compared[c], step, m_comparedRows, job);
      m_failed.reset();
      compare(step, *m_compared[c], std::span(scores[c]).subspan(done, rows.size()));
    }
    if (m_compared.empty()) compareWithItself(step, std::span(scores[0]).subspan(done, rows.size()));
    done += rows.size();
  }
  return scores;
}

}  // namespace core::evaluate
