#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array<std::string_view, 1> kQwen2Names{"qwen2"};

}  // namespace

// As Llama, with biases of queries, keys and values.
const Architecture kQwen2{kQwen2Names, kQwen2Names, kDecoderRows, buildPreNormDecoder, RopePairing::Halves};

}  // namespace core::model
