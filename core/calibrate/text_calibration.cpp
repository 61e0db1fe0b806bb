#include "core/calibrate/text_calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/make_room.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/quant/matrix_name.h"
#include "core/quant/methods/hessian.h"

namespace core::calibrate {

namespace {

constexpr std::uint64_t kHessianBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kExpertRowBytes = std::uint64_t{256} << 20;
constexpr std::string_view kSuffix = ".calibration";
constexpr std::uint64_t kMostFolderBytes = std::uint64_t{512} << 20;
constexpr std::chrono::seconds kKeepInterval{30};
constexpr std::chrono::milliseconds kLookInterval{20};

std::size_t widthOf(const Section& section, std::size_t input) {
  return section.graph.values[section.inputs[input].value].width;
}

/// "4,096"
std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace

/// The right to read on. Waiting for another reader can be cancelled.
class TextCalibration::Lock {
 public:
  Lock(std::timed_mutex& mutex, const JobContext& job) : m_lock(mutex, std::defer_lock) {
    while (!m_lock.try_lock_for(kLookInterval)) job.throwIfCancelled();
  }

 private:
  std::unique_lock<std::timed_mutex> m_lock;
};

TextCalibration::TextCalibration(const model::Graph& graph, TokenWindows windows, TextCalibrationOptions options)
    : m_sections(cutIntoSections(graph)),
      m_windows(std::move(windows)),
      m_options(std::move(options)),
      m_identity(fmt::format("text {} {:016x} {}", m_options.modelHash,
                             contentHash(std::as_bytes(std::span(m_windows.tokens))), m_windows.context)),
      m_stream(m_sections, m_windows),
      m_lastKept(std::chrono::steady_clock::now()) {
  std::uint64_t widest = 1;
  for (std::size_t s = 0; s < m_sections.size(); ++s) {
    const Section& section = m_sections[s];
    m_progress.statistics.emplace_back(section.inputs.size());
    widest = std::max<std::uint64_t>(widest, section.graph.vocabulary());
    for (std::size_t i = 0; i < section.inputs.size(); ++i)
      for (const std::string& weight : section.inputs[i].weights) m_places.try_emplace(weight, Place{s, i});
    for (std::size_t i = 0; i < section.experts.size(); ++i)
      for (const std::string& weight : section.experts[i].weights) m_expertPlaces.try_emplace(weight, Place{s, i});
  }
  m_experts.resize(m_sections.size());
  const std::uint64_t most = kMostResidualBytes / (2 * sizeof(float) * widest);
  if (m_windows.tokens.size() > most)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Of this model's width, calibration reads at most {} tokens at a time, but {} were asked "
                            "for.",
                            grouped(most), grouped(m_windows.tokens.size())));
}

std::string TextCalibration::title() const {
  return fmt::format("{} · {} tokens", m_options.textTitle, grouped(tokens()));
}

quant::TensorCalibrationPtr TextCalibration::of(const std::string& tensor, quant::CalibrationNeed need,
                                                const JobContext& job) {
  if (const auto expert = expertPlace(tensor)) {
    const Lock lock(m_mutex, job);
    return ofExpert(*expert, need, job);
  }
  const auto experts = m_expertPlaces.find(tensor);
  const auto found = m_places.find(tensor);
  if (found == m_places.end() && experts == m_expertPlaces.end()) return nullptr;
  const Lock lock(m_mutex, job);
  takeUp();
  if (experts != m_expertPlaces.end()) return ofExperts(tensor, experts->second, need, job);
  const Place place = found->second;
  try {
    if (need == quant::CalibrationNeed::Hessian) return withHessian(place, job);
    know(place.section, job);
  } catch (const Cancelled&) {
    keep();
    throw;
  }
  return std::make_shared<const quant::TensorCalibration>(
      m_progress.statistics[place.section][place.input]->calibration());
}

quant::TensorCalibrationPtr TextCalibration::ofExperts(const std::string& tensor, const Place& place,
                                                       quant::CalibrationNeed need, const JobContext& job) {
  if (need == quant::CalibrationNeed::Hessian)
    throw Error(ErrorCode::Unsupported,
                fmt::format("The experts in {} have a Hessian each, and none in common.", io::inQuotes(tensor)),
                tensor);
  know(place.section, job);
  return std::make_shared<const quant::TensorCalibration>(m_experts[place.section][place.input].calibration());
}

std::optional<TextCalibration::ExpertPlace> TextCalibration::expertPlace(const std::string& tensor) const {
  if (const auto matrix = quant::MatrixName::parse(tensor)) {
    const auto stack = m_expertPlaces.find(matrix->stack);
    if (stack != m_expertPlaces.end()) return ExpertPlace{stack->second, matrix->index, true};
  }
  for (const quant::MatrixName& one : quant::MatrixName::ofOwnTensor(tensor)) {
    const auto stack = m_expertPlaces.find(one.stack);
    if (stack != m_expertPlaces.end()) return ExpertPlace{stack->second, one.index, false};
  }
  return std::nullopt;
}

quant::TensorCalibrationPtr TextCalibration::ofExpert(const ExpertPlace& of, quant::CalibrationNeed need,
                                                      const JobContext& job) {
  takeUp();
  const auto& [place, expert, isOfStack] = of;
  know(place.section, job.part(0.0, 0.4));
  const ExpertStatistics& statistics = m_experts[place.section][place.input];
  if (expert >= statistics.rows().size()) return nullptr;
  const bool isSeen = statistics.rows()[expert] != 0;
  if (isOfStack && !isSeen) return nullptr;
  auto known = std::make_shared<quant::TensorCalibration>(statistics.calibrationOf(expert));
  if (need != quant::CalibrationNeed::Hessian || !isSeen) return known;
  if (!m_expertRows || m_expertRows->first != place || !m_expertRows->second.has(expert))
    keepRows(place, expert, job.part(0.4, 1.0));
  known->hessian = m_expertRows->second.hessianOf(expert);
  return known;
}

/// Keeps the rows of this expert, and of those behind it as long as there is room.
void TextCalibration::keepRows(const Place& place, std::size_t expert, const JobContext& job) {
  const ExpertInput& input = m_sections[place.section].experts[place.input];
  const auto rows = m_experts[place.section][place.input].rows();
  std::uint64_t bytes = 0;
  std::size_t last = expert;
  for (; last < rows.size(); ++last) {
    bytes += rows[last] * input.width * sizeof(float);
    if (last != expert && bytes > kExpertRowBytes) break;
  }
  m_expertRows.reset();
  readTo(place.section, job.part(0.0, 0.5));
  ExpertRows kept(input, expert, last);
  m_stream.run(
      {input.value, input.routes}, [&](const model::Observation& seen) { kept.look(seen.value, seen.data); },
      job.part(0.5, 1.0));
  m_expertRows.emplace(place, std::move(kept));
}

void TextCalibration::readAll(const JobContext& job) {
  const Lock lock(m_mutex, job);
  takeUp();
  try {
    const auto count = static_cast<double>(m_sections.size());
    for (std::size_t section = 0; section < m_sections.size(); ++section) {
      const auto done = static_cast<double>(section);
      know(section, job.part(done / count, (done + 1) / count));
    }
  } catch (const Cancelled&) {
    keep();
    throw;
  }
}

io::ImportanceMatrix TextCalibration::importanceMatrix(const JobContext& job) {
  readAll(job);
  const Lock lock(m_mutex, job);
  io::ImportanceMatrix matrix;
  matrix.datasets = {m_options.textTitle};
  matrix.chunkCount = static_cast<std::uint32_t>(m_windows.count());
  matrix.chunkSize = m_windows.context;
  for (const auto& [weight, place] : m_places) {  // in the order of names
    if (place.section + 1 == m_sections.size()) continue;
    const InputStatistics& of = *m_progress.statistics[place.section][place.input];
    // The names llama.cpp's quantizer looks for, of a folder's weights, too.
    io::ImportanceEntry entry{model::canonicalName(weight), {}, {static_cast<float>(of.rows)}};
    for (const double sum : of.squares) entry.sums.push_back(static_cast<float>(sum));
    matrix.entries.push_back(std::move(entry));
  }
  for (const auto& [weight, place] : m_expertPlaces) {
    const ExpertStatistics& of = m_experts[place.section][place.input];
    io::ImportanceEntry entry{model::canonicalName(weight), {}, {}};
    for (const double sum : of.squares()) entry.sums.push_back(static_cast<float>(sum));
    for (const std::uint64_t rows : of.rows()) entry.divisors.push_back(static_cast<float>(rows));
    matrix.entries.push_back(std::move(entry));
  }
  std::ranges::sort(matrix.entries, {}, &io::ImportanceEntry::name);
  return matrix;
}

/// Goes to a section, reading those before it; what they show is summed where it is not known.
void TextCalibration::readTo(std::size_t section, const JobContext& job) {
  if (m_stream.at() > section) m_stream.restart();
  const std::size_t first = m_stream.at();
  const auto count = static_cast<double>(section - first);
  while (m_stream.at() < section) {
    const auto done = static_cast<double>(m_stream.at() - first);
    const JobContext part = job.part(done / count, (done + 1) / count);
    if (!isKnown(m_stream.at()) || !areExpertsKnown(m_stream.at())) readSection({}, part);
    m_stream.advance(part);
    if (std::chrono::steady_clock::now() - m_lastKept > kKeepInterval) keep();
  }
}

/// Reads a section of which nothing is known.
void TextCalibration::know(std::size_t section, const JobContext& job) {
  if (isKnown(section) && areExpertsKnown(section)) return;
  const auto way = static_cast<double>(section - std::min(section, m_stream.at()));
  const double share = way / (way + 1);
  readTo(section, job.part(0.0, share));
  readSection({}, job.part(share, 1.0));
}

/// Reads the current section; sums what is not known of it, and Hessians of these inputs.
void TextCalibration::readSection(const std::vector<std::size_t>& hessians, const JobContext& job) {
  const std::size_t at = m_stream.at();
  const Section& section = m_sections[at];
  const bool isNew = !isKnown(at), areExpertsNew = !areExpertsKnown(at);
  std::vector<ExpertStatistics> experts;
  std::map<model::ValueId, InputStatistics> statistics;
  std::map<model::ValueId, quant::HessianSum> sums;
  std::vector<model::ValueId> watched;
  for (std::size_t i = 0; i < section.inputs.size(); ++i) {
    const bool wantsHessian = std::ranges::find(hessians, i) != hessians.end();
    if (isNew) statistics.try_emplace(section.inputs[i].value, widthOf(section, i));
    if (wantsHessian) sums.try_emplace(section.inputs[i].value, widthOf(section, i));
    if (isNew || wantsHessian) watched.push_back(section.inputs[i].value);
  }
  for (const ExpertInput& input : section.experts) {
    if (!areExpertsNew) break;
    experts.emplace_back(input);
    for (const model::ValueId value : {input.value, input.routes})
      if (std::ranges::find(watched, value) == watched.end()) watched.push_back(value);
  }
  m_stream.run(
      std::move(watched),
      [&](const model::Observation& seen) {
        for (ExpertStatistics& of : experts) of.look(seen.value, seen.data);
        if (const auto known = statistics.find(seen.value); known != statistics.end()) known->second.addRows(seen.data);
        if (const auto sum = sums.find(seen.value); sum != sums.end()) sum->second.addRows(seen.data);
      },
      job);
  for (std::size_t i = 0; isNew && i < section.inputs.size(); ++i)
    m_progress.statistics[at][i] = std::move(statistics.at(section.inputs[i].value));
  if (areExpertsNew) m_experts[at] = std::move(experts);
  if (isNew && isComplete()) keep();
  for (const std::size_t i : hessians) {
    auto known = std::make_shared<quant::TensorCalibration>(m_progress.statistics[at][i]->calibration());
    const auto sum = sums.find(section.inputs[i].value);
    known->hessian = sum->second.mean();
    sums.erase(sum);  // before the next one takes as much
    m_hessians.insert_or_assign({at, i}, std::move(known));
  }
}

quant::TensorCalibrationPtr TextCalibration::withHessian(const Place& place, const JobContext& job) {
  const std::pair key{place.section, place.input};
  if (const auto known = m_hessians.find(key); known != m_hessians.end()) return known->second;
  const std::vector<std::size_t> inputs = hessiansBeside(place);
  makeRoom(place.section, inputs);
  readTo(place.section, job.part(0.0, 0.5));
  readSection(inputs, job.part(0.5, 1.0));
  return m_hessians.at(key);
}

std::uint64_t TextCalibration::hessianBytes(std::size_t section, std::size_t input) const {
  const std::uint64_t width = widthOf(m_sections[section], input);
  return sizeof(float) * width * width;
}

/// The input itself, and the others of its section as long as their Hessians are small enough to be kept.
std::vector<std::size_t> TextCalibration::hessiansBeside(const Place& place) const {
  std::vector<std::size_t> inputs{place.input};
  std::uint64_t all = hessianBytes(place.section, place.input);
  for (std::size_t i = 0; i < m_sections[place.section].inputs.size(); ++i) {
    if (i == place.input || all + hessianBytes(place.section, i) > kHessianBytes) continue;
    inputs.push_back(i);
    all += hessianBytes(place.section, i);
  }
  return inputs;
}

/// Forgets Hessians where these would be too many beside them; somebody who still needs one holds it.
void TextCalibration::makeRoom(std::size_t section, const std::vector<std::size_t>& inputs) {
  std::uint64_t all = 0;
  for (const std::size_t input : inputs) all += hessianBytes(section, input);
  for (const auto& [place, known] : m_hessians) all += hessianBytes(place.first, place.second);
  if (all > kHessianBytes) m_hessians.clear();
}

bool TextCalibration::isComplete() const {
  for (std::size_t section = 0; section < m_sections.size(); ++section)
    if (!isKnown(section)) return false;
  return true;
}

std::vector<std::size_t> TextCalibration::residualValues() const {
  std::vector<std::size_t> counts{0};
  for (const Section& section : m_sections) counts.push_back(m_windows.tokens.size() * section.graph.vocabulary());
  counts.pop_back();
  return counts;
}

/// Finds what an earlier run of the program has kept.
void TextCalibration::takeUp() {
  if (std::exchange(m_isTakenUp, true) || m_options.cacheFolder.empty()) return;
  std::vector<std::vector<std::size_t>> widths;
  for (const Section& section : m_sections) {
    widths.emplace_back();
    for (std::size_t i = 0; i < section.inputs.size(); ++i) widths.back().push_back(widthOf(section, i));
  }
  auto kept = readProgress(cacheFile(), m_identity, widths, residualValues());
  if (!kept) return;
  m_progress.statistics = std::move(kept->statistics);
  m_isKept = isComplete();
  if (kept->section != 0) m_stream.resumeAt(kept->section, std::move(kept->residuals));
}

void TextCalibration::keep() noexcept {
  m_lastKept = std::chrono::steady_clock::now();
  if (m_options.cacheFolder.empty() || m_isKept) return;
  try {
    std::filesystem::create_directories(m_options.cacheFolder);
    io::makeRoom(m_options.cacheFolder, kSuffix, kMostFolderBytes);
    m_progress.section = isComplete() ? 0 : m_stream.at();
    writeProgress(cacheFile(), m_identity, m_progress, m_stream.entering());
    m_isKept = isComplete();
  } catch (const std::exception&) {
    // No cache, then.
  }
}

std::filesystem::path TextCalibration::cacheFile() const {
  return m_options.cacheFolder /
         (fmt::format("{:016x}", contentHash(std::as_bytes(std::span(m_identity)))) + std::string(kSuffix));
}

}  // namespace core::calibrate
