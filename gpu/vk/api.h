#pragma once
// The Vulkan C API, its functions loaded at run time by volk: the program starts without a Vulkan loader.
#include <volk.h>
