#pragma once
#include <filesystem>
#include <string_view>

namespace app {

/// The word that stands for the built-in model wherever a model is named, and the one for its twin without
/// injected outlier channels.
inline constexpr std::string_view kDemoName = "demo";
inline constexpr std::string_view kSmoothDemoName = "demo-smooth";

/// Path of a built-in model: in the installed data folder beside the executable, or in the source tree it was built
/// from.
/// @param name kDemoName or kSmoothDemoName
/// @throws core::Error (NotFound) naming the places looked at
std::filesystem::path builtInModelPath(std::string_view name);

/// Path of a text that ships beside the built-in models: "calibration/prose.txt". @throws as builtInModelPath
std::filesystem::path builtInTextPath(std::string_view file);

}  // namespace app
