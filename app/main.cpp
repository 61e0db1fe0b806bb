#include <cstdio>

#include "app/session/standard_streams.h"
#include "app/shell/application.h"

int main(int argc, char** argv) {
  app::prepareStandardStreams();
  const int code = app::runApplication(argc, argv);
  const auto problem = app::finishStandardOutput();
  if (!problem || code != 0) return code;
  std::fprintf(stderr, "quantscope: %s\n", problem->c_str());
  return 1;
}
