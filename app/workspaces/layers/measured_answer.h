#pragma once
#include <QString>
#include <cstdint>
#include <string>
#include <vector>

#include "app/session/measure_sensitivity.h"
#include "core/evaluate/verdict.h"

namespace app {

/// On what single tensors are measured. Two equal questions about the same model, recipe and calibration have the same
/// answer, however finely it is asked.
struct MeasuredQuestion {
  QString text = QStringLiteral("demo");  ///< "demo", "prose" or a file
  std::uint32_t tokens = 1024;            ///< read at most; 0: all of the text
  core::evaluate::Direction direction = core::evaluate::Direction::Swap;
  bool operator==(const MeasuredQuestion&) const = default;
};

/// What is known of one recipe under one question.
struct MeasuredAnswer {
  MeasuredQuestion question;
  std::string recipe;       ///< its text
  std::string calibration;  ///< identity of the one that it was made with; empty where it looks at no data
  /// As far as it is known. Rows of all levels that were asked for; `parts` of the run that was last.
  SensitivityReport report;
  std::size_t done = 0;  ///< figures that the last run has, of report.parts
  bool isComplete = false;
  std::string failure;  ///< one sentence, where the recipe could not be measured

  /// What a recipe's tensors do one by one: the rows of a level, in the order in which they were measured.
  std::vector<const SensitivityRow*> rows(core::evaluate::Level level) const;
  /// All of them together, with the sum of their standard errors: the most that it can be, as all read the same blocks
  /// of text.
  core::evaluate::Estimate sum(core::evaluate::Level level) const;
  /// On the distance of one of its figures from zero; of too few blocks of text, unknown.
  core::evaluate::Verdict judge(const core::evaluate::Estimate& figure) const;
  /// Takes up a newer report about the same: what that has not is kept.
  void add(SensitivityReport news);
};

}  // namespace app
