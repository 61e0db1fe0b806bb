#pragma once
#include <cstddef>
#include <vector>

namespace core::trace {

struct QuadratureNode {
  double at, weight;
};

/// Gauss–Legendre's rule on [0, 1]: exact for polynomials of degree 2 · points − 1. Nodes ascending; roots of the
/// Legendre polynomial by Newton's method (Press et al., Numerical Recipes, 4.6).
std::vector<QuadratureNode> gaussLegendre(std::size_t points);

}  // namespace core::trace
