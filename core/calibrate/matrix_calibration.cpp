#include "core/calibrate/matrix_calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/tensor_place.h"

namespace core::calibrate {

namespace {

std::string identityOf(const io::ImportanceMatrix& matrix) {
  std::string all;
  for (const io::ImportanceEntry& entry : matrix.entries)
    all += fmt::format("{} {:016x} {:016x}\n", entry.name, contentHash(std::as_bytes(std::span(entry.sums))),
                       contentHash(std::as_bytes(std::span(entry.divisors))));
  return fmt::format("imatrix {:016x}", contentHash(std::as_bytes(std::span(all))));
}

/// The row of one expert, of a folder that has a tensor for each, where the matrix is about their stack.
std::vector<float> rowOfExpert(const io::ImportanceEntry& entry, const std::vector<float>& all, std::uint32_t expert,
                               const std::string& tensor, const std::string& title) {
  if (expert >= entry.divisors.size())
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} does not say what of {} belongs to {}; written as GGUF it would.", io::inQuotes(title),
                            io::inQuotes(entry.name), io::inQuotes(tensor)),
                tensor);
  const std::size_t width = all.size() / entry.divisors.size();
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(expert * width);
  return {first, first + static_cast<std::ptrdiff_t>(width)};
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
  const auto expert = entry->name == tensor ? std::nullopt : model::placeOf(tensor).expert;
  if (expert) result->importance = rowOfExpert(*entry, result->importance, *expert, tensor, m_title);
  result->samples = static_cast<std::uint64_t>(std::ranges::max(entry->divisors));
  return result;
}

}  // namespace core::calibrate
