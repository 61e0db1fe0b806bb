#pragma once
#include <vector>

#include "app/pictures/layer_maps.h"
#include "app/session/scheme_error.h"

namespace app {

/// What a measured error is as a cell of the layer maps: its value, or why there is none, and what is not finite in it.
LayerMaps::Cell cellOf(const SchemeError& error, core::metrics::Metric metric);

/// "3.11 MiB · 4.50 bits/weight": of all matrices together that the scheme holds; empty when it holds none.
QString sizeOf(const std::vector<SchemeError>& errors);

}  // namespace app
