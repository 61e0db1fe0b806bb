#pragma once
#include "app/pictures/layer_maps.h"
#include "app/session/scheme_error.h"
#include "app/session/scheme_size.h"
#include "core/evaluate/estimate.h"
#include "core/evaluate/verdict.h"

namespace app {

/// What a measured error is as a cell of the layer maps: its value, or why there is none, and what is not finite in it.
LayerMaps::Cell cellOf(const SchemeError& error, core::metrics::Metric metric);

/// What a measurement of the model says of a matrix, in nats per token. @param verdict on its distance from zero
/// @param of "layer 3", where the figure is of more than the matrix; empty where it is of it alone
LayerMaps::Cell measuredCell(const core::evaluate::Estimate& kl, core::evaluate::Verdict verdict,
                             const QString& of = {});

/// Of a tensor that stays as stored. @param type what it is stored as
LayerMaps::Cell keptCell(const std::string& reason, const QString& type);

/// Fills in what the whole model would weigh; nothing when the scheme holds none of its matrices.
void addSize(LayerMaps::SchemeMap& map, const SchemeSize& size);

}  // namespace app
