#pragma once
#include <string>

#include "app/session/trace_model.h"

namespace app {

// Parts of a trace as inline SVG without scripts; colours by the classes of the page's style sheet. Every mark has its
// numbers as a title.

/// Relative error over depth, a bar a half-layer, with both models' words of the lens.
std::string depthStrip(const core::trace::Depth& depth, const core::text::Tokenizer* tokenizer);
/// Positions by half-layers: relative error as shade, a ring where the lens differs.
std::string depthMap(const core::trace::Depth& depth);
/// Layers by roles of tensors: what restoring each brings.
std::string tensorMap(const Trace& trace);
/// Where in their tensors the proved blocks lie; a row of pictures.
std::string blockMaps(const Trace& trace, const core::trace::ProvedSet& blocks);

/// "&lt;" for "<", and so on.
std::string escapedHtml(std::string_view text);

}  // namespace app
