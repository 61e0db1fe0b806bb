#pragma once
#include <QString>
#include <cstdint>

#include "app/session/variant.h"

namespace app {

/// How the checked schemes are to be measured: everything in the bar above the picture. Two equal questions about the
/// same model give the same figures.
struct CompareQuestion {
  enum class Reference : std::uint8_t { Stored, ComparedModel };

  QString text = QStringLiteral("demo");  ///< "demo", "prose" or a file
  std::uint32_t tokens = 4096;            ///< read at most; 0: all of the text
  std::uint32_t context = 0;              ///< of a window; 0: usual
  DeviceChoice device;
  core::model::KvType kv = core::model::KvType::F16;  ///< of what is compared; the reference keeps FP16
  Reference reference = Reference::Stored;
  bool operator==(const CompareQuestion& other) const {
    return text == other.text && tokens == other.tokens && context == other.context &&
           device.toString() == other.device.toString() && kv == other.kv && reference == other.reference;
  }
};

}  // namespace app
