#pragma once

class QWidget;

namespace app {

/// Paints a widget as a panel that stands above the page: palette, help, read-outs.
/// @param radius of its corners, in pixels
void paintRaised(QWidget& panel, int radius);

}  // namespace app
