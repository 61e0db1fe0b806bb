#include "core/calibrate/statistics_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/io/gguf_writer.h"
#include "core/io/mapped_file.h"

namespace core::calibrate {

using quant::InputHistogram;
using tensor::DType;

namespace {

constexpr std::string_view kType = "calibration";
constexpr std::string_view kIdentity = "calibration.identity", kChecksum = "calibration.checksum",
                           kSection = "calibration.section", kRows = "calibration.rows";

constexpr std::string_view kResiduals = "residuals";

struct Part {
  std::string name;
  DType dtype;
  std::uint64_t count;
  std::vector<std::byte> bytes;
};

template <class T>
Part partOf(std::string name, DType dtype, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {std::move(name), dtype, values.size(), {bytes.begin(), bytes.end()}};
}

std::string nameOf(std::size_t section, std::size_t input, std::string_view what) {
  return fmt::format("{}.{}.{}", section, input, what);
}

void addParts(std::size_t section, std::size_t input, const InputStatistics& of, std::vector<Part>& parts) {
  const auto name = [&](std::string_view what) { return nameOf(section, input, what); };
  parts.push_back(partOf<double>(name("squares"), DType::F64, of.squares));
  parts.push_back(partOf<double>(name("magnitudes"), DType::F64, of.magnitudes));
  parts.push_back(partOf<float>(name("largest"), DType::F32, of.largest));
  std::vector<std::uint64_t> counts = of.inputs.counts;
  counts.push_back(of.inputs.nonFinite);
  parts.push_back(partOf<std::uint64_t>(name("counts"), DType::I64, counts));
  const std::array range{of.inputs.limit, of.inputs.min, of.inputs.max};
  parts.push_back(partOf<float>(name("range"), DType::F32, range));
}

/// Over all that is read back, in the order of the file.
class Checksum {
 public:
  Checksum(std::uint64_t rows, std::uint64_t section) : m_hashes{rows, section} {}

  void add(std::string_view name, std::span<const std::byte> bytes) {
    m_hashes.push_back(contentHash(std::as_bytes(std::span(name))));
    m_hashes.push_back(contentHash(bytes));
  }
  std::uint64_t value() const { return contentHash(std::as_bytes(std::span(m_hashes))); }

 private:
  std::vector<std::uint64_t> m_hashes;
};

/// Takes values out of a parsed file, if it has exactly so many.
class Reader {
 public:
  Reader(const io::ParsedModel& model, std::span<const std::byte> bytes) : m_model(model), m_bytes(bytes) {}

  template <class T>
  bool read(const std::string& name, DType dtype, std::size_t count, std::vector<T>& out) const {
    const io::TensorInfo* const tensor = find(name);
    if (tensor == nullptr || tensor->dtype != dtype || tensor->bytes != count * sizeof(T)) return false;
    out.resize(count);
    if (count != 0) std::memcpy(out.data(), m_bytes.data() + tensor->offset, tensor->bytes);
    return true;
  }

  bool isIntact(Checksum checksum) const {
    for (const io::TensorInfo& tensor : m_model.tensors)
      checksum.add(tensor.name, m_bytes.subspan(tensor.offset, tensor.bytes));
    return m_model.metadata.unsignedInteger(kChecksum) == checksum.value();
  }

 private:
  const io::TensorInfo* find(const std::string& name) const {
    const auto found = std::ranges::find(m_model.tensors, name, &io::TensorInfo::name);
    return found == m_model.tensors.end() ? nullptr : &*found;
  }

  const io::ParsedModel& m_model;
  std::span<const std::byte> m_bytes;
};

std::optional<InputStatistics> readInput(const Reader& reader, std::size_t section, std::size_t input,
                                         std::size_t width, std::uint64_t rows) {
  const auto name = [&](std::string_view what) { return nameOf(section, input, what); };
  InputStatistics result(width);
  result.rows = rows;
  std::vector<float> range;
  const bool isComplete = reader.read(name("squares"), DType::F64, width, result.squares) &&
                          reader.read(name("magnitudes"), DType::F64, width, result.magnitudes) &&
                          reader.read(name("largest"), DType::F32, width, result.largest) &&
                          reader.read(name("counts"), DType::I64, InputHistogram::kBins + 1, result.inputs.counts) &&
                          reader.read(name("range"), DType::F32, 3, range);
  if (!isComplete) return std::nullopt;
  result.inputs.nonFinite = result.inputs.counts.back();
  result.inputs.counts.pop_back();
  result.inputs.limit = range[0], result.inputs.min = range[1], result.inputs.max = range[2];
  return result;
}

std::optional<Progress> parseProgress(std::span<const std::byte> bytes, const std::string& identity,
                                      const std::vector<std::vector<std::size_t>>& widths,
                                      const std::vector<std::size_t>& residualValues) {
  const io::ParsedModel model = io::readGguf(bytes, "calibration");
  const Reader reader(model, bytes);
  if (model.metadata.string("general.type") != kType || model.metadata.string(kIdentity) != identity)
    return std::nullopt;
  Progress progress;
  const std::uint64_t rows = model.metadata.unsignedInteger(kRows).value_or(0);
  progress.section = model.metadata.unsignedInteger(kSection).value_or(0);
  if (!reader.isIntact(Checksum(rows, progress.section)) || rows == 0 || progress.section >= widths.size())
    return std::nullopt;
  for (std::size_t section = 0; section < widths.size(); ++section) {
    auto& inputs = progress.statistics.emplace_back();
    for (std::size_t input = 0; input < widths[section].size(); ++input)
      inputs.push_back(readInput(reader, section, input, widths[section][input], rows));
    const bool isWhole = std::ranges::all_of(inputs, [](const auto& input) { return input.has_value(); });
    if (!isWhole) std::ranges::fill(inputs, std::nullopt);
  }
  const bool hasResiduals = progress.section == 0 || reader.read(std::string(kResiduals), DType::F32,
                                                                 residualValues[progress.section], progress.residuals);
  return hasResiduals ? std::optional(std::move(progress)) : std::nullopt;
}

}  // namespace

void writeProgress(const std::filesystem::path& path, const std::string& identity, const Progress& progress,
                   std::span<const float> residuals) {
  std::vector<Part> parts;
  std::uint64_t rows = 0;
  for (std::size_t section = 0; section < progress.statistics.size(); ++section) {
    for (std::size_t input = 0; input < progress.statistics[section].size(); ++input) {
      const auto& known = progress.statistics[section][input];
      if (known) addParts(section, input, *known, parts), rows = known->rows;
    }
  }
  Checksum checksum(rows, progress.section);
  for (const Part& part : parts) checksum.add(part.name, part.bytes);
  if (progress.section != 0) checksum.add(kResiduals, std::as_bytes(residuals));
  io::GgufWriter writer(io::OutputFile{path});
  writer.addString("general.type", kType);
  writer.addString(kIdentity, identity);
  writer.addU64(kRows, rows);
  writer.addU64(kSection, progress.section);
  writer.addU64(kChecksum, checksum.value());
  for (const Part& part : parts) writer.declareTensor(part.name, part.dtype, {part.count});
  if (progress.section != 0) writer.declareTensor(std::string(kResiduals), DType::F32, {residuals.size()});
  for (const Part& part : parts) writer.append(part.bytes);
  if (progress.section != 0) writer.append(std::as_bytes(residuals));
  writer.finish();
}

std::optional<Progress> readProgress(const std::filesystem::path& path, const std::string& identity,
                                     const std::vector<std::vector<std::size_t>>& widths,
                                     const std::vector<std::size_t>& residualValues) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  try {
    const io::MappedFile file(path);
    file.throwIfShortened();
    return parseProgress(file.contents(), identity, widths, residualValues);
  } catch (const Error&) {
    return std::nullopt;  // damaged: as good as none
  }
}

}  // namespace core::calibrate
