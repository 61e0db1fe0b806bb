#pragma once
#include "app/cli/bits_request.h"

namespace app::cli {

/// Prints what bitsJson says for people: a paragraph for each format, the steps of arithmetic, the chain.
void printBits(const BitsRequest& request);

}  // namespace app::cli
