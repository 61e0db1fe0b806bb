// Compiles only where the headers of core/quant are visible: a library of a lower folder must not see them.
#include "core/base/error.h"
#include "core/quant/scheme.h"

int main() { return 0; }
