#pragma once
#include "app/cli/bits_request.h"
#include "app/cli/command.h"

namespace app::cli {

/// {"input", "value", "fraction", "endless", "arithmetic", "rounding", "formats": […], "chain"}; see README.md.
Json bitsJson(const std::string& input, const BitsRequest& request);

/// One format's row of it.
Json formatJson(const core::numeric::NumberFormat& format, const BitsRequest& request);

/// The chain's part of it; null without one.
Json chainJson(const BitsRequest& request);

}  // namespace app::cli
