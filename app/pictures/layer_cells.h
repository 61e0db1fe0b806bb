#pragma once
#include <vector>

#include "app/pictures/layer_maps.h"
#include "app/session/scheme_error.h"

namespace app {

/// What a measured error is as a cell of the layer maps: its value, or why there is none, and what is not finite in it.
LayerMaps::Cell cellOf(const SchemeError& error, core::metrics::Metric metric);

/// Fills in what all matrices together take that the scheme holds; nothing when it holds none.
void addSize(LayerMaps::SchemeMap& map, const std::vector<SchemeError>& errors);

}  // namespace app
