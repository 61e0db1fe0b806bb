#pragma once
#include <QString>
#include <vector>

namespace app {

/// A number worth looking at, and why, in a few words.
struct BitsPreset {
  QString text;    ///< as it would be typed
  QString why;     ///< "no binary float holds it"
  QString format;  ///< name of the format to look at it in; empty: whichever is selected
};

/// Groups are apart by an entry without text.
std::vector<BitsPreset> bitsPresets();

}  // namespace app
