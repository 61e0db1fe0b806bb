#pragma once

namespace core {

/// Operations on float32 numbers that all cores together do per second at most, a multiply-add being two: measured now
/// by independent chains of them in registers, of the widest vectors that this processor has (best of a few passes,
/// about 0.1 s). The limit of reading prompts on the CPU.
double measureHostArithmetic();

}  // namespace core
