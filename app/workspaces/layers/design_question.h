#pragma once
#include <QString>
#include <cstdint>

#include "app/session/design_space.h"
#include "app/session/divergence_study.h"

namespace app {

/// What is to be designed, on which text, and on which it is checked: everything above the picture, made out. Two equal
/// questions about the same model and calibration have the same answer.
struct DesignQuestion {
  DesignRequest request;
  QString text = QStringLiteral("calibration");  ///< "calibration", "demo", "prose" or a file
  std::uint32_t tokens = 2048;                   ///< read at most; 0: all of the text
  StudyPositions positions = StudyPositions::Answers;
  QString checkText = QStringLiteral("demo");
  std::uint32_t checkTokens = 0;

  /// What tells it from another one.
  QString key() const;
};

}  // namespace app
