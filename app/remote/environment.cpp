#include "app/remote/environment.h"

#include <string>

#include "app/session/environment.h"

namespace app::remote {

bool isSwitchedOn(const char* name) {
  std::string value = environmentVariable(name);
  for (char& c : value) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

}  // namespace app::remote
