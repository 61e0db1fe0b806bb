#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core::classic {

/// Rows of measurements and what is to be predicted from them.
struct Table {
  std::vector<std::string> columns;  ///< names with units
  std::vector<float> values;         ///< [rows, columns], row by row
  std::vector<float> targets;        ///< [rows]: a number, or the number of a class
  std::vector<std::string> classes;  ///< names of the classes; empty when the target is a number

  std::size_t rows() const { return targets.size(); }
  std::span<const float> row(std::size_t r) const {
    return std::span(values).subspan(r * columns.size(), columns.size());
  }
  std::vector<float> column(std::size_t c) const;
};

/// Rows first … first + count − 1 of endless series drawn by the project; whole tenths, the same on every machine.
/// Houses: area (m²), rooms, age (years), distance to the centre (km) → price in thousands: 40 + 2.9 · area +
/// 12 · rooms − 0.9 · age − 5.5 · distance, and noise of standard deviation 45.
Table houses(std::uint64_t seed, std::uint64_t first, std::size_t count);
/// Fruit: weight (g), length (mm), width (mm), hue (°) → lemon, apple or pear. Bell curves that overlap.
Table fruit(std::uint64_t seed, std::uint64_t first, std::size_t count);

}  // namespace core::classic
