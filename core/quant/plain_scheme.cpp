#include "core/quant/plain_scheme.h"

namespace core::quant {

Scheme plainScheme(Scheme scheme) {
  Method plain;
  plain.range = scheme.method.range;
  plain.percentile = scheme.method.percentile;
  scheme.method = plain;
  if (scheme.activations.isStatic()) scheme.activations = Activations();
  return scheme;
}

}  // namespace core::quant
