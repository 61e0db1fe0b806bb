// What transformers and the programs behind it are told: BitsAndBytesConfig, GPTQConfig, QuantizeConfig, quant_config,
// HqqConfig, dtype.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/session/copy_as_targets.h"

namespace app::copy_as {

namespace {

using core::quant::ActivationName;
using core::quant::Family;
using core::quant::FormatName;
using core::quant::Granularity;
using core::quant::MethodName;
using core::quant::RangeMethod;
using core::quant::Scheme;

const char* boolean(bool value) { return value ? "True" : "False"; }

const char* torchType(core::quant::ComputeType type) {
  switch (type) {
    case core::quant::ComputeType::Fp32:
      return "torch.float32";
    case core::quant::ComputeType::Fp16:
      return "torch.float16";
    case core::quant::ComputeType::Bf16:
      return "torch.bfloat16";
  }
  return "";
}

bool isIntegerOf(const Scheme& scheme, MethodName method) {
  return core::quant::family(scheme.format.name) == Family::Integer && scheme.method.name == method;
}

/// Whether the range has a zero-point that is rounded, or is symmetric: what GPTQ and AWQ files can hold.
bool isSymmetric(const Scheme& scheme) { return scheme.format.zeroPoint == core::quant::ZeroPoint::Off; }

constexpr const char* kInput = "Inputs are quantized by no key of it: this is what becomes of the weights.";

/// Blocks that bitsandbytes has kernels for.
constexpr std::array<std::uint32_t, 8> kBlocks = {32, 64, 128, 256, 512, 1024, 2048, 4096};

Copied fourBits(const Scheme& scheme) {
  Copied result{CopyTarget::BitsAndBytes, {}, {}};
  const std::string type(core::quant::toString(scheme.format.name));
  const bool isDouble = scheme.format.doubleQuantization == core::quant::DoubleQuantization::On;
  const std::uint32_t block = scheme.format.grouping.size;
  if (block == 64) {
    result.text = fmt::format(
        "import torch\nfrom transformers import BitsAndBytesConfig\n\nquantization_config = BitsAndBytesConfig(\n"
        "    load_in_4bit=True,\n    bnb_4bit_quant_type=\"{}\",\n    bnb_4bit_use_double_quant={},\n"
        "    bnb_4bit_compute_dtype={},\n)\n",
        type, boolean(isDouble), torchType(scheme.compute));
    return result;
  }
  if (std::ranges::find(kBlocks, block) == kBlocks.end())
    return impossible(CopyTarget::BitsAndBytes,
                      fmt::format("bitsandbytes has blocks of 32 to 4096 weights, not of {}.", block));
  result.text = fmt::format(
      "import bitsandbytes.functional as F\n\n"
      "codes, state = F.quantize_4bit(weight, blocksize={}, compress_statistics={}, quant_type=\"{}\")\n",
      block, boolean(isDouble), type);
  result.notes.push_back(fmt::format(
      "BitsAndBytesConfig has no key for the block size, which is 64 there: blocks of {} are made matrix by "
      "matrix.",
      block));
  return result;
}

/// What GPTQ's two configurations share; the reason where they cannot say it.
std::string whyNoGptq(const Scheme& scheme) {
  const std::uint32_t bits = core::quant::codeBits(scheme.format.name);
  if (!isIntegerOf(scheme, MethodName::Gptq))
    return scheme.method.name == MethodName::Gptq ? "GPTQ's files hold integers only."
                                                  : "It makes codes by GPTQ only; what others make can be written into "
                                                    "its layout by quantize --layout gptq.";
  if (bits != 2 && bits != 3 && bits != 4 && bits != 8) return fmt::format("It has 2, 3, 4 and 8 bits, not {}.", bits);
  if (groupSizeOf(scheme) == 0) return "It has groups along the rows, or whole rows.";
  if (scheme.method.range != RangeMethod::Absmax && scheme.method.range != RangeMethod::MinMax)
    return "It takes the range of a group from its least and largest weight.";
  return {};
}

std::vector<std::string> gptqNotes(const Scheme& scheme) {
  std::vector<std::string> notes;
  if (isSymmetric(scheme))
    notes.push_back(fmt::format("sym=True has all {} codes, from the lowest; this scheme leaves the lowest out.",
                                1U << core::quant::codeBits(scheme.format.name)));
  if (hasActivations(scheme)) notes.emplace_back(kInput);
  return notes;
}

}  // namespace

Copied bitsAndBytes(const Scheme& scheme) {
  const FormatName name = scheme.format.name;
  if (core::quant::family(name) == Family::LlmInt8)
    return {CopyTarget::BitsAndBytes,
            fmt::format("from transformers import BitsAndBytesConfig\n\nquantization_config = BitsAndBytesConfig(\n"
                        "    load_in_8bit=True,\n    llm_int8_threshold={:.1f},\n)\n",
                        scheme.activations.threshold),
            {}};
  if (core::quant::family(name) != Family::CodeBook)
    return impossible(CopyTarget::BitsAndBytes, "bitsandbytes has NF4, FP4, its 8-bit map and LLM.int8() only.");
  if (!isRounded(scheme))
    return impossible(CopyTarget::BitsAndBytes, "bitsandbytes rounds every weight for itself: it has no other method.");
  Copied result = name == FormatName::Dynamic8
                      ? Copied{CopyTarget::BitsAndBytes,
                               fmt::format("import bitsandbytes.functional as F\n\n"
                                           "codes, state = F.quantize_blockwise(weight, blocksize={})\n",
                                           scheme.format.grouping.size),
                               {"transformers has no key for the 8-bit map: it is made matrix by matrix."}}
                      : fourBits(scheme);
  if (hasActivations(scheme)) result.notes.emplace_back(kInput);
  return result;
}

Copied gptq(const Scheme& scheme) {
  if (std::string why = whyNoGptq(scheme); !why.empty()) return impossible(CopyTarget::Gptq, std::move(why));
  Copied result{CopyTarget::Gptq, {}, gptqNotes(scheme)};
  const bool isOrdered = scheme.method.actOrder == core::quant::ActOrder::On;
  result.text = fmt::format(
      "from transformers import GPTQConfig\n\nquantization_config = GPTQConfig(\n    bits={},\n    group_size={},\n"
      "    sym={},\n    desc_act={},\n    act_group_aware=False,\n    damp_percent={},\n"
      "    dataset=texts,  # what it is calibrated with: a list of strings\n    tokenizer=tokenizer,\n)\n",
      core::quant::codeBits(scheme.format.name), groupSizeOf(scheme), boolean(isSymmetric(scheme)), boolean(isOrdered),
      scheme.method.damping);
  if (scheme.method.staticGroups == core::quant::StaticGroups::On)
    result.notes.emplace_back("GPTQConfig has no key for static groups; GPTQModel's configuration has.");
  return result;
}

Copied gptqModel(const Scheme& scheme) {
  if (std::string why = whyNoGptq(scheme); !why.empty()) return impossible(CopyTarget::GptqModel, std::move(why));
  Copied result{CopyTarget::GptqModel, {}, gptqNotes(scheme)};
  result.text = fmt::format(
      "from gptqmodel import GPTQModel, QuantizeConfig\n\nconfig = QuantizeConfig(\n    bits={},\n    group_size={},\n"
      "    sym={},\n    desc_act={},\n    act_group_aware=False,\n    static_groups={},\n    damp_percent={},\n)\n"
      "model = GPTQModel.load(\"MODEL\", config)\nmodel.quantize(texts)  # what it is calibrated with\n"
      "model.save(\"FOLDER\")\n",
      core::quant::codeBits(scheme.format.name), groupSizeOf(scheme), boolean(isSymmetric(scheme)),
      boolean(scheme.method.actOrder == core::quant::ActOrder::On),
      boolean(scheme.method.staticGroups == core::quant::StaticGroups::On), scheme.method.damping);
  return result;
}

Copied awq(const Scheme& scheme) {
  if (!isIntegerOf(scheme, MethodName::Awq))
    return impossible(CopyTarget::Awq, "AutoAWQ multiplies columns by AWQ and does nothing else.");
  if (core::quant::codeBits(scheme.format.name) != 4) return impossible(CopyTarget::Awq, "AutoAWQ packs 4 bits only.");
  if (groupSizeOf(scheme) == 0) return impossible(CopyTarget::Awq, "It has groups along the rows, or whole rows.");
  Copied result{CopyTarget::Awq, {}, {}};
  const bool isClipped = scheme.method.clip == core::quant::Clip::On;
  result.text = fmt::format(
      "from awq import AutoAWQForCausalLM\n\n"
      "quant_config = {{\"zero_point\": {}, \"q_group_size\": {}, \"w_bit\": 4, \"version\": \"GEMM\"}}\n"
      "model = AutoAWQForCausalLM.from_pretrained(\"MODEL\")\n"
      "model.quantize(tokenizer, quant_config=quant_config{})\nmodel.save_quantized(\"FOLDER\")\n",
      boolean(!isSymmetric(scheme)), groupSizeOf(scheme), isClipped ? "" : ", apply_clip=False");
  result.notes.emplace_back(
      "AutoAWQ moves the factors of the columns into the layer before; here each matrix keeps its own. transformers "
      "loads what it writes.");
  if (hasActivations(scheme)) result.notes.emplace_back(kInput);
  return result;
}

Copied hqq(const Scheme& scheme) {
  if (!isIntegerOf(scheme, MethodName::Hqq))
    return impossible(CopyTarget::Hqq, "It chooses zero-points by HQQ and has no other method.");
  const std::uint32_t bits = core::quant::codeBits(scheme.format.name);
  if (bits != 8 && bits != 4 && bits != 3 && bits != 2)
    return impossible(CopyTarget::Hqq, fmt::format("HqqConfig has 8, 4, 3 and 2 bits, not {}.", bits));
  const int group = groupSizeOf(scheme);
  if (group <= 0 || group % 8 != 0)
    return impossible(CopyTarget::Hqq, "It has groups along the rows whose size is a multiple of 8.");
  Copied result{CopyTarget::Hqq,
                fmt::format("from transformers import HqqConfig\n\n"
                            "quantization_config = HqqConfig(nbits={}, group_size={}, axis=1)\n",
                            bits, group),
                {}};
  if (bits == 4) result.notes.emplace_back("hqq rounds the zero-points of 4 bits; this scheme does not.");
  if (hasActivations(scheme)) result.notes.emplace_back(kInput);
  return result;
}

Copied torch(const Scheme& scheme) {
  const auto dtype = [](const char* name) {
    return fmt::format(
        "import torch\nfrom transformers import AutoModelForCausalLM\n\n"
        "model = AutoModelForCausalLM.from_pretrained(\"MODEL\", dtype=torch.{})\n",
        name);
  };
  const std::vector<std::string> notes{"Everything is loaded so, embedding and norms, too."};
  if (!isRounded(scheme) || hasActivations(scheme))
    return impossible(CopyTarget::Torch, "A dtype says how numbers are stored and nothing else.");
  switch (scheme.format.name) {
    case FormatName::Fp32:
      return {CopyTarget::Torch, dtype("float32"), notes};
    case FormatName::Fp16:
      return {CopyTarget::Torch, dtype("float16"), notes};
    case FormatName::Bf16:
      return {CopyTarget::Torch, dtype("bfloat16"), notes};
    case FormatName::Fp8E4M3:
    case FormatName::Fp8E5M2:
      if (scheme.format.grouping.granularity != Granularity::None) break;
      return {CopyTarget::Torch,
              fmt::format("import torch\n\nrounded = weight.to(torch.{})\n",
                          scheme.format.name == FormatName::Fp8E4M3 ? "float8_e4m3fn" : "float8_e5m2"),
              {"transformers loads no model in this type: it is a cast, matrix by matrix."}};
    default:
      break;
  }
  return impossible(CopyTarget::Torch, "torch has no dtype with scales or codes of its own.");
}

}  // namespace app::copy_as
