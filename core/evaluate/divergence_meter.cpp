#include "core/evaluate/divergence_meter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/model/probabilities.h"

namespace core::evaluate {

namespace {

constexpr std::size_t kRowsPerTask = 4;

/// The scored positions of a passage that lie in first … first + count.
std::vector<std::uint32_t> scoredIn(const Passage& passage, std::size_t first, std::size_t count) {
  std::vector<std::uint32_t> positions;
  for (const PositionRange& answer : passage.answers)
    for (std::uint32_t at = answer.first; at < answer.last; ++at)
      if (at >= first && at < first + count) positions.push_back(at);
  return positions;
}

}  // namespace

/// One model beside the reference: sums KL by block.
class DivergenceMeter::Comparison {
 public:
  explicit Comparison(const DivergenceMeter& meter) : m_meter(meter) {
    if (!meter.m_logits.empty()) return;
    m_head.emplace(meter.m_reference->reader(meter.reference()));
  }

  void begin(std::size_t passage) {
    m_scored = m_meter.m_firstScored[passage];
    if (m_head) m_head->begin(passage);
  }

  /// The next batch of the model, for which the reference's is computed where it is not kept.
  void add(std::size_t passage, const KeptForward::Batch& batch, std::size_t stride, const JobContext& job) {
    const Passage& text = m_meter.m_passages[passage];
    const std::vector<std::uint32_t> positions = scoredIn(text, batch.firstPosition, batch.rows.size() / stride);
    const std::span<const float> head = m_head ? m_head->next(job).rows : std::span<const float>();
    const auto rowOf = [&](std::span<const float> rows, std::size_t i) {
      return rows.subspan((positions[i] - batch.firstPosition) * stride, m_meter.m_vocabulary);
    };
    std::vector<double> divergences(positions.size());
    parallelFor(positions.size(), kRowsPerTask, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = rowOf(batch.rows, i);
        divergences[i] =
            compareRows(m_head ? rowOf(head, i) : m_meter.keptRow(m_scored + i), m_meter.m_summaries[m_scored + i], row,
                        summarizeRow(row), text.tokens[positions[i] + 1])
                .kl;
      }
    });
    m_scored += positions.size();
    auto& [sum, tokens] = m_blocks[text.block];
    for (const double divergence : divergences) sum += divergence;
    tokens += static_cast<double>(positions.size());
  }

  BlockRatio result() const {
    BlockRatio ratio;
    for (const auto& [block, sums] : m_blocks)
      if (sums.second > 0.0) ratio.add(sums.first, sums.second);
    return ratio;
  }

 private:
  const DivergenceMeter& m_meter;
  std::optional<KeptForward::Reader> m_head;  ///< where logits are not kept
  std::size_t m_scored = 0;                   ///< the next scored row
  std::map<std::uint32_t, std::pair<double, double>> m_blocks;
};

DivergenceMeter::DivergenceMeter(model::Graph reference, std::vector<Passage> passages, ReadingOptions options,
                                 const KeptBytes& most, const JobContext& job)
    : m_passages(std::move(passages)), m_options(std::move(options)), m_most(most) {
  std::size_t scored = 0;
  for (const Passage& passage : m_passages) {
    m_firstScored.push_back(scored);
    scored += passage.scored();
  }
  if (scored == 0) throw Error(ErrorCode::InvalidArgument, "The text has no position at which a prediction is scored.");
  const std::size_t stride = reference.vocabulary();
  m_vocabulary = model::knownTokens(stride, m_options.knownTokens);
  const bool keeps = std::uint64_t{sizeof(float)} * scored * m_vocabulary <= most.logits;
  m_summaries.reserve(scored);
  if (keeps) m_logits.reserve(scored * m_vocabulary);
  m_reference = std::make_unique<KeptForward>(
      std::move(reference), m_passages, m_options, most.residuals,
      [&](std::size_t passage, const KeptForward::Batch& batch) {
        const std::size_t first = batch.firstPosition;
        for (const std::uint32_t at : scoredIn(m_passages[passage], first, batch.rows.size() / stride)) {
          const auto row = batch.rows.subspan((at - first) * stride, m_vocabulary);
          m_summaries.push_back(summarizeRow(row));
          if (keeps) m_logits.insert(m_logits.end(), row.begin(), row.end());
        }
      },
      job);
}

std::span<const float> DivergenceMeter::keptRow(std::size_t scored) const {
  return std::span(m_logits).subspan(scored * m_vocabulary, m_vocabulary);
}

BlockRatio DivergenceMeter::setBase(model::Graph base, const JobContext& job) {
  m_base.reset();  // before the next one takes as much
  const std::size_t stride = base.vocabulary();
  Comparison comparison(*this);
  std::size_t begun = m_passages.size();
  m_base = std::make_unique<KeptForward>(
      std::move(base), m_passages, m_options, m_most.residuals,
      [&](std::size_t passage, const KeptForward::Batch& batch) {
        if (std::exchange(begun, passage) != passage) comparison.begin(passage);
        comparison.add(passage, batch, stride, job);
      },
      job);
  return comparison.result();
}

BlockRatio DivergenceMeter::measure(const model::Graph& model, const JobContext& job) const {
  const auto ofReference = m_reference->placeBefore(model);
  const bool isCloser = m_base && m_base->placeBefore(model).value_or(0) > ofReference.value_or(0);
  KeptForward::Reader reader = (isCloser ? *m_base : *m_reference).reader(model);
  Comparison comparison(*this);
  for (std::size_t passage = 0; passage < m_passages.size(); ++passage) {
    job.progress(static_cast<double>(passage) / static_cast<double>(m_passages.size()), "Measuring");
    comparison.begin(passage);
    reader.begin(passage);
    for (auto batch = reader.next(job); !batch.rows.empty(); batch = reader.next(job))
      comparison.add(passage, batch, reader.rowStride(), job);
  }
  return comparison.result();
}

}  // namespace core::evaluate
