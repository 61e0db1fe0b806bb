#pragma once

namespace app {

/// The program `quantscope`: parses the command line, starts Qt, shows the window.
/// @return exit code: 0 done, 1 could not (one sentence on stderr), 2 wrong usage
int runApplication(int argc, char** argv);

}  // namespace app
