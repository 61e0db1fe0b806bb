// Control of app_folders.cmake: plots stand below the shell.
#include "app/shell/main_window.h"
