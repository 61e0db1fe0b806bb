#pragma once
#include <QString>
#include <string>

namespace app {

/// Why a pane could not answer, or not to the end.
struct PaneFailure {
  enum class Kind : std::uint8_t {
    Other,
    ContextTooShort,  ///< for the prompt, or for the answer
    DeviceLost,       ///< the device is opened anew by the next message
    NotFinite         ///< `where` names the tensor behind which numbers stopped being numbers
  };
  Kind kind = Kind::Other;
  std::string sentence;
  std::string where;
};

/// Of the exception being handled. @pre inside a catch block
PaneFailure currentFailure();

/// What a button beside the sentence offers: "Use the CPU"; empty when nothing helps.
QString remedyText(const PaneFailure& failure);

}  // namespace app
