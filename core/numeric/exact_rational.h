#pragma once
// Only for exact_number*.cpp: nobody else sees the library behind it.
#include <gmpxx.h>

#include "core/numeric/exact_number.h"

namespace core::numeric {

struct ExactNumber::Rational {
  mpq_class value;
};

}  // namespace core::numeric
