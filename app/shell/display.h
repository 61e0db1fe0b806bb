#pragma once

namespace app {

/// Ends the program with a sentence instead of Qt's abort where there is no display. Construct it right before the
/// QApplication and let it go right after.
class DisplayGuard {
 public:
  DisplayGuard(int argc, char** argv);
  ~DisplayGuard();
  DisplayGuard(const DisplayGuard&) = delete;
  DisplayGuard& operator=(const DisplayGuard&) = delete;
};

}  // namespace app
