// Several tests in one program, as batches are (QsTests.cmake).
#pragma once

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string_view>

namespace support {

struct NamedTest {
  std::string_view name;
  int (*main)(int count, char** words);
};

/// Runs the test that the first word names; the words behind it are those of Qt Test. @return its exit status, 2 when
/// there is none
inline int runTest(std::initializer_list<NamedTest> tests, int count, char** words) {
  const std::string_view name = count > 1 ? words[1] : "";
  const auto* const found = std::ranges::find(tests, name, &NamedTest::name);
  if (found != tests.end()) return found->main(count - 1, words + 1);
  std::fputs("The first word names one of these tests:\n", stderr);
  for (const NamedTest& test : tests) std::fprintf(stderr, "  %s\n", test.name.data());
  return 2;
}

}  // namespace support
