#pragma once
#include <QString>
#include <QStringList>
#include <cstdint>
#include <vector>

#include "core/quant/explain/method_explanation.h"

namespace app {

/// What a method did to one row, a line for every column in the order in which it took them.
struct ColumnTable {
  struct Field {
    QString title, meaning;
    bool isWhole = false;  ///< codes and places: as they are
  };
  std::vector<Field> fields;
  std::vector<std::vector<double>> lines;  ///< NaN: nothing there
};

ColumnTable columnTable(const core::quant::MethodExplanation& explanation);
/// The column of the weights that a line is about.
std::uint32_t columnOf(const core::quant::MethodExplanation& explanation, std::size_t line);
/// What happened to that column, with its numbers.
QString lineSentence(const core::quant::MethodExplanation& explanation, std::size_t line);
/// What the method found for the whole row.
QString storySentence(const core::quant::MethodExplanation& explanation);

}  // namespace app
