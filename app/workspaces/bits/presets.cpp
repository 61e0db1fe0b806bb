#include "app/workspaces/bits/presets.h"

#include "app/text/tr.h"

namespace app {

using text::tr;

std::vector<BitsPreset> bitsPresets() {
  return {
      {QStringLiteral("0.1"), tr("no binary float holds it"), {}},
      {QStringLiteral("1/3"), tr("endless in every binary format"), {}},
      {QStringLiteral("3.14159265358979323846"), tr("π"), {}},
      {QStringLiteral("0.1+0.2"), tr("not 0.3 in FP64, step by step"), QStringLiteral("fp64")},
      {QStringLiteral("0.45892"), tr("the INT8 example: 58 steps of its scale"), QStringLiteral("int8")},
      {},
      {QStringLiteral("65504"), tr("the largest FP16"), QStringLiteral("fp16")},
      {QStringLiteral("65520"), tr("the first to overflow FP16"), QStringLiteral("fp16")},
      {QStringLiteral("448"), tr("the largest FP8 E4M3"), QStringLiteral("fp8_e4m3")},
      {QStringLiteral("240"), tr("the largest FP8 E4M3FNUZ"), QStringLiteral("fp8_e4m3fnuz")},
      {QStringLiteral("0x1p-149"), tr("the smallest FP32, a subnormal"), QStringLiteral("fp32")},
      {QStringLiteral("0x1p-24"), tr("the smallest FP16, a subnormal"), QStringLiteral("fp16")},
      {},
      {QStringLiteral("16777217"), tr("2²⁴ + 1: the first whole number that FP32 misses"), QStringLiteral("fp32")},
      {QStringLiteral("2049"), tr("exactly half way between two FP16"), QStringLiteral("fp16")},
      {QStringLiteral("1.00390626"), tr("rounded twice, FP32 to BF16: one unit too low"), QStringLiteral("bf16")},
      {QStringLiteral("-0"), tr("minus zero"), {}},
      {QStringLiteral("1/0"), tr("no value, though floats answer it"), QStringLiteral("fp32")},
      {QStringLiteral("inf"), tr("infinity"), {}},
      {QStringLiteral("nan"), tr("not a number"), {}},
  };
}

}  // namespace app
