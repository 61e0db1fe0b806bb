#pragma once
#include <QStringList>

namespace app::report {

/// Whether the program was started as `quantscope report …`.
bool isReportCommand(int argc, char** argv);

/// `quantscope report MODEL -o DIR [--device D] [--scheme S]… [--recipe R]… [--tensor-type RULE]…
/// [--calibration FILE | --imatrix FILE] [--include PARTS] [--text TEXT] [--tokens N] [--tasks FILE]
/// [--sensitivity SCHEME] [--trace PROMPT] [--against DIR]`, or `quantscope report --compare OLDER NEWER -o DIR`:
/// starts Qt without a window and writes the page.
/// @return exit code: 0 done, 1 could not (one sentence on stderr), 2 wrong usage
int runReport(int argc, char** argv);

/// The same with Qt running. @param arguments program name, "report", and what follows
int runReport(const QStringList& arguments);

}  // namespace app::report
