#pragma once
#include "app/session/evaluation.h"
#include "core/text/tokenizer.h"

namespace app::cli {

/// Where every compared variant is furthest from the reference, two lines each, for people.
void printWorst(const Evaluation& evaluation, const core::text::Tokenizer& tokenizer, std::size_t most);

}  // namespace app::cli
