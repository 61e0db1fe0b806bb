#include "core/tensor/foreign_types.h"

#include <algorithm>
#include <iterator>

namespace core::tensor {

namespace {

struct GgmlRow {
  std::uint32_t type;
  ForeignType foreign;
};

constexpr std::string_view kRemovedFromGguf = "(removed from GGUF; convert the model again)";
constexpr std::string_view kBitNet = "of BitNet";
constexpr std::string_view kIk = "of ik_llama.cpp";

// ggml.h of ggml (removed numbers), of microsoft/BitNet's llama.cpp, and gguf-py of ik_llama.cpp (2026). Numbers 36 to
// 38 were repacked IQ4_NL once, only in memory; files that hold them come from BitNet.
constexpr GgmlRow kGgml[] = {
    {4, {"q4_2", kRemovedFromGguf}},
    {5, {"q4_3", kRemovedFromGguf}},
    {31, {"q4_0_4_4", kRemovedFromGguf}},
    {32, {"q4_0_4_8", kRemovedFromGguf}},
    {33, {"q4_0_8_8", kRemovedFromGguf}},
    {36, {"i2_s", kBitNet}},
    {37, {"i8_s", kBitNet}},
    {38, {"tl1", kBitNet}},
    {97, {"q8_0_x4", kIk}},
    {98, {"q8_1_x4", kIk}},
    {99, {"q8_2_x4", kIk}},
    {133, {"q6_0", kIk}},
    {134, {"iq1_bn", kIk}},
    {135, {"iq2_bn", kIk}},
    {136, {"q8_k64", kIk}},
    {137, {"iq2_k", kIk}},
    {138, {"iq3_k", kIk}},
    {139, {"iq4_k", kIk}},
    {140, {"iq5_k", kIk}},
    {141, {"iq6_k", kIk}},
    {144, {"iq4_ks", kIk}},
    {145, {"iq2_ks", kIk}},
    {146, {"iq4_kss", kIk}},
    {147, {"q8_k16", kIk}},
    {148, {"q8_k32", kIk}},
    {149, {"q8_kr8", kIk}},
    {150, {"q8_k128", kIk}},
    {151, {"q8_kv", kIk}},
    {152, {"iq5_ks", kIk}},
    {153, {"iq2_kt", kIk}},
    {154, {"iq3_kt", kIk}},
    {155, {"iq4_kt", kIk}},
    {156, {"iq3_ks", kIk}},
    {157, {"iq2_kl", kIk}},
    {158, {"iq1_kt", kIk}},
    {202, {"q4_0_r8", kIk}},
    {206, {"q5_0_r4", kIk}},
    {208, {"q8_0_r8", kIk}},
    {210, {"q2_k_r4", kIk}},
    {211, {"q3_k_r4", kIk}},
    {212, {"q4_k_r4", kIk}},
    {213, {"q5_k_r4", kIk}},
    {214, {"q6_k_r4", kIk}},
    {216, {"iq2_xxs_r4", kIk}},
    {217, {"iq2_xs_r4", kIk}},
    {218, {"iq3_xxs_r4", kIk}},
    {219, {"iq1_s_r4", kIk}},
    {220, {"iq4_nl_r4", kIk}},
    {221, {"iq3_s_r4", kIk}},
    {222, {"iq2_s_r4", kIk}},
    {223, {"iq4_xs_r8", kIk}},
    {229, {"iq1_m_r4", kIk}},
    {230, {"bf16_r16", kIk}},
    {233, {"q6_0_r4", kIk}},
    {335, {"iq2_bn_r4", kIk}},
    {337, {"iq2_k_r4", kIk}},
    {338, {"iq3_k_r4", kIk}},
    {339, {"iq4_k_r4", kIk}},
    {340, {"iq5_k_r4", kIk}},
    {344, {"iq4_ks_r4", kIk}},
    {352, {"iq5_ks_r4", kIk}},
    {398, {"q8_kv_r8", kIk}},
    {399, {"q8_k_r8", kIk}},
};

}  // namespace

std::optional<ForeignType> foreignGgmlType(std::uint32_t type) {
  const auto* const row =
      std::find_if(std::begin(kGgml), std::end(kGgml), [type](const GgmlRow& known) { return known.type == type; });
  return row == std::end(kGgml) ? std::nullopt : std::optional(row->foreign);
}

}  // namespace core::tensor
