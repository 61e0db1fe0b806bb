#pragma once
#include <QString>
#include <cstdint>
#include <vector>

#include "core/quant/explain/method_explanation.h"

namespace app {

/// What a method did to one row, a line for every column in the order in which it took them.
struct ColumnTable {
  struct Field {
    QString title, meaning;
    int digits = 4;    ///< significant ones; 0: codes and places, as they are
    int letters = 10;  ///< room that its values need
  };
  std::vector<Field> fields;
  std::vector<std::vector<double>> lines;  ///< NaN: nothing there
};

ColumnTable columnTable(const core::quant::MethodExplanation& explanation);
/// The column of the weights that a line is about.
std::uint32_t columnOf(const core::quant::MethodExplanation& explanation, std::size_t line);
/// The line that is about a column. @pre the row has it
std::size_t lineOf(const core::quant::MethodExplanation& explanation, std::uint32_t column);

}  // namespace app
