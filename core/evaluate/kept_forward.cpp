#include "core/evaluate/kept_forward.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "core/model/graph_part.h"

namespace core::evaluate {

std::uint32_t readTokens(const Passage& passage) {
  std::uint32_t end = 0;
  for (const PositionRange& answer : passage.answers) end = std::max(end, answer.last);
  return end;
}

KeptForward::KeptForward(model::Graph graph, std::span<const Passage> passages, ReadingOptions options,
                         std::uint64_t mostBytes, const BatchVisitor& visitor, const JobContext& job)
    : m_graph(std::move(graph)), m_passages(passages), m_options(std::move(options)) {
  for (const Passage& passage : passages) {
    m_firstRows.push_back(m_rows);
    m_rows += readTokens(passage);
    m_capacity = std::max(m_capacity, readTokens(passage));
  }
  choosePlaces(mostBytes);
  Reader whole = readerOf(m_graph, true);
  std::map<model::ValueId, std::size_t> tables;  // value → place
  std::vector<model::ValueId> watched;
  for (std::size_t i = 0; i < m_places.size(); ++i) {
    const model::ValueId value = m_graph.ops[m_places[i].operation].out;
    m_places[i].table.resize(m_rows * m_graph.values[value].width);
    tables.emplace(value, i);
    watched.push_back(value);
  }
  std::size_t passage = 0;
  const model::Subscription watching =
      whole.m_executor->subscribe(std::move(watched), [&](const model::Observation& seen) {
        const std::size_t width = seen.data.size() / seen.rows;
        std::ranges::copy(seen.data,
                          m_places[tables.at(seen.value)].table.begin() +
                              static_cast<std::ptrdiff_t>((m_firstRows[passage] + seen.firstPosition) * width));
      });
  for (; passage < passages.size(); ++passage) {
    job.progress(static_cast<double>(m_firstRows[passage]) / static_cast<double>(std::max<std::size_t>(m_rows, 1)),
                 "Reading the text");
    whole.begin(passage);
    for (Batch batch = whole.next(job); !batch.rows.empty(); batch = whole.next(job))
      if (visitor) visitor(passage, batch);
  }
}

/// Behind the last operation of a layer that multiplies, where the computation may be parted.
void KeptForward::choosePlaces(std::uint64_t mostBytes) {
  const std::vector<bool> parted = model::partings(m_graph);
  std::vector<std::size_t> places;
  bool multiplied = false;
  for (std::size_t i = 0; i + 1 < m_graph.ops.size(); ++i) {
    if (m_graph.ops[i].kind() == model::OpKind::TakeRows) break;  // behind it rows are missing where few are wanted
    multiplied = multiplied || m_graph.ops[i].kind() == model::OpKind::MatMul;
    const bool isFloats =
        m_graph.ops[i].out != model::kNoValue && m_graph.values[m_graph.ops[i].out].form == model::ValueForm::Floats;
    if (!parted[i] || !multiplied || !isFloats) continue;
    places.push_back(i);
    multiplied = false;
  }
  const auto bytesOf = [&](std::size_t op) {
    return std::uint64_t{sizeof(float)} * m_rows * m_graph.values[m_graph.ops[op].out].width;
  };
  for (std::size_t step = 1; !places.empty(); ++step) {  // every step-th, counted from the last one
    std::vector<std::size_t> chosen;
    for (std::size_t i = places.size(); i > 0; i = i > step ? i - step : 0)
      chosen.insert(chosen.begin(), places[i - 1]);
    std::uint64_t bytes = 0;
    for (const std::size_t op : chosen) bytes += bytesOf(op);
    if (bytes > mostBytes && chosen.size() > 1) continue;
    for (const std::size_t op : chosen) m_places.push_back({op, {}});
    return;
  }
}

std::optional<std::size_t> KeptForward::placeBefore(const model::Graph& other) const {
  const std::size_t common = model::commonOperations(m_graph, other);
  const std::vector<bool> parted = model::partings(other);
  std::optional<std::size_t> best;
  for (const Place& place : m_places)
    if (place.operation < common && parted[place.operation]) best = place.operation;
  return best;
}

KeptForward::Reader KeptForward::reader(const model::Graph& other) const {
  const auto operation = placeBefore(other);
  if (!operation) return readerOf(other, true);
  const auto place = std::ranges::find(m_places, *operation, &Place::operation);
  return readerOf(model::enteredBy(model::tailBehind(other, *operation), place->table), false);
}

KeptForward::Reader KeptForward::readerOf(model::Graph graph, bool isWhole) const {
  Reader reader;
  reader.m_passages = m_passages;
  reader.m_firstRows = m_firstRows;
  reader.m_isWhole = isWhole;
  reader.m_executor = m_options.makeExecutor(std::move(graph));
  LogitStreamOptions options;
  options.kv = m_options.kv;
  options.capacity = m_capacity;
  options.knownTokens = m_options.knownTokens;
  reader.m_stream = std::make_unique<LogitStream>(*reader.m_executor, options);
  return reader;
}

void KeptForward::Reader::begin(std::size_t passage) {
  const std::size_t count = readTokens(m_passages[passage]);
  m_tokens.assign(m_passages[passage].tokens.begin(),
                  m_passages[passage].tokens.begin() + static_cast<std::ptrdiff_t>(count));
  // Behind a place, tokens are rows of its table.
  if (!m_isWhole) std::iota(m_tokens.begin(), m_tokens.end(), static_cast<model::TokenId>(m_firstRows[passage]));
  m_read = 0;
  m_stream->restart();
}

KeptForward::Batch KeptForward::Reader::next(const JobContext& job) {
  const std::size_t first = m_read;
  const auto tokens = std::span(m_tokens).subspan(first);
  const auto batch = tokens.first(std::min<std::size_t>(m_stream->batchTokens(), tokens.size()));
  m_rows.resize(batch.size() * m_stream->rowStride());
  m_stream->read(batch, m_rows, job);
  m_read += batch.size();
  return {first, m_rows};
}

std::uint64_t KeptForward::keptBytes() const {
  std::uint64_t bytes = 0;
  for (const Place& place : m_places) bytes += place.table.size() * sizeof(float);
  return bytes;
}

}  // namespace core::evaluate
