#pragma once
#include <QString>
#include <vector>

#include "app/workspaces/bits/bit_rows.h"
#include "core/numeric/conversion_chain.h"

namespace app {

class BitsState;

/// The number through the chain of the setup.
struct ChainResult {
  core::numeric::ExactNumber number;
  std::vector<const core::numeric::NumberFormat*> formats;
  std::vector<core::numeric::ChainLink> links;
  core::numeric::ConversionChain chain;
};
ChainResult convert(BitsState& state);

/// A row for every step, with what it cut off of the one before and what it changed; and where one rounding would have
/// ended, when that is elsewhere.
std::vector<BitRows::Row> chainRows(const ChainResult& result);
/// Whether it ends where one rounding would, and why not.
QString chainSentence(const ChainResult& result);

}  // namespace app
