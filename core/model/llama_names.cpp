#include "core/model/llama_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace core::model {

namespace {

constexpr std::string_view kGgufBlocks = "blk.", kHuggingFaceBlocks = "model.layers.";

// Sources: tensor names of transformers' LlamaForCausalLM; gguf-py's tensor mapping.
constexpr std::array kLlamaNames = {
    LlamaName{"token_embd.weight", "model.embed_tokens.weight", false},
    LlamaName{"output_norm.weight", "model.norm.weight", false},
    LlamaName{"output.weight", "lm_head.weight", false},
    LlamaName{"attn_norm.weight", "input_layernorm.weight"},
    LlamaName{"attn_q.weight", "self_attn.q_proj.weight", true, RowOrder::QueryHeads},
    LlamaName{"attn_k.weight", "self_attn.k_proj.weight", true, RowOrder::KeyHeads},
    LlamaName{"attn_v.weight", "self_attn.v_proj.weight"},
    LlamaName{"attn_output.weight", "self_attn.o_proj.weight"},
    LlamaName{"attn_q.bias", "self_attn.q_proj.bias", true, RowOrder::QueryHeads},
    LlamaName{"attn_k.bias", "self_attn.k_proj.bias", true, RowOrder::KeyHeads},
    LlamaName{"attn_v.bias", "self_attn.v_proj.bias"},
    LlamaName{"attn_output.bias", "self_attn.o_proj.bias"},
    LlamaName{"ffn_norm.weight", "post_attention_layernorm.weight"},
    LlamaName{"ffn_gate.weight", "mlp.gate_proj.weight"},
    LlamaName{"ffn_up.weight", "mlp.up_proj.weight"},
    LlamaName{"ffn_down.weight", "mlp.down_proj.weight"},
};

/// A name taken apart: the block's number, as its digits, and what follows; without a number all of it.
struct Split {
  std::string_view block, rest;
};

std::optional<Split> split(std::string_view name, std::string_view blocks) {
  if (!name.starts_with(blocks)) return Split{{}, name};
  const std::string_view behind = name.substr(blocks.size());
  const std::size_t dot = behind.find('.');
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (dot == std::string_view::npos || dot == 0 || !std::all_of(behind.begin(), behind.begin() + dot, isDigit))
    return std::nullopt;
  return Split{behind.substr(0, dot), behind.substr(dot + 1)};
}

const LlamaName* row(const Split& name, std::string_view LlamaName::*side) {
  const auto found = std::ranges::find_if(kLlamaNames, [&](const LlamaName& candidate) {
    return candidate.isOfBlock == !name.block.empty() && candidate.*side == name.rest;
  });
  return found == kLlamaNames.end() ? nullptr : &*found;
}

std::optional<std::string> translated(std::string_view name, std::string_view blocks, std::string_view LlamaName::*from,
                                      std::string_view otherBlocks, std::string_view LlamaName::*to) {
  const auto parts = split(name, blocks);
  const LlamaName* const found = parts ? row(*parts, from) : nullptr;
  if (found == nullptr) return std::nullopt;
  return found->isOfBlock ? fmt::format("{}{}.{}", otherBlocks, parts->block, found->*to) : std::string(found->*to);
}

}  // namespace

std::span<const LlamaName> llamaNames() { return kLlamaNames; }

std::optional<std::string> huggingFaceName(std::string_view ggufName) {
  return translated(ggufName, kGgufBlocks, &LlamaName::gguf, kHuggingFaceBlocks, &LlamaName::huggingFace);
}

std::optional<std::string> ggufName(std::string_view huggingFaceName) {
  return translated(huggingFaceName, kHuggingFaceBlocks, &LlamaName::huggingFace, kGgufBlocks, &LlamaName::gguf);
}

std::optional<std::string> otherLlamaName(std::string_view name) {
  auto other = huggingFaceName(name);
  return other ? other : ggufName(name);
}

std::string nameIn(io::FileFormat format, std::string_view ggufName) {
  if (format == io::FileFormat::Gguf) return std::string(ggufName);
  return huggingFaceName(ggufName).value_or(std::string(ggufName));
}

RowOrder rowOrderOf(std::string_view name) {
  for (const auto& [blocks, side] :
       {std::pair(kGgufBlocks, &LlamaName::gguf), std::pair(kHuggingFaceBlocks, &LlamaName::huggingFace)}) {
    const auto parts = split(name, blocks);
    const LlamaName* const found = parts ? row(*parts, side) : nullptr;
    if (found != nullptr) return found->order;
  }
  return RowOrder::Same;
}

}  // namespace core::model
