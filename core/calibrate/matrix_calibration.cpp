#include "core/calibrate/matrix_calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"

namespace core::calibrate {

namespace {

std::string identityOf(const io::ImportanceMatrix& matrix) {
  std::string all;
  for (const io::ImportanceEntry& entry : matrix.entries)
    all += fmt::format("{} {:016x} {:016x}\n", entry.name, contentHash(std::as_bytes(std::span(entry.sums))),
                       contentHash(std::as_bytes(std::span(entry.divisors))));
  return fmt::format("imatrix {:016x}", contentHash(std::as_bytes(std::span(all))));
}

}  // namespace

MatrixCalibration::MatrixCalibration(io::ImportanceMatrix matrix, std::string title)
    : m_matrix(std::move(matrix)), m_title(std::move(title)), m_identity(identityOf(m_matrix)) {}

quant::TensorCalibrationPtr MatrixCalibration::of(const std::string& tensor, quant::CalibrationNeed need,
                                                  const JobContext& /*job*/) {
  if (need > quant::CalibrationNeed::Importance)
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} is an importance matrix, which knows too little of the inputs of {}: this scheme needs "
                            "a calibration text.",
                            io::inQuotes(m_title), io::inQuotes(tensor)),
                tensor);
  const io::ImportanceEntry* entry = m_matrix.find(tensor);
  // A matrix made from a GGUF file serves the folder it was made from, and the other way: it is about columns, whose
  // order is the same.
  if (const auto other = model::otherName(tensor); entry == nullptr && other) entry = m_matrix.find(*other);
  if (entry == nullptr) return nullptr;
  auto result = std::make_shared<quant::TensorCalibration>();
  result->importance = io::meanSquares(*entry);
  result->samples = static_cast<std::uint64_t>(std::ranges::max(entry->divisors));
  return result;
}

}  // namespace core::calibrate
