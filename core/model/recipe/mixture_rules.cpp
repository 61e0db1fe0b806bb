#include "core/model/recipe/mixture_rule.h"

namespace core::model {

namespace {

using tensor::DType;
using enum FileType;
using Group = TensorGroup;

constexpr TensorGroups kValues = {Group::Value, Group::QueryKeyValue, Group::LatentKeyValue};
constexpr TensorGroups kOutputs = {Group::Output, Group::TiedEmbedding};
constexpr TensorGroups kEverything = TensorGroups::all();
constexpr FileTypes kEveryType = FileTypes::all();
/// The mixtures of one to two and a half bits have rules of their own.
constexpr FileTypes kLowest = {IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M};
constexpr FileTypes kLowestLarger = {IQ2_S, IQ2_M};
constexpr FileTypes kMixed = {Q8_0,    Q6_K,   Q5_K_M, Q5_K_S, Q5_1,   Q5_0,   Q4_K_M, Q4_K_S, Q4_1,
                              Q4_0,    IQ4_NL, IQ4_XS, Q3_K_L, Q3_K_M, Q3_K_S, IQ3_M,  IQ3_S,  IQ3_XS,
                              IQ3_XXS, Q2_K,   Q2_K_S, TQ2_0,  TQ1_0,  Q2_0,   Q1_0};
constexpr FileTypes kUneven4 = {IQ4_NL, IQ4_XS};

// Facts: llama_tensor_get_type_impl of
// llama.cpp's llama-quant.cpp (0.5.0), of which tests/peer/compare_llama_quantize.py compares every file type.
constexpr MixtureRule kRules[] = {
    // The output matrix, and the embedding where it serves as one.
    {{MXFP4_MOE}, kOutputs, Where::Anywhere, {}, DType::Q8_0},
    {kEveryType, kOutputs, Where::Anywhere, {When::Falcon}, DType::Q8_0},
    {kEveryType, kOutputs, Where::Anywhere, {When::OddRows}, DType::Q8_0},
    {kLowest, kOutputs, Where::Anywhere, {}, DType::Q5_K},
    {{IQ3_XXS}, kOutputs, Where::Anywhere, {}, DType::Q5_K},
    {{Q8_0}, kOutputs, Where::Anywhere, {}, DType::Q8_0},
    {kEveryType, kOutputs, Where::Anywhere, {}, DType::Q6_K},

    // Experts as 4-bit floats.
    {{MXFP4_MOE}, {Group::Up, Group::Gate, Group::Down}, Where::Anywhere, {When::Stack}, DType::MXFP4},
    {{MXFP4_MOE}, kEverything, Where::Anywhere, {When::Stack, When::NotBailingMoe3}, DType::MXFP4},
    {{MXFP4_MOE}, kEverything, Where::Anywhere, {}, DType::Q8_0},

    // The embedding.
    {{IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS}, {Group::Embedding}, Where::Anywhere, {}, DType::Q2_K},
    {{IQ2_S, IQ2_M, IQ3_XXS}, {Group::Embedding}, Where::Anywhere, {}, DType::IQ3_S},
    {{TQ1_0, TQ2_0, Q2_0}, {Group::Embedding}, Where::Anywhere, {}, DType::Q4_K},

    // One to two and a half bits.
    {kLowest, kValues, Where::Anywhere, {When::FewKeys}, DType::Q4_K},
    {kLowestLarger, kValues, Where::Anywhere, {}, DType::IQ3_S},
    {kLowest, kValues, Where::Anywhere, {}, DType::Q2_K},
    {kLowest, {Group::Key}, Where::Anywhere, {When::EightExperts}, DType::Q4_K},
    {kLowestLarger, {Group::Down}, Where::FirstEighthInOrder, {}, DType::IQ3_S},
    {kLowest, {Group::Down}, Where::FirstEighthInOrder, {}, DType::Q2_K},
    {kLowest, {Group::AttentionOutput}, Where::Anywhere, {When::EightExperts}, DType::Q5_K},
    {{IQ1_S, IQ1_M}, {Group::AttentionOutput}, Where::Anywhere, {}, DType::IQ2_XXS},
    {kLowestLarger, {Group::AttentionOutput}, Where::Anywhere, {}, DType::IQ3_S},

    // Values: small where keys are shared, and sensitive.
    {kMixed, kValues, Where::Anywhere, {When::EightExperts}, DType::Q8_0},
    {{Q5_K_M, Q4_K_M}, kValues, Where::MoreBits, {}, DType::Q6_K},
    {{Q2_K, Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q4_K_M, IQ3_M},
     kValues,
     Where::Anywhere,
     {When::SeventyBillion},
     DType::Q5_K},
    {{Q2_K_S, IQ3_XXS, IQ3_XS, IQ3_S}, kValues, Where::Anywhere, {When::SeventyBillion, When::SharedKeys}, DType::Q5_K},
    {{Q2_K, Q2_K_S, IQ3_XXS, IQ3_XS, IQ3_S}, kValues, Where::Anywhere, {When::SharedKeys}, DType::Q4_K},
    {{Q2_K}, kValues, Where::Anywhere, {}, DType::Q3_K},
    {{IQ3_XXS}, kValues, Where::Anywhere, {When::NoImportance}, DType::IQ3_S},
    {{Q3_K_M}, kValues, Where::FirstTwo, {}, DType::Q5_K},
    {{Q3_K_M, IQ3_M}, kValues, Where::Anywhere, {}, DType::Q4_K},
    {{Q3_K_L}, kValues, Where::Anywhere, {}, DType::Q5_K},
    {kUneven4, kValues, Where::Anywhere, {When::SharedKeys}, DType::Q5_K},
    {{Q4_K_S}, kValues, Where::FirstFour, {}, DType::Q5_K},

    // Keys and queries.
    {kMixed, {Group::Key}, Where::Anywhere, {When::EightExperts}, DType::Q8_0},
    {{IQ3_XS}, {Group::Key, Group::Query}, Where::Anywhere, {}, DType::IQ3_XXS},
    {{IQ3_XXS}, {Group::Key, Group::Query}, Where::Anywhere, {}, DType::IQ2_S},

    // Down projections.
    {{Q2_K}, {Group::Down}, Where::Anywhere, {}, DType::Q3_K},
    {{Q2_K_S}, {Group::Down}, Where::FirstEighth, {}, DType::Q4_K},
    {{IQ3_XXS}, {Group::Down}, Where::FirstEighth, {When::NoImportance}, DType::Q4_K},
    {{IQ3_XXS}, {Group::Down}, Where::Anywhere, {When::NoImportance}, DType::Q3_K},
    {{Q3_K_M}, {Group::Down}, Where::FirstSixteenth, {}, DType::Q5_K},
    {{Q3_K_M}, {Group::Down}, Where::Anywhere, {When::NotFalcon}, DType::Q4_K},
    {{Q3_K_M}, {Group::Down}, Where::MoreBits, {}, DType::Q4_K},
    {{IQ3_M}, {Group::Down}, Where::FirstEighth, {}, DType::Q4_K},
    {{IQ3_M}, {Group::Down}, Where::MoreBits, {When::EightExperts}, DType::Q4_K},
    {{Q3_K_L}, {Group::Down}, Where::Anywhere, {When::Falcon}, DType::Q4_K},
    {{Q3_K_L}, {Group::Down}, Where::Anywhere, {}, DType::Q5_K},
    {{Q4_K_M}, {Group::Down}, Where::FirstSixteenth, {When::Falcon}, DType::Q6_K},
    {{Q4_K_M}, {Group::Down}, Where::MoreBits, {When::Falcon}, DType::Q5_K},
    {{Q4_K_M}, {Group::Down}, Where::MoreBits, {When::NotFalcon}, DType::Q6_K},
    {{Q5_K_M}, {Group::Down}, Where::MoreBits, {}, DType::Q6_K},
    {{Q4_K_S}, {Group::Down}, Where::FirstEighth, {When::NotFalcon}, DType::Q5_K},
    {kUneven4, {Group::Down}, Where::FirstEighth, {When::NoImportance}, DType::Q5_K},
    {{Q4_0}, {Group::Down}, Where::FirstEighth, {When::Importance}, DType::Q4_1},
    {{Q5_0}, {Group::Down}, Where::FirstEighth, {When::Importance}, DType::Q5_1},

    // The output of the attention.
    {{Q3_K_L}, {Group::AttentionOutput}, Where::Anywhere, {When::Falcon}, DType::Q4_K},
    {{Q2_K, IQ3_XS, IQ3_XXS, Q3_K_S, Q3_K_M, IQ4_NL, Q4_K_S, Q4_K_M, IQ3_S, IQ3_M, IQ4_XS},
     {Group::AttentionOutput},
     Where::Anywhere,
     {When::NotFalcon, When::EightExperts},
     DType::Q5_K},
    {{Q2_K}, {Group::AttentionOutput}, Where::Anywhere, {When::NotFalcon}, DType::Q3_K},
    {{IQ3_XXS}, {Group::AttentionOutput}, Where::Anywhere, {When::NotFalcon}, DType::IQ3_S},
    {{Q3_K_M, IQ3_M}, {Group::AttentionOutput}, Where::Anywhere, {When::NotFalcon}, DType::Q4_K},
    {{Q3_K_L}, {Group::AttentionOutput}, Where::Anywhere, {When::NotFalcon, When::NotEightExperts}, DType::Q5_K},

    // The rest of the feed-forward.
    {{IQ3_XS}, {Group::Gate, Group::Up}, Where::MiddleThreeQuarters, {}, DType::IQ3_XXS},
};

}  // namespace

std::span<const MixtureRule> mixtureRules() { return kRules; }

}  // namespace core::model
