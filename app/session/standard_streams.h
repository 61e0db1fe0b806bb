#pragma once
#include <optional>
#include <string>

namespace app {

/// Makes standard input, output and error safe to use; call it first. A stream that was closed by whoever started the
/// program would give its number to the next file that is opened, and what is meant for people would be written there.
/// A broken pipe and a size limit become errors of the write instead of ending the program without a word.
void prepareStandardStreams();

/// Hands everything printed to the operating system. @return nothing, or the sentence that says why it did not arrive
std::optional<std::string> finishStandardOutput();

}  // namespace app
