#pragma once
#include <QString>
#include <cstdint>
#include <string>

#include "app/session/variant.h"

namespace app {

/// What is compared with what, on which device: what the text and the tasks have in common.
struct CompareConditions {
  enum class Reference : std::uint8_t { Stored, ComparedModel };

  DeviceChoice device;
  core::model::KvType kv = core::model::KvType::F16;  ///< of what is compared; the reference keeps FP16
  Reference reference = Reference::Stored;
  std::string model, referenceModel;  ///< whose weights: identities, not for people

  bool operator==(const CompareConditions&) const = default;
};

/// How the checked schemes are to be measured: everything in the bar above the picture. Two equal questions give the
/// same figures, but for schemes that look at data under another calibration.
struct CompareQuestion : CompareConditions {
  QString text = QStringLiteral("demo");  ///< "demo", "prose" or a file
  qint64 textChanged = 0;                 ///< when the file was, milliseconds; 0: what is built in
  std::uint32_t tokens = 4096;            ///< read at most; 0: all of the text
  std::uint32_t context = 0;              ///< of a window; 0: usual

  bool operator==(const CompareQuestion&) const = default;
};

}  // namespace app
