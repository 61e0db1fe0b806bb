// Runs a fuzz target over files and folders of files, for builds without libFuzzer: usage: fuzz_x PATH…
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "Cannot read %s.\n", path.c_str());
    std::exit(1);
  }
  const std::string contents((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // Exactly as many bytes as the file has, so that the sanitizer sees the first byte read past them.
  const auto bytes = std::make_unique<std::uint8_t[]>(contents.size());
  if (!contents.empty()) std::memcpy(bytes.get(), contents.data(), contents.size());
  std::printf("%s\n", path.filename().c_str());  // the last name printed is the input that crashed
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(bytes.get(), contents.size());
}

/// A count believed without looking shows as an allocation of gigabytes: it fails. Sanitizers have a limit of their own
/// and reserve more than any process may have.
void limitMemory() {
#ifndef __SANITIZE_ADDRESS__
  constexpr rlim_t kMostBytes = rlim_t{4} << 30U;
  const rlimit limit{kMostBytes, kMostBytes};
  setrlimit(RLIMIT_AS, &limit);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first.empty() || first.starts_with('-')) {
    const bool isHelp = first == "--help" || first == "-h";
    std::fprintf(isHelp ? stdout : stderr, "usage: %s PATH...   files and folders of files to replay\n", argv[0]);
    return isHelp ? 0 : 2;
  }
  limitMemory();
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      replay(argv[i]);
      ++replayed;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      replay(entry.path());
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
  return replayed > 0 ? 0 : 1;  // an empty corpus tests nothing
}
