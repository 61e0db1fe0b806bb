#pragma once

class QSettings;

namespace app {

class BitsState;

/// What outlives the program: the number where it was typed, formats with those of one's own, rounding, range, chain.
void saveSetup(const BitsState& state, QSettings& settings);
void restoreSetup(BitsState& state, QSettings& settings);

}  // namespace app
