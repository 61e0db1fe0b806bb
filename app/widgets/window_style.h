#pragma once

class QWidget;

namespace app {

/// Gives a window the program's style sheet in the colours and at the zoom of the theme, now and whenever they change.
/// Its dialogs, menus and popups have it from their parent. It is not the application's, because then every widget is
/// styled anew each time some parent above it gets a parent: that was two thirds of what building a page took.
void dressWindow(QWidget& window);

}  // namespace app
