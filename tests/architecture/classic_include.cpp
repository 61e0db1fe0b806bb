// Compiles where the headers of core/quant are visible and those of core/model are not, unless it includes one of
// these.
#include "core/classic/experiments.h"
#include "core/classic/quantized_image_network.h"
#ifdef INCLUDE_MODEL
#include "core/model/session.h"
#endif

int main() { return 0; }
