#pragma once
#include <string_view>

#include "core/io/metadata.h"

namespace core::io {

/// Whether a config.json describes a language model among others, for pictures or sound: its own is "text_config" or
/// what is not in "vision_config", "audio_config".
bool hasTowers(const Metadata& metadata);

/// Whether a tensor of such a folder belongs to what reads pictures or sound, or brings it before the language model.
/// Source: the modules of transformers' models of several kinds (llava, Gemma 3, Mistral 3, Qwen-VL, Idefics 3, …).
bool isOfTower(std::string_view tensorName);

}  // namespace core::io
