#include "core/quant/scheme.h"
