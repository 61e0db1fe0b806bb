// Command lines: llama-quantize, ollama, vllm.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/session/copy_as_targets.h"
#include "core/model/recipe/file_type.h"

namespace app::copy_as {

namespace {

using core::model::FileType;
using core::model::FileTypeInfo;
using core::model::Recipe;
using core::quant::ActivationName;
using core::quant::Family;
using core::quant::FormatName;
using core::quant::Granularity;
using core::quant::MethodName;
using core::quant::Scheme;

std::string inShell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// The type of GGUF that a scheme stores; nothing for others, and where more than the bytes are asked for.
std::optional<core::tensor::DType> ggufType(const Scheme& scheme) {
  const Family family = core::quant::family(scheme.format.name);
  if (family != Family::GgufBlock && family != Family::Cast) return std::nullopt;
  return core::quant::storedDType(scheme.format);
}

/// The first file type whose tensors are usually of this type, so that --pure makes all of them so.
const FileTypeInfo* fileTypeOf(core::tensor::DType type) {
  const auto types = core::model::allFileTypes();
  const auto found = std::ranges::find_if(
      types, [type](const FileTypeInfo& t) { return t.usual == type && t.type != FileType::MXFP4_MOE; });
  return found == types.end() ? nullptr : &*found;
}

/// llama-quantize refuses these without an importance matrix.
bool needsImportance(FileType type) {
  constexpr std::array kNeed = {FileType::IQ2_XXS, FileType::IQ2_XS, FileType::IQ2_S,
                                FileType::Q2_K_S,  FileType::IQ1_S,  FileType::IQ1_M};
  return std::ranges::find(kNeed, type) != kNeed.end();
}

struct GgufCommand {
  std::string options, type, why;
  std::vector<std::string> notes;
};

GgufCommand ofScheme(const Scheme& scheme) {
  GgufCommand command;
  const auto type = ggufType(scheme);
  if (!type) {
    command.why = fmt::format("GGUF has no type for {}.", scheme.displayName());
    return command;
  }
  if (scheme.method.name != MethodName::RoundToNearest && scheme.method.name != MethodName::ImportanceMatrix)
    command.why = "llama-quantize has no method but an importance matrix.";
  const FileTypeInfo* const file = fileTypeOf(*type);
  if (file == nullptr)
    command.why = fmt::format("llama-quantize makes no file of {} alone.", core::tensor::name(*type));
  if (!command.why.empty()) return command;
  command.type = file->name;
  command.options = "--pure --leave-output-tensor --token-embedding-type bf16 ";
  command.notes.emplace_back(
      "bf16 stands for what the embedding is stored in: this scheme leaves it, and the output matrix, as they are.");
  const bool isWeighted = scheme.method.name == MethodName::ImportanceMatrix;
  if (isWeighted || needsImportance(file->type)) command.options += "--imatrix imatrix.gguf ";
  if (!isWeighted && needsImportance(file->type))
    command.notes.emplace_back("llama-quantize asks for an importance matrix here; this scheme does without.");
  if (hasActivations(scheme)) command.notes.emplace_back("A file says nothing of inputs.");
  return command;
}

/// Rules in front of a file type. What stays in `why` cannot be said.
GgufCommand ofRecipe(const Recipe& recipe) {
  GgufCommand command;
  if (const auto* const scheme = std::get_if<Scheme>(&recipe.base)) {
    command = ofScheme(*scheme);
  } else if (const auto* const type = std::get_if<FileType>(&recipe.base)) {
    command.type = core::model::name(*type);
    if (needsImportance(*type) && !recipe.importance) {
      command.options += "--imatrix imatrix.gguf ";
      command.notes.emplace_back("llama-quantize asks for an importance matrix here; this recipe does without.");
    }
  } else {
    command.type = "COPY";
    if (!recipe.rules.empty())
      command.why = "llama-quantize gives every matrix a type: none stays as stored but by COPY.";
  }
  if (recipe.importance) command.options += "--imatrix " + inShell(recipe.importance->title) + ' ';
  if (!recipe.replacements.empty()) command.why = "No program has the weights that were changed here.";
  for (const core::model::RecipeRule& rule : recipe.rules) {
    const auto type = rule.scheme ? ggufType(*rule.scheme) : std::nullopt;
    if (!command.why.empty()) break;
    if (!rule.scheme)
      command.why = fmt::format("llama-quantize has no rule that keeps a tensor ({}).", rule.toString());
    else if (!type)
      command.why = fmt::format("GGUF has no type for {}.", rule.scheme->displayName());
    else
      command.options += fmt::format("--tensor-type {} ",
                                     inShell(fmt::format("{}={}", rule.pattern.text(), core::tensor::name(*type))));
  }
  return command;
}

std::string commandLine(const GgufCommand& command) {
  return fmt::format("llama-quantize {}model.gguf model-{}.gguf {}\n", command.options, command.type, command.type);
}

/// As Ollama writes it ("q4_K_M"), where any of its versions quantizes itself.
std::string ollamaName(const std::string& type) {
  return type == "Q4_K_M" ? "q4_K_M" : type == "Q4_K_S" ? "q4_K_S" : type == "Q8_0" ? "q8_0" : std::string();
}

Copied serve(const char* what, const char* how, std::vector<std::string> notes = {}) {
  return {CopyTarget::Vllm, fmt::format("vllm serve {} {}\n", what, how), std::move(notes)};
}

constexpr const char* kWritten =
    "FOLDER holds the quantized model: quantize -o FOLDER --layout … writes it, and so does the program of this "
    "method.";

/// In flight vLLM makes blocks of 64 of NF4 with double quantization, and nothing else.
Copied vllmBitsAndBytes(const Scheme& scheme) {
  const bool isDouble = scheme.format.doubleQuantization == core::quant::DoubleQuantization::On;
  if (scheme.format.name == FormatName::Dynamic8) return impossible(CopyTarget::Vllm, "vLLM has no 8-bit map.");
  if (scheme.format.name == FormatName::Nf4 && isDouble && scheme.format.grouping.size == 64 && isRounded(scheme))
    return serve("MODEL", "--quantization bitsandbytes");
  return serve(
      "FOLDER", "--quantization bitsandbytes",
      {"From the original, vLLM makes NF4 in blocks of 64 with double quantization and nothing else: this needs a "
       "folder that is quantized already.",
       kWritten});
}

Copied vllmIntegers(const Scheme& scheme) {
  const std::uint32_t bits = core::quant::codeBits(scheme.format.name);
  const int group = groupSizeOf(scheme);
  const bool isMarlinGroup = group == -1 || group == 32 || group == 64 || group == 128;
  const auto withGroups = [&](Copied copied) {
    if (!isMarlinGroup)
      copied.notes.push_back(fmt::format("Its fast kernels have groups of 32, 64, 128 or whole rows only, not {}.",
                                         describeGroups(scheme)));
    return copied;
  };
  switch (scheme.method.name) {
    case MethodName::Gptq:
      if (bits != 2 && bits != 3 && bits != 4 && bits != 8)
        return impossible(CopyTarget::Vllm, fmt::format("vLLM's GPTQ has 2, 3, 4 and 8 bits, not {}.", bits));
      return withGroups(serve("FOLDER", "--quantization gptq", {kWritten}));
    case MethodName::Awq:
      if (bits != 4) return impossible(CopyTarget::Vllm, "vLLM's AWQ has 4 bits only.");
      return withGroups(serve("FOLDER", "--quantization awq", {kWritten}));
    case MethodName::Hqq:
      if (bits != 4 || group != 64) return impossible(CopyTarget::Vllm, "vLLM's HQQ has 4 bits in groups of 64 only.");
      return serve("FOLDER", "--quantization hqq", {"Only versions that still have HQQ.", kWritten});
    default:
      break;
  }
  const Copied recipe = llmCompressor(scheme);
  if (!recipe.isPossible()) return impossible(CopyTarget::Vllm, recipe.notes.front());
  if (!hasActivations(scheme) && bits != 4 && bits != 8)
    return impossible(CopyTarget::Vllm,
                      fmt::format("vLLM multiplies packed weights of 4 and 8 bits, not of {}.", bits));
  return withGroups(serve("FOLDER", "--quantization compressed-tensors", {kWritten}));
}

}  // namespace

Copied llamaQuantize(const Recipe& recipe) {
  GgufCommand command = ofRecipe(recipe);
  if (!command.why.empty()) return impossible(CopyTarget::LlamaQuantize, command.why);
  return {CopyTarget::LlamaQuantize, commandLine(command), std::move(command.notes)};
}

Copied ollama(const Recipe& recipe) {
  GgufCommand command = ofRecipe(recipe);
  if (!command.why.empty()) return impossible(CopyTarget::Ollama, "Ollama runs GGUF files. " + command.why);
  Copied result{CopyTarget::Ollama, {}, std::move(command.notes)};
  result.text = fmt::format("{}echo \"FROM ./model-{}.gguf\" > Modelfile\nollama create my-model\n",
                            commandLine(command), command.type);
  const std::string name = ollamaName(command.type);
  if (!name.empty() && command.options.empty())
    result.notes.push_back(
        fmt::format("Versions that quantize themselves do it by ollama create my-model -q {}.", name));
  return result;
}

Copied vllmOfGguf(const Recipe& recipe) {
  GgufCommand command = ofRecipe(recipe);
  if (!command.why.empty()) return impossible(CopyTarget::Vllm, command.why);
  Copied result =
      serve(fmt::format("./model-{}.gguf", command.type).c_str(), "--tokenizer MODEL --quantization gguf",
            {"The file comes from llama-quantize or quantize -o; vLLM calls its support for GGUF experimental."});
  return result;
}

Copied vllm(const Scheme& scheme) {
  switch (core::quant::family(scheme.format.name)) {
    case Family::Cast: {
      if (!isRounded(scheme) || hasActivations(scheme)) return impossible(CopyTarget::Vllm, "A dtype says no more.");
      const bool isHalf = scheme.format.name == FormatName::Fp16;
      return serve("MODEL", scheme.format.name == FormatName::Fp32 ? "--dtype float32"
                            : isHalf                               ? "--dtype float16"
                                                                   : "--dtype bfloat16");
    }
    case Family::CodeBook:
      return vllmBitsAndBytes(scheme);
    case Family::LlmInt8:
      return serve("FOLDER", "--quantization bitsandbytes",
                   {"vLLM quantizes to 8 bits no original: the folder says load_in_8bit.", kWritten});
    case Family::Integer:
      return vllmIntegers(scheme);
    case Family::GgufBlock:
      return vllmOfGguf(scheme);
    case Family::ScaledFloat:
    case Family::Microscaling: {
      const Copied recipe = llmCompressor(scheme);
      if (!recipe.isPossible()) return impossible(CopyTarget::Vllm, recipe.notes.front());
      if (scheme.format.grouping.granularity == Granularity::Tensor &&
          scheme.activations.name == ActivationName::Fp8Dynamic)
        return serve("MODEL", "--quantization fp8", {"Inputs share one scale there; here every token has its own."});
      return serve("FOLDER", "--quantization compressed-tensors", {kWritten});
    }
    default:
      return impossible(CopyTarget::Vllm, fmt::format("vLLM has no {}.", scheme.displayName()));
  }
}

Copied impossible(CopyTarget target, std::string why) { return {target, {}, {std::move(why)}}; }

bool isRounded(const Scheme& scheme) { return scheme.method.name == MethodName::RoundToNearest; }

bool hasActivations(const Scheme& scheme) { return scheme.activations.name != ActivationName::None; }

int groupSizeOf(const Scheme& scheme) {
  const core::quant::Grouping& grouping = scheme.format.grouping;
  if (grouping.granularity == Granularity::Row) return -1;
  return grouping.granularity == Granularity::Group ? static_cast<int>(grouping.size) : 0;
}

std::string describeGroups(const Scheme& scheme) {
  const int group = groupSizeOf(scheme);
  return group > 0 ? fmt::format("groups of {}", group) : "the whole tensor";
}

}  // namespace app::copy_as
