#pragma once
#include "core/model/architectures/architecture.h"

namespace core::model {

// One file each.
extern const Architecture kLlama;  ///< Llama 2 and 3, TinyLlama, Mistral, SmolLM
extern const Architecture kMixtral;
extern const Architecture kQwen2;  ///< Qwen 2 and 2.5
extern const Architecture kQwen3;
extern const Architecture kQwen3Moe;
extern const Architecture kSmolLm3;
extern const Architecture kGranite;
extern const Architecture kOlmo2;
extern const Architecture kGemma2;
extern const Architecture kGemma3;  ///< its text models
extern const Architecture kPhi3;    ///< Phi 3, 3.5 and 4
extern const Architecture kGptOss;
extern const Architecture kGpt2;
extern const Architecture kStableLm;
extern const Architecture kMistral3;  ///< Ministral 3
extern const Architecture kLfm2;
extern const Architecture kQwen35;
extern const Architecture kGemma4;
extern const Architecture kMamba2;
extern const Architecture kDeepSeek2;  ///< V2 and V2-Lite, and V3 as GGUF files
extern const Architecture kDeepSeek3;  ///< V3 and its relatives as folders
extern const Architecture kQwen2Moe;
extern const Architecture kQwen35Moe;
extern const Architecture kLfm2Moe;
extern const Architecture kGraniteMoe;
extern const Architecture kGraniteHybridMoe;
extern const Architecture kGraniteHybrid;  ///< Granite 4 H
extern const Architecture kBert;           ///< and MiniLM, BGE, E5, GTE of its kind
extern const Architecture kRoberta;        ///< folders of it and of XLM-R (BGE-M3); their GGUF files are BERT's

}  // namespace core::model
