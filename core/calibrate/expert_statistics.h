#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/calibrate/input_statistics.h"
#include "core/calibrate/sections.h"
#include "core/quant/calibration.h"

namespace core::calibrate {

/// Batches of what a stack of experts reads. Values and routes come one after the other, in either order.
class ExpertReader {
 public:
  using Visit = std::function<void(std::size_t expert, std::span<const float> row)>;

  explicit ExpertReader(const ExpertInput& input) : m_input(input) {}

  /// Visits every row that an expert reads once both are there. @param data [rows, width of the value] of the input, or
  /// of the routes  @return whether a batch is complete
  bool look(model::ValueId value, std::span<const float> data, const Visit& visit);
  /// The batch that is complete, each row once: [tokens, width], or the slots' [tokens · used, width].
  std::vector<float> rows() const;

  const ExpertInput& input() const { return m_input; }

 private:
  std::size_t tokens() const { return m_routes.size() / (2 * m_input.used); }
  std::size_t stride() const;

  ExpertInput m_input;
  std::vector<float> m_values, m_routes;  ///< of the batch at hand
  bool m_isComplete = false;
};

/// What is known of the inputs of a stack of experts: Σ x² of the rows that each of them was given, and of all of them
/// what is known of any layer's.
class ExpertStatistics {
 public:
  explicit ExpertStatistics(const ExpertInput& input);

  void look(model::ValueId value, std::span<const float> data);
  /// Mean of x² for every column of every matrix; 1 of an expert that no token came by, as an importance matrix of
  /// llama.cpp has it. Magnitudes and the histogram are those of all rows. @pre there are some
  quant::TensorCalibration calibration() const;
  /// Of one expert: its own importance and number of rows, and what is known of all experts.
  quant::TensorCalibration calibrationOf(std::size_t expert) const;

  std::span<const double> squares() const { return m_squares; }   ///< [experts, width]
  std::span<const std::uint64_t> rows() const { return m_rows; }  ///< [experts]

 private:
  std::vector<float> importanceOf(std::size_t expert) const;

  ExpertReader m_reader;
  InputStatistics m_all;
  std::vector<double> m_squares;
  std::vector<std::uint64_t> m_rows;
};

/// The rows that some experts of a stack read, kept for what is asked of each of them.
class ExpertRows {
 public:
  /// @param first, last  the experts, the latter not among them
  ExpertRows(const ExpertInput& input, std::size_t first, std::size_t last)
      : m_reader(input), m_first(first), m_rows(last - first) {}

  void look(model::ValueId value, std::span<const float> data);
  bool has(std::size_t expert) const { return expert >= m_first && expert - m_first < m_rows.size(); }
  /// [width, width] @pre has(expert), which read a row
  std::vector<float> hessianOf(std::size_t expert) const;

 private:
  ExpertReader m_reader;
  std::size_t m_first;
  std::vector<std::vector<float>> m_rows;  ///< [experts][rows, width]
};

}  // namespace core::calibrate
