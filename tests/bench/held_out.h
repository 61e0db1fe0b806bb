#pragma once
#include <cstddef>
#include <string>
#include <variant>

#include "core/calibrate/calibration_text.h"

/// Of a text, what calibrates and what is held out.
enum class Half { First, Second };

/// Of its documents, or of the paragraphs of the only one.
inline core::calibrate::CalibrationText halfOf(core::calibrate::CalibrationText text, Half half) {
  auto& documents = text.documents;
  if (documents.size() == 1) {
    const auto whole = std::get<std::string>(documents.front());
    const std::size_t middle = whole.find("\n\n", whole.size() / 2);
    documents = {whole.substr(0, middle), whole.substr(middle)};
  }
  const auto middle = documents.begin() + static_cast<std::ptrdiff_t>(documents.size() / 2);
  if (half == Half::First)
    documents.erase(middle, documents.end());
  else
    documents.erase(documents.begin(), middle);
  return text;
}
