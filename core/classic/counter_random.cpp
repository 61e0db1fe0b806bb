#include "core/classic/counter_random.h"

namespace core::classic {

double CounterRandom::bell(std::uint64_t k) const {
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < kBellDraws; ++i) sum += between(k + i, -1000, 1000);
  return static_cast<double>(sum) / 2000.0;
}

}  // namespace core::classic
