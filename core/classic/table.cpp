#include "core/classic/table.h"

#include <algorithm>
#include <cmath>

#include "core/classic/counter_random.h"

namespace core::classic {

namespace {

/// Measured to a tenth.
float tenths(double value) { return static_cast<float>(std::rint(value * 10.0) / 10.0); }

struct Bell {
  double mean, deviation;
};
constexpr std::size_t kFruitColumns = 4, kFruits = 3;
constexpr Bell kFruit[kFruits][kFruitColumns] = {{{110, 20}, {85, 8}, {60, 5}, {55, 6}},     // lemon
                                                 {{170, 30}, {70, 7}, {78, 7}, {60, 30}},    // apple
                                                 {{180, 35}, {95, 11}, {68, 7}, {75, 15}}};  // pear

}  // namespace

std::vector<float> Table::column(std::size_t c) const {
  std::vector<float> out;
  out.reserve(rows());
  for (std::size_t r = 0; r < rows(); ++r) out.push_back(values[r * columns.size() + c]);
  return out;
}

Table houses(std::uint64_t seed, std::uint64_t first, std::size_t count) {
  Table table{{"area (m²)", "rooms", "age (years)", "distance (km)"}, {}, {}, {}};
  for (std::uint64_t index = first; index < first + count; ++index) {
    const CounterRandom random(seed, index);
    const double area = static_cast<double>(random.between(0, 300, 2200)) / 10.0;
    const double rooms = std::max(1.0, std::floor(area / 28.0) + static_cast<double>(random.between(1, -1, 1)));
    const double age = static_cast<double>(random.between(2, 0, 100));
    const double distance = static_cast<double>(random.between(3, 0, 250)) / 10.0;
    const double price = 40.0 + 2.9 * area + 12.0 * rooms - 0.9 * age - 5.5 * distance + 45.0 * random.bell(4);
    for (const double value : {area, rooms, age, distance}) table.values.push_back(tenths(value));
    table.targets.push_back(tenths(price));
  }
  return table;
}

Table fruit(std::uint64_t seed, std::uint64_t first, std::size_t count) {
  Table table{{"weight (g)", "length (mm)", "width (mm)", "hue (°)"}, {}, {}, {"lemon", "apple", "pear"}};
  for (std::uint64_t index = first; index < first + count; ++index) {
    const CounterRandom random(seed, index);
    const auto kind = static_cast<std::size_t>(random.between(0, 0, kFruits - 1));
    for (std::size_t c = 0; c < kFruitColumns; ++c) {
      const Bell& bell = kFruit[kind][c];
      table.values.push_back(tenths(bell.mean + bell.deviation * random.bell(1 + c * CounterRandom::kBellDraws)));
    }
    table.targets.push_back(static_cast<float>(kind));
  }
  return table;
}

}  // namespace core::classic
