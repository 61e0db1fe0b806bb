#include "app/session/environment.h"

#include <cstdlib>

namespace app {

std::string environmentVariable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace app
