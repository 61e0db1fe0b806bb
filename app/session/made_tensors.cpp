#include "app/session/made_tensors.h"

#include <fmt/format.h>

#include <cstring>

#include "app/session/build_text.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/byte_reader.h"
#include "core/io/make_room.h"
#include "core/io/mapped_file.h"
#include "core/io/metadata_encoding.h"
#include "core/io/output_file.h"
#include "core/quant/stored_size.h"

namespace app {

namespace fs = std::filesystem;
namespace quant = core::quant;
using core::io::appendBytes;
using core::io::appendNumber;
using core::io::ByteReader;

namespace {

constexpr std::string_view kTensorSuffix = ".tensor";

bool takesLong(const core::model::TensorDecision& decision) {
  return decision.scheme && quant::calibrationNeed(*decision.scheme) == quant::CalibrationNeed::Hessian;
}

template <class T>
void appendVector(std::vector<std::byte>& bytes, std::span<const T> values) {
  appendNumber<std::uint64_t>(bytes, values.size());
  appendBytes(bytes, std::as_bytes(values));
}

template <class T>
std::vector<T> readVector(ByteReader& reader) {
  const auto count = reader.read<std::uint64_t>("a count");
  if (count > reader.remaining() / sizeof(T)) reader.fail("too few values");
  const auto bytes = reader.take(count * sizeof(T), "values");
  std::vector<T> values(count);
  if (count != 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void appendCodes(std::vector<std::byte>& bytes, const quant::CodeBook& codes) {
  appendNumber(bytes, codes.bits);
  appendNumber(bytes, static_cast<std::uint8_t>(codes.packing));
  appendNumber(bytes, static_cast<std::uint8_t>(codes.grouping.granularity));
  appendNumber(bytes, codes.grouping.size);
  appendNumber(bytes, static_cast<std::uint8_t>(codes.scaleType));
  appendNumber(bytes, codes.tensorFactor);
  appendVector<float>(bytes, codes.levels);
  appendVector<float>(bytes, codes.scales);
}

quant::CodeBook readCodes(ByteReader& reader) {
  quant::CodeBook codes;
  codes.bits = reader.read<std::uint32_t>("bits");
  codes.packing = static_cast<quant::Packing>(reader.read<std::uint8_t>("packing"));
  codes.grouping.granularity = static_cast<quant::Granularity>(reader.read<std::uint8_t>("grouping"));
  codes.grouping.size = reader.read<std::uint32_t>("grouping");
  codes.scaleType = static_cast<quant::ScaleType>(reader.read<std::uint8_t>("scale type"));
  codes.tensorFactor = reader.read<float>("factor");
  codes.levels = readVector<float>(reader);
  codes.scales = readVector<float>(reader);
  return codes;
}

void appendIntegers(std::vector<std::byte>& bytes, const quant::QuantizedTensor& tensor) {
  const auto& codes = *tensor.as<quant::Uniform>();
  appendNumber(bytes, codes.bits);
  appendNumber(bytes, codes.qmin);
  appendNumber(bytes, static_cast<std::uint8_t>(codes.grouping.granularity));
  appendNumber(bytes, codes.grouping.size);
  appendNumber(bytes, static_cast<std::uint8_t>(codes.scaleType));
  appendVector<float>(bytes, codes.scales);
  appendVector<float>(bytes, codes.zeroPoints);
  appendNumber(bytes, codes.zeroPointBits);
  appendVector<std::uint32_t>(
      bytes, tensor.changes ? std::span<const std::uint32_t>(tensor.changes->order) : std::span<const std::uint32_t>());
}

void readIntegers(ByteReader& reader, quant::QuantizedTensor& tensor) {
  quant::Uniform codes;
  codes.bits = reader.read<std::uint32_t>("bits");
  codes.qmin = reader.read<std::int32_t>("lowest level");
  codes.grouping.granularity = static_cast<quant::Granularity>(reader.read<std::uint8_t>("grouping"));
  codes.grouping.size = reader.read<std::uint32_t>("grouping");
  codes.scaleType = static_cast<quant::ScaleType>(reader.read<std::uint8_t>("scale type"));
  codes.scales = readVector<float>(reader);
  codes.zeroPoints = readVector<float>(reader);
  codes.zeroPointBits = reader.read<std::uint32_t>("bits");
  tensor.layout = std::move(codes);
  quant::ColumnChanges changes;
  changes.order = readVector<std::uint32_t>(reader);
  if (!changes.order.empty()) tensor.changes = std::make_shared<const quant::ColumnChanges>(std::move(changes));
}

/// Whether columns were put in another order and nothing else was done to them.
bool isOrderAlone(const quant::ColumnChanges& changes) {
  return changes.inputScales.empty() && changes.outlierColumns.empty();
}

core::quant::QuantizedTensorPtr readKept(const fs::path& file, const std::string& name, const quant::Scheme& scheme,
                                         const core::tensor::Shape& shape) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return nullptr;
  try {
    const core::io::MappedFile mapped(file);
    mapped.throwIfShortened();
    return unpackTensor(mapped.contents(), name, scheme, shape);
  } catch (const core::Error&) {
    return nullptr;  // made again
  }
}

}  // namespace

std::vector<std::byte> packTensor(const quant::QuantizedTensor& tensor) {
  const auto* const codes = tensor.as<quant::CodeBook>();
  const bool isIntegers = tensor.as<quant::Uniform>() != nullptr;
  const bool isHeld = tensor.as<quant::Elements>() != nullptr || isIntegers || (codes != nullptr && !codes->nested);
  if (tensor.input || !tensor.scheme || !isHeld) return {};
  if (tensor.changes && !(isIntegers && isOrderAlone(*tensor.changes))) return {};
  std::vector<std::byte> bytes;
  core::io::appendString(bytes, tensor.name);
  core::io::appendString(bytes, tensor.scheme->toString());
  if (codes != nullptr) appendCodes(bytes, *codes);
  if (isIntegers) appendIntegers(bytes, tensor);
  appendVector<std::byte>(bytes, tensor.payload);
  appendNumber(bytes, core::contentHash(bytes));
  return bytes;
}

quant::QuantizedTensorPtr unpackTensor(std::span<const std::byte> bytes, const std::string& name,
                                       const quant::Scheme& scheme, const core::tensor::Shape& shape) {
  constexpr std::size_t kHash = sizeof(std::uint64_t);
  if (bytes.size() < kHash) return nullptr;
  const auto contents = bytes.first(bytes.size() - kHash);
  if (ByteReader(bytes.last(kHash), "").read<std::uint64_t>("hash") != core::contentHash(contents)) return nullptr;
  ByteReader reader(contents, "a kept tensor");
  if (reader.string("name") != name || reader.string("scheme") != scheme.toString()) return nullptr;
  auto tensor = std::make_shared<quant::QuantizedTensor>();
  tensor->name = name;
  tensor->scheme = scheme;
  tensor->shape = shape;
  if (const auto dtype = quant::storedDType(scheme.format))
    tensor->layout = quant::Elements{*dtype};
  else if (quant::family(scheme.format.name) == quant::Family::Integer)
    readIntegers(reader, *tensor);
  else
    tensor->layout = readCodes(reader);
  auto payload = std::make_shared<std::vector<std::byte>>(readVector<std::byte>(reader));
  if (payload->size() != quant::storedSize(scheme.format, shape).payloadBytes) return nullptr;
  tensor->payload = *payload;
  tensor->owner = std::move(payload);
  return tensor;
}

quant::QuantizedTensorPtr MadeTensors::make(const core::model::TensorDecision& decision,
                                            const quant::QuantizedTensorPtr& stored, const core::JobContext& job,
                                            std::string_view order, quant::Calibration* calibration) {
  const bool isKept = !m_making.workFolder.empty() && m_making.calibration != nullptr && takesLong(decision);
  if (!isKept) return core::model::makeTensor(decision, stored, job, calibration);
  const fs::path file = fileOf(*decision.scheme, stored->name, order);
  m_kept.push_back(file);
  if (auto known = readKept(file, stored->name, *decision.scheme, stored->shape)) return known;
  auto made = core::model::makeTensor(decision, stored, job, calibration);
  try {
    const std::vector<std::byte> bytes = packTensor(*made);
    if (bytes.empty()) return made;
    fs::create_directories(m_making.workFolder);
    core::io::makeRoom(m_making.workFolder, kTensorSuffix, kMostFolderBytes);
    core::io::writeFile(file, {}, bytes);
  } catch (const std::exception&) {
    // Not kept, then.
  }
  return made;
}

void MadeTensors::forget() noexcept {
  std::error_code error;
  for (const fs::path& file : m_kept) fs::remove(file, error);
  m_kept.clear();
}

fs::path MadeTensors::fileOf(const quant::Scheme& scheme, const std::string& tensor, std::string_view order) const {
  std::string all = buildText() + '\n' + m_making.calibration->identity() + '\n' + tensor + '\n' + scheme.toString();
  if (!order.empty()) all += '\n' + std::string(order);
  return m_making.workFolder /
         (fmt::format("{:016x}", core::contentHash(std::as_bytes(std::span(all)))) + std::string(kTensorSuffix));
}

}  // namespace app
