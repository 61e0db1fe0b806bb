#include "app/remote/environment.h"

#include <cstdlib>

namespace app::remote {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string() : std::string(value);
}

bool isSwitchedOn(const char* name) {
  std::string value = environment(name);
  for (char& c : value) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

}  // namespace app::remote
