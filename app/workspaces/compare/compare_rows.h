#pragma once
#include <QColor>
#include <QString>
#include <optional>
#include <vector>

#include "app/widgets/theme.h"
#include "core/evaluate/comparison_statistics.h"
#include "core/model/recipe/recipe.h"

namespace app {

class CompareState;

/// A checked scheme, or the reference, with all that is known of it.
struct CompareRow {
  enum class State : std::uint8_t { NotMeasured, Partly, Measured, Failed };

  core::model::Recipe recipe;
  QString title;
  QColor color;
  SeriesMark mark = SeriesMark::Circle;
  bool isReference = false;
  std::optional<double> bytes, bitsPerWeight, ofFp32, ofFp16;
  State state = State::NotMeasured;
  /// Of the reference only the perplexity.
  core::evaluate::ComparisonSummary figures;
  double decode = 0, prefill = 0;  ///< tokens/s here; 0: not measured
  QString verdict;                 ///< "indistinguishable", "different", "not measured", a sentence why it failed
  std::vector<int> sameAs;         ///< rows that cannot be told from this one, by KL

  bool hasKl() const { return !isReference && (state == State::Measured || state == State::Partly); }
};

/// The reference, then the checked schemes in the order of the list.
std::vector<CompareRow> compareRows(const CompareState& state);
/// Mean KL of the noise runs, nats; 0: not measured.
double noiseFloorOf(const CompareState& state);
/// What the figures were computed from, one line.
QString provenanceOf(const CompareState& state);
/// The rows that no other beats in both size and KL, smallest first.
std::vector<int> paretoFront(const std::vector<CompareRow>& rows);

}  // namespace app
