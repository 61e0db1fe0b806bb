#pragma once
#include <string>

#include "app/session/trace_model.h"

namespace app {

/// A trace as one page that needs nothing beside it: no scripts, no fonts, no pictures from elsewhere; light and dark
/// as the reader's system is.
std::string tracePage(const Trace& trace, const core::text::Tokenizer* tokenizer);

}  // namespace app
