#pragma once
#include <QString>
#include <vector>

#include "app/workspaces/quantize/lab_block.h"

namespace app {

/// One stage of the story of a block: its range, what it has in common, then every weight's way to a code and back.
struct LabStage {
  enum class Kind { Range, Parameters, Step, Pack };
  Kind kind = Kind::Range;
  QString id;     ///< in links: "range", "parameters", "divide", "round", "clamp", "code", "pack", "decoded", "error"
  QString title;  ///< "round"
  std::size_t step = 0;  ///< of Step: index into the explanation's steps
};

/// The stages of a block in order; what the scheme does not do is left out.
std::vector<LabStage> stagesOf(const LabBlock& block);
/// Whether some scheme has a stage of this id.
bool isStage(const QString& id);
/// What happens there in words.
QString stageMeaning(const LabBlock& block, const LabStage& stage);
/// The same in symbols.
QString stageFormula(const LabBlock& block, const LabStage& stage, std::size_t shownIndex);
/// The same with the real numbers of a weight.
QString stageNumbers(const LabBlock& block, const LabStage& stage, std::size_t shownIndex);

/// A step's value for a shown weight; NaN for none. Errors are those against the weight before clipping.
double stepValue(const LabBlock& block, std::size_t step, std::size_t shownIndex);
/// As it stands in a column: whole numbers as they are.
QString stepValueText(const LabBlock& block, std::size_t step, std::size_t shownIndex);

}  // namespace app
