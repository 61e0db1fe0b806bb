#pragma once
#include <cstddef>
#include <memory>
#include <optional>

#include "app/selection/selection.h"

namespace app {

/// What a figure of Inspect is about. Results carry it and are shown only while the selection still says the same.
/// It keeps no model alive.
struct Subject {
  std::weak_ptr<const OpenModel> model;
  std::optional<std::size_t> tensor;

  static Subject of(const Selection& selection) { return {selection.model(), selection.tensor()}; }
  bool operator==(const Subject& other) const {
    return !model.owner_before(other.model) && !other.model.owner_before(model) && tensor == other.tensor;
  }
};

}  // namespace app
