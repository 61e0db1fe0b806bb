// How fast a text becomes tokens, on one thread: the best of a few passes behind one that warms up.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/text/tokenizer.h"
#include "tool_arguments.h"

namespace {

std::string readText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw core::Error(core::ErrorCode::NotFound, "Could not open \"" + path + "\".");
  return {std::istreambuf_iterator<char>(file), {}};
}

double secondsOf(const core::text::Tokenizer& tokenizer, const std::string& text, std::size_t& tokens) {
  const std::clock_t started = std::clock();  // of the processor: others may work on it, too
  tokens = tokenizer.encode(text, core::text::SpecialTokens::Parse).size();
  return static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int argc, char** argv) {
  std::string model;
  std::vector<std::string> texts;
  int passes = 5;
  CLI::App tool("Times tokenizing: a line per file of its name, bytes, tokens, MB/s first and warm.",
                "bench_tokenizers");
  tool.add_option("MODEL", model, "A GGUF file or a folder with a tokenizer.json")->required();
  tool.add_option("TEXTS", texts, "Files, each one text")->required();
  tool.add_option("--passes", passes, "Behind the first one")->capture_default_str()->check(CLI::Range(1, 1000));
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    const auto checkpoint = core::io::openCheckpoint(model);
    const auto tokenizer = core::text::Tokenizer::fromCheckpoint(*checkpoint);
    for (const std::string& path : texts) {
      const std::string text = readText(path);
      std::size_t tokens = 0;
      const double first = secondsOf(*tokenizer, text, tokens);
      double best = first;
      for (int pass = 0; pass < passes; ++pass) best = std::min(best, secondsOf(*tokenizer, text, tokens));
      const double megabytes = static_cast<double>(text.size()) / 1e6;
      std::printf("%s %zu %zu %.2f %.2f\n", path.c_str(), text.size(), tokens, megabytes / first, megabytes / best);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
