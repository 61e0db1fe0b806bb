#include "app/session/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace app {

void prepareStandardStreams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Output opened for reading fails as it should: with an error.
    static_cast<void>(::open("/dev/null", O_RDONLY));
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

std::optional<std::string> finishStandardOutput() {
  errno = 0;
  const bool failedNow = std::fflush(stdout) != 0;
  const int error = errno;
  if (!failedNow && std::ferror(stdout) == 0) return std::nullopt;
  std::clearerr(stdout);
  return "Could not write to standard output: " +
         (error != 0 ? std::generic_category().message(error) : std::string("an earlier write failed")) + ".";
}

}  // namespace app
